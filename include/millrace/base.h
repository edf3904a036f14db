/// Statuses, errors and small shared types.
#ifndef MILLRACE_BASE_H
#define MILLRACE_BASE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Major version of this ABI. It is part of the entry symbol's name: a plugin of another major is not found.
#define MILL_ABI_MAJOR 1
/// Minor version: grows when a struct or a capability is added.
#define MILL_ABI_MINOR 2

/// Status of success. Any other value means: failed, see the mill_error.
#define MILL_OK 0
/// Status of failure when nothing more exact applies.
#define MILL_FAILED 1

/// A passing fault (a service away): the host tries again later.
#define MILL_CLASS_RETRY 1
/// One row is bad: the host sends it to the dead letters and goes on.
#define MILL_CLASS_ROW 2
/// The instance can't go on: the host stops the job with this error.
#define MILL_CLASS_FATAL 3

/// Size of mill_error.message, terminating NUL included.
#define MILL_ERROR_MESSAGE_SIZE 512

/// What went wrong. Owned by the caller, filled by the callee when it returns anything but MILL_OK.
typedef struct mill_error {
  /// sizeof(mill_error) at the caller.
  uint32_t struct_size;
  /// The plugin's own code, for people and metrics; 0 if it has none.
  int32_t code;
  /// MILL_CLASS_*. 0 counts as MILL_CLASS_FATAL.
  int32_t error_class;
  /// Zero.
  uint32_t reserved;
  /// What happened, where, and the remedy; UTF-8, NUL-terminated.
  char message[MILL_ERROR_MESSAGE_SIZE];
} mill_error;

/// A piece of a byte buffer that is named elsewhere.
typedef struct mill_span {
  /// First byte, from the buffer's start.
  int32_t offset;
  /// Bytes; -1 means null (a Kafka tombstone, a missing key).
  int32_t length;
} mill_span;

#ifdef __cplusplus
}
#endif
#endif
