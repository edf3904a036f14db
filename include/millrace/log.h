/// Host capability "mill.log/1": the engine's structured log.
#ifndef MILLRACE_LOG_H
#define MILLRACE_LOG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Id of this capability for mill_host.get_extension.
#define MILL_LOG "mill.log/1"

#define MILL_LOG_DEBUG 0
#define MILL_LOG_INFO 1
#define MILL_LOG_WARNING 2
#define MILL_LOG_ERROR 3

/// Writes to the engine's log.
typedef struct mill_log {
  /// sizeof(mill_log) at the host.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// One line at `level` (MILL_LOG_*). `component` is usually the operator's id. Both strings are UTF-8,
  /// NUL-terminated, the caller's, and read before this returns. More than 100 lines a second of one component
  /// are counted and dropped. [any]
  void (*write)(int32_t level, const char *component, const char *message);
} mill_log;

#ifdef __cplusplus
}
#endif
#endif
