/// What a worker of a sink writes.
#ifndef FILES_SINK_SLOT_H
#define FILES_SINK_SLOT_H

#include "../avro/encode.h"
#include "container_writer.h"
#include "sink_directory.h"

/// A worker's rows of one epoch, and their file. Zeros, with its constant members set, have no rows. One thread
/// at a time.
typedef struct sink_slot {
  /// The sink's, and constant.
  const sink_directory *directory;
  const avro_write_plan *plan;
  const mill_memory *memory;
  /// Of the rows that it has, if it has any.
  sink_file file;
  /// -1: the file is not made yet.
  int fd;
  container_writer writer;
  /// A batch's rows.
  column_source columns;
  encoded encoded;
  size_t counted;
} sink_slot;

/// Takes the rows of a batch, which are of `epoch`. Bad ones are reported. Nothing is taken if it fails with
/// class MILL_CLASS_RETRY. [task]
int32_t sink_slot_take(sink_slot *own, uint64_t epoch, const mill_batch *batch, const mill_row_errors *errors,
                       mill_error *error);

/// Writes all rows to the disk, and closes the file: `slot` has no rows then. To be called again after an error
/// of class MILL_CLASS_RETRY. [control]
int32_t sink_slot_finish(sink_slot *own, mill_error *error);

/// Frees what it has; rows that are not finished are dropped, but not their file. [control]
void sink_slot_free(sink_slot *own);

#endif
