#define _GNU_SOURCE
#include "main_loop_rest.h"
#include "interposed.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Thread_local unsigned mill_looks_since_wait;

#ifdef MILL_IS_SANITIZED

bool mill_let_main_loops_rest(void) { return false; }

#else

static atomic_bool may_rest;

bool mill_let_main_loops_rest(void) {
  atomic_store_explicit(&may_rest, true, memory_order_relaxed);
  return true;
}

/// Looks at the clock between two rests: a turn of the loop has three, what a turn does some more.
enum { LOOKS = 24, REST_NS = 100000 };

typedef int (*clock_function)(clockid_t, struct timespec *);

static _Atomic(clock_function) system_clock;

/// The system's function; NULL where there is none to be found.
static clock_function find_system_clock(void) {
  clock_function found = atomic_load_explicit(&system_clock, memory_order_relaxed);
  if (found == NULL) {
    // ISO C has no cast from an object's address to a function's; POSIX has dlsym.
    void *symbol = dlsym(RTLD_NEXT, "clock_gettime");
    memcpy(&found, &symbol, sizeof found);
    atomic_store_explicit(&system_clock, found, memory_order_relaxed);
  }
  return found;
}

/// Whether this is the main thread of one of librdkafka's clients, which names its threads before they look at
/// the clock.
static int is_main_loop(void) {
  static _Thread_local signed char known;
  if (known == 0) {
    char name[16] = "";
    pthread_getname_np(pthread_self(), name, sizeof name);
    known = strcmp(name, "rdk:main") == 0 ? 1 : -1;
  }
  return known > 0;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  if (atomic_load_explicit(&may_rest, memory_order_relaxed) && is_main_loop() &&
      ++mill_looks_since_wait % LOOKS == 0) {
    struct timespec rest = {.tv_nsec = REST_NS};
    nanosleep(&rest, NULL);
  }
  clock_function system = find_system_clock();
  return system != NULL ? system(clock, time) : (int)syscall(SYS_clock_gettime, clock, time);
}

#endif
