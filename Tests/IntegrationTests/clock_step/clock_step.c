/// Preloaded into an engine, sets its wall clock to what a file says, as an administrator or NTP does.
///
///     CLOCK_STEP_FILE=/some/file     a signed number of seconds that the clock is ahead; may change at any
///     time
///
/// The monotonic clock goes on as it was. Waits until a time of the wall clock, which are what a step can
/// break, go by the clock as it is set, also when it is set while they wait.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

// ISO C has no conversion from dlsym's pointer to one of a function; POSIX does.
#define REAL(NAME) (*(__typeof__(NAME) **)&(void *){dlsym(RTLD_NEXT, #NAME)})

enum { SLICE_NS = 50000000, SECOND_NS = 1000000000 };
/// A monotonic time is that of a machine that was started less than 30 years ago.
enum { MONOTONIC_BELOW_S = 946080000 };

static __typeof__(clock_gettime) *real_clock_gettime;
static __typeof__(pthread_cond_timedwait) *real_pthread_cond_timedwait;
static __typeof__(cnd_timedwait) *real_cnd_timedwait;
static const char *step_file;

__attribute__((constructor)) static void find_real(void) {
  real_pthread_cond_timedwait = REAL(pthread_cond_timedwait);
  real_cnd_timedwait = REAL(cnd_timedwait);
  step_file = getenv("CLOCK_STEP_FILE");
  real_clock_gettime = REAL(clock_gettime);
}

/// How far the clock is ahead. Reads the file once in 20 ms.
static time_t ahead_s(void) {
  static _Atomic int64_t known_until_ms, known_s;
  struct timespec now;
  real_clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
  if (step_file == NULL || now_ms < atomic_load(&known_until_ms))
    return (time_t)atomic_load(&known_s);
  int saved = errno, file = open(step_file, O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    char text[32] = {0};
    if (read(file, text, sizeof text - 1) > 0)
      atomic_store(&known_s, atoll(text));
    close(file);
  }
  errno = saved;
  atomic_store(&known_until_ms, now_ms + 20);
  return (time_t)atomic_load(&known_s);
}

static int is_wall_clock(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

int clock_gettime(clockid_t clock, struct timespec *out) {
  if (real_clock_gettime == NULL)
    find_real();
  int result = real_clock_gettime(clock, out);
  if (result == 0 && is_wall_clock(clock))
    out->tv_sec += ahead_s();
  return result;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
  (void)zone;
  struct timespec now;
  int result = clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return result;
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL)
    *out = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(struct timespec *out, int base) {
  if (base != TIME_UTC)
    return 0;
  return clock_gettime(CLOCK_REALTIME, out) == 0 ? base : 0;
}

static int is_before(const struct timespec *a, const struct timespec *b) {
  return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/// The next slice of a wait until `deadline` of the clock as it is set: until when, by the real clock. Whether
/// it is the last.
static int next_slice(const struct timespec *deadline, struct timespec *until) {
  struct timespec wanted = *deadline;
  wanted.tv_sec -= ahead_s();
  real_clock_gettime(CLOCK_REALTIME, until);
  until->tv_nsec += SLICE_NS;
  if (until->tv_nsec >= SECOND_NS) {
    until->tv_nsec -= SECOND_NS;
    until->tv_sec++;
  }
  if (is_before(until, &wanted))
    return 0;
  *until = wanted;
  return 1;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict deadline) {
  if (deadline->tv_sec < MONOTONIC_BELOW_S)
    return real_pthread_cond_timedwait(condition, mutex, deadline);
  for (;;) {
    struct timespec until;
    int is_last = next_slice(deadline, &until);
    int result = real_pthread_cond_timedwait(condition, mutex, &until);
    if (result != ETIMEDOUT || is_last)
      return result;
  }
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict deadline) {
  for (;;) {
    struct timespec until;
    int is_last = next_slice(deadline, &until);
    int result = real_cnd_timedwait(condition, mutex, &until);
    if (result != thrd_timedout || is_last)
      return result;
  }
}
