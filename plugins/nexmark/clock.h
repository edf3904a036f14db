/// The time that goes by.
#ifndef NEXMARK_CLOCK_H
#define NEXMARK_CLOCK_H

#include <stdint.h>
#include <time.h>

/// Nanoseconds of the monotonic clock. [any]
static inline int64_t nexmark_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/// Nanoseconds of processor time that this process has taken. [any]
static inline int64_t nexmark_clock_cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

#endif
