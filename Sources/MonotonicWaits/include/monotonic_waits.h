/// Makes waits of C11's `cnd_timedwait`, in the whole process, go by the monotonic clock.
///
/// A wait until a time of the wall clock goes on for as long as that clock is set back. librdkafka waits so in
/// each of its threads, and in the calls that wait for an answer
/// (docs/decisions/0012-waits-by-the-monotonic-clock.md). Whoever links this has its own `cnd_timedwait` in the
/// executable, where the dynamic linker finds it before the system's. There is nothing to call.
#ifndef MILLRACE_MONOTONIC_WAITS_H
#define MILLRACE_MONOTONIC_WAITS_H

#include <threads.h>
#include <time.h>

/// Waits for `condition` until as much time has passed as `deadline`, of the wall clock (`TIME_UTC`), lies
/// ahead of it when this is called. A thread that waits for the same deadline again waits until the same
/// moment, whatever the clock was set to meanwhile. `thrd_success` (also without cause), `thrd_timedout` or
/// `thrd_error`, as ISO C11 7.26.3.5 says. [any]
int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict deadline);

#endif
