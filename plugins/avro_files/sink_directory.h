/// The directory that a sink puts its files in.
#ifndef FILES_SINK_DIRECTORY_H
#define FILES_SINK_DIRECTORY_H

#include "sink_files.h"

/// A directory. Once it is open, any number of threads may make files in it.
typedef struct sink_directory {
  /// The owner's.
  const char *path;
  sink_owner owner;
  /// -1: not open.
  int fd;
} sink_directory;

/// Opens the directory, which is made if it is not there, for as long as the machine is. Fails if it can't be.
/// [control]
int32_t sink_directory_open(sink_directory *own, mill_error *error);

/// Closes it, if it is open. [control]
void sink_directory_close(sink_directory *own);

/// Makes a file, which must not be there; -1, with `error` filled, if it can't be. [any]
int sink_directory_make(const sink_directory *own, sink_file file, mill_error *error);

/// Gives a part that is there its name for good. It is fine if it has that already. Fails, fatally, if neither
/// is there, or both. [control]
int32_t sink_directory_show(const sink_directory *own, sink_file file, mill_error *error);

/// Has what became of names written to the disk. Fails, fatally, if that can't be said. [control]
int32_t sink_directory_sync(const sink_directory *own, mill_error *error);

/// Has a file's bytes written to the disk. Fails, fatally, if that can't be said: the bytes may be lost then,
/// though a second fsync would say that all is well. [control]
int32_t sink_directory_sync_file(const sink_directory *own, sink_file file, int fd, mill_error *error);

/// Shows parts of `epoch`, and removes all others: those of epochs before it were shown before it was prepared.
/// Nothing is changed, and it fails fatally, if files of later epochs are shown already. [control]
int32_t sink_directory_recover(const sink_directory *own, uint64_t epoch, mill_error *error);

/// Fills `error` by errno: `file`, one of the directory's, can't be `what`. Of class MILL_CLASS_RETRY if room
/// is what is lacking, else fatal. [any]
int32_t sink_directory_fail(const sink_directory *own, sink_file file, const char *what, mill_error *error);

#endif
