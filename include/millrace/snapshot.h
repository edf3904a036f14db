/// Bytes that an instance keeps in a checkpoint for itself: unkeyed leftovers only, keyed state is the host's.
#ifndef MILLRACE_SNAPSHOT_H
#define MILLRACE_SNAPSHOT_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Takes an instance's private bytes. Valid during the `snapshot` call that gets it.
typedef struct mill_snapshot_writer {
  /// sizeof(mill_snapshot_writer) at the host.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// The host's own.
  void *context;
  /// Appends `size` bytes, copied before this returns. At most 1 GiB in all; more fails. [task]
  int32_t (*write)(const struct mill_snapshot_writer *writer, const uint8_t *bytes, uint64_t size,
                   mill_error *error);
} mill_snapshot_writer;

/// Private bytes given back, once for each instance that had written some: after a change of parallelism an
/// instance may get several or none. Valid during the `restore` call that gets it.
typedef struct mill_snapshot_reader {
  /// sizeof(mill_snapshot_reader) at the host.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// What was written; the host's.
  const uint8_t *bytes;
  /// Bytes.
  uint64_t size;
  /// Version of the plugin that wrote it (semver); the host's.
  const char *version;
} mill_snapshot_reader;

#ifdef __cplusplus
}
#endif
#endif
