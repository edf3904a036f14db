/// Filling a mill_error.
#ifndef MILLRACE_SDK_ERROR_H
#define MILLRACE_SDK_ERROR_H

#include "millrace/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/// Fills `error` (may be NULL) and returns MILL_FAILED, so that a function can end with
/// `return mill_fail(error, MILL_CLASS_FATAL, 12, "no %s", name);`. `error_class` is MILL_CLASS_*, `code` the
/// plugin's own. A message that is too long is cut between UTF-8 characters. [any]
__attribute__((format(printf, 4, 5))) static inline int32_t mill_fail(mill_error *error, int32_t error_class,
                                                                      int32_t code, const char *format, ...) {
  if (error == NULL)
    return MILL_FAILED;
  error->code = code;
  error->error_class = error_class;
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  if (length < 0)
    error->message[0] = '\0';
  if (length >= (int)sizeof error->message) {
    size_t end = sizeof error->message - 1;
    while (end > 0 && ((unsigned char)error->message[end - 1] & 0xC0) == 0x80)
      end--;
    if (end > 0 && (unsigned char)error->message[end - 1] >= 0xC0)
      end--;
    memset(error->message + end, 0, sizeof error->message - end);
  }
  return MILL_FAILED;
}

/// Like mill_fail with a finished message: for languages that can't call variadic functions. [any]
static inline int32_t mill_fail_text(mill_error *error, int32_t error_class, int32_t code,
                                     const char *message) {
  return mill_fail(error, error_class, code, "%s", message);
}

/// Fills `error` for a failed allocation, which is fatal, and returns MILL_FAILED. [any]
static inline int32_t mill_fail_memory(mill_error *error, const char *what) {
  return mill_fail(error, MILL_CLASS_FATAL, 0, "%s: out of memory; give the process more or lower its limits",
                   what);
}

#endif
