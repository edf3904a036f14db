/// Checks that count, for the tests in this directory.
#ifndef CHECKS_H
#define CHECKS_H

#include <stdio.h>
#include <string.h>

static int checks_passed, checks_failed;

/// Counts a check and says where it failed.
#define CHECK(condition)                                                                                       \
  do {                                                                                                         \
    if (condition)                                                                                             \
      checks_passed++;                                                                                         \
    else {                                                                                                     \
      checks_failed++;                                                                                         \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                                  \
    }                                                                                                          \
  } while (0)

/// Prints the counts for run.sh; main's result.
static inline int checks_end(void) {
  printf("checks: %d passed, %d failed\n", checks_passed, checks_failed);
  return checks_failed != 0 || checks_passed == 0;
}

#endif
