/// The files of a sink: one per epoch and worker that has rows.
///
/// While it is written, `.JOB~STEP~EPOCH~WORKER.avro.part`; once it is committed, `JOB~STEP~EPOCH~WORKER.avro`.
/// Neither a job nor a step may have a `~` in its name, so that no file can be taken for that of another. The
/// epoch has 12 digits at least: the order of names is that of epochs.
#ifndef FILES_SINK_FILES_H
#define FILES_SINK_FILES_H

#include "millrace_sdk.h"

/// Room for a name and its NUL. File systems take 255 bytes.
#define SINK_NAME_SIZE 192
/// Bytes of a job's or a step's name at most.
#define SINK_STEP_MAX 64

/// Whose files they are: `JOB~STEP~`.
typedef struct sink_owner {
  char prefix[2 * SINK_STEP_MAX + 3];
} sink_owner;

/// A file.
typedef struct sink_file {
  uint64_t epoch;
  uint32_t worker_index;
  /// Not 0: it is still to be renamed.
  int is_part;
} sink_file;

/// Files. Zeros are none. One thread at a time.
typedef struct sink_file_list {
  sink_file *all;
  int64_t count, capacity;
} sink_file_list;

/// Whose files those of a step are. Fails if its names are longer than they may be. [any]
int32_t sink_owner_make(const mill_sink_step *step, sink_owner *out, mill_error *error);

/// Writes a file's name to `out` of SINK_NAME_SIZE bytes; which of its two, `is_part` says. [any]
void sink_file_name(const sink_owner *owner, sink_file file, char *out);

/// Reads a name; 0 if it is none of the owner's. [any]
int sink_file_parse(const sink_owner *owner, const char *name, sink_file *out);

/// Adds a file; 0 without memory. [any]
int sink_file_list_add(sink_file_list *to, sink_file file);

/// Frees the list. [any]
void sink_file_list_free(sink_file_list *list);

#endif
