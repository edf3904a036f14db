/// Pins the layout and the constants of every public header: compiled as C11 and as C++17, then run for the
/// texts.
#include "millrace.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LAYOUT                                                                                                 \
  "the ABI changed: a struct may only grow at its end. Add a new struct or capability instead of moving "      \
  "fields"

#define PIN_SIZE(type, bytes) static_assert(sizeof(type) == (bytes), LAYOUT);
#define PIN_FIELD(type, field, at, bytes)                                                                      \
  static_assert(offsetof(type, field) == (at) && sizeof(((type *)0)->field) == (bytes), LAYOUT);
#define PIN_VALUE(name, value) static_assert(name == (value), LAYOUT);
#define PIN_TEXT(name, value)
#include "layout/all.h"

#undef PIN_SIZE
#undef PIN_FIELD
#undef PIN_VALUE
#undef PIN_TEXT
#define PIN_SIZE(type, bytes)
#define PIN_FIELD(type, field, at, bytes)
#define PIN_VALUE(name, value)
#define PIN_TEXT(name, value) failures += pin_text(#name, name, value);

static int pin_text(const char *name, const char *found, const char *expected) {
  if (strcmp(found, expected) == 0)
    return 0;
  fprintf(stderr, "%s is \"%s\", expected \"%s\"\n", name, found, expected);
  return 1;
}

int main(void) {
  int failures = 0;
#include "layout/all.h"
  return failures != 0;
}
