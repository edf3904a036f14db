/// Task capability "mill.timers/1": timers per key. They are checkpointed with the key's state.
#ifndef MILLRACE_TIMERS_H
#define MILLRACE_TIMERS_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mill_task;

/// Id of this capability for mill_task.get_extension.
#define MILL_TIMERS "mill.timers/1"

/// Fires when the operator's watermark reaches its time. A timer that is set in on_timers, at or before the
/// watermark, fires before the watermark goes on.
///
/// When no more rows will come, the watermark becomes INT64_MAX, and all timers that are set fire: key by key,
/// those of a key in order of time. What is set from then on does not fire in this run, so that an operator
/// which sets a timer again whenever it fires comes to an end; it stays set. What must not be missed belongs
/// into a timer that is set before, with the rows, or into on_watermark, which hears of INT64_MAX after the
/// timers.
#define MILL_TIME_EVENT 0
/// Fires when the machine's clock reaches its time (or later: checked every 10 ms or so).
#define MILL_TIME_PROCESSING 1

/// A timer that fired.
typedef struct mill_timer {
  /// The key's slot; resolved afresh, it need not be the one it was set by.
  uint32_t slot;
  /// MILL_TIME_EVENT or MILL_TIME_PROCESSING.
  uint32_t kind;
  /// The time it was set to.
  int64_t time_us;
} mill_timer;

/// Sets and cancels timers. A timer is named by (key, kind, time): setting it twice is setting it once.
typedef struct mill_timers {
  /// sizeof(mill_timers) at the host.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// Sets a timer for the key of `slot`. One at or before the current watermark fires at the next turn. [task]
  int32_t (*set)(struct mill_task *task, uint32_t slot, uint32_t kind, int64_t time_us, mill_error *error);
  /// Takes a timer back; unknown ones are ignored. [task]
  int32_t (*cancel)(struct mill_task *task, uint32_t slot, uint32_t kind, int64_t time_us, mill_error *error);
} mill_timers;

#ifdef __cplusplus
}
#endif
#endif
