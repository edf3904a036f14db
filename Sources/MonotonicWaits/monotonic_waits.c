#define _GNU_SOURCE
#include "monotonic_waits.h"

#include <errno.h>
#include <pthread.h>

// ThreadSanitizer knows pthread's locks by its own calls, and would take librdkafka's, which it does not see,
// for unlocked.
#if !defined(__has_feature) || !__has_feature(thread_sanitizer)

enum { SECOND_NS = 1000000000 };

/// One moment by both clocks.
typedef struct moment {
  struct timespec wall, monotonic;
} moment;

static int is_same(const struct timespec *a, const struct timespec *b) {
  return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/// The moment that is `deadline` by the wall clock as it is set now.
static moment moment_of(const struct timespec *deadline) {
  moment result = {.wall = *deadline};
  struct timespec wall;
  clock_gettime(CLOCK_REALTIME, &wall);
  clock_gettime(CLOCK_MONOTONIC, &result.monotonic);
  result.monotonic.tv_sec += deadline->tv_sec - wall.tv_sec;
  result.monotonic.tv_nsec += deadline->tv_nsec - wall.tv_nsec;
  if (result.monotonic.tv_nsec < 0) {
    result.monotonic.tv_nsec += SECOND_NS;
    result.monotonic.tv_sec--;
  } else if (result.monotonic.tv_nsec >= SECOND_NS) {
    result.monotonic.tv_nsec -= SECOND_NS;
    result.monotonic.tv_sec++;
  }
  return result;
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict deadline) {
  // Loops until a condition holds pass one deadline again and again, and the clock may be set between.
  static _Thread_local moment last;
  if (!is_same(deadline, &last.wall))
    last = moment_of(deadline);
  // The C library's own threads are pthread's under other names.
  _Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t) && sizeof(mtx_t) == sizeof(pthread_mutex_t),
                 "a C library whose C11 threads are not pthread's");
  int code = pthread_cond_clockwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, CLOCK_MONOTONIC,
                                    &last.monotonic);
  return code == 0 ? thrd_success : code == ETIMEDOUT ? thrd_timedout : thrd_error;
}

#endif
