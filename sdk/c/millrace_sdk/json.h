/// Reading a plugin's configuration: the members of one flat JSON object. The host has parsed it and checked it
/// against `config_schema` before; nested values are skipped.
#ifndef MILLRACE_SDK_JSON_H
#define MILLRACE_SDK_JSON_H

#include "error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/// Skips white space. [any]
static inline const char *mill_json_space(const char *at) { return at + strspn(at, " \t\r\n"); }

/// Past the string that begins at `at` (a '"'); NULL if it does not end. [any]
static inline const char *mill_json_skip_string(const char *at) {
  for (at++; *at != '\0' && *at != '"'; at++)
    if (*at == '\\' && *++at == '\0')
      return NULL;
  return *at == '"' ? at + 1 : NULL;
}

/// Past the value that begins at `at`; NULL if it does not end. [any]
static inline const char *mill_json_skip_value(const char *at) {
  int depth = 0;
  do {
    at = mill_json_space(at);
    if (*at == '\0')
      return NULL;
    if (*at == '"') {
      if ((at = mill_json_skip_string(at)) == NULL)
        return NULL;
    } else if (*at == '{' || *at == '[') {
      depth++;
      at++;
    } else if (*at == '}' || *at == ']') {
      depth--;
      at++;
    } else if (*at == ',' || *at == ':') {
      if (depth == 0)
        return NULL;
      at++;
    } else {
      at += strcspn(at, ",:]} \t\r\n");
    }
  } while (depth > 0);
  return at;
}

/// First character of the value of member `key` (without escapes) of the object `json`; NULL if there is none.
/// [any]
static inline const char *mill_json_member(const char *json, const char *key) {
  size_t key_size = strlen(key);
  const char *at = mill_json_space(json);
  if (*at != '{')
    return NULL;
  at = mill_json_space(at + 1);
  while (*at == '"') {
    const char *name = at + 1, *end = mill_json_skip_string(at);
    if (end == NULL || *(at = mill_json_space(end)) != ':')
      return NULL;
    at = mill_json_space(at + 1);
    if ((size_t)(end - 1 - name) == key_size && memcmp(name, key, key_size) == 0)
      return at;
    if ((at = mill_json_skip_value(at)) == NULL)
      return NULL;
    at = mill_json_space(at);
    if (*at != ',')
      return NULL;
    at = mill_json_space(at + 1);
  }
  return NULL;
}

/// Reads member `key` as a number; leaves `*out` alone if there is none. Fails if it is no number. [any]
static inline int32_t mill_json_number(const char *json, const char *key, double *out, mill_error *error) {
  const char *at = mill_json_member(json, key);
  if (at == NULL)
    return MILL_OK;
  char *end = NULL;
  double value = (*at == '-' || (*at >= '0' && *at <= '9')) ? strtod(at, &end) : 0;
  if (end == NULL || strchr(",} \t\r\n", *end) == NULL)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"%s\" is not a number; give it one", key);
  *out = value;
  return MILL_OK;
}

/// Reads member `key` as an integer from `least` to `most`; leaves `*out` alone if there is none. Fails if it
/// is no integer or out of range. [any]
static inline int32_t mill_json_integer(const char *json, const char *key, int64_t least, int64_t most,
                                        int64_t *out, mill_error *error) {
  const char *at = mill_json_member(json, key);
  if (at == NULL)
    return MILL_OK;
  char *end = NULL;
  errno = 0;
  long long value = (*at == '-' || (*at >= '0' && *at <= '9')) ? strtoll(at, &end, 10) : 0;
  if (end == NULL || strchr(",} \t\r\n", *end) == NULL || errno != 0 || value < least || value > most)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"%s\" must be an integer from %lld to %lld", key,
                     (long long)least, (long long)most);
  *out = value;
  return MILL_OK;
}

/// Reads member `key` as a bool (0 or 1); leaves `*out` alone if there is none. Fails if it is no bool. [any]
static inline int32_t mill_json_bool(const char *json, const char *key, int *out, mill_error *error) {
  const char *at = mill_json_member(json, key);
  if (at == NULL)
    return MILL_OK;
  size_t size = strcspn(at, ",} \t\r\n");
  int is_true = size == 4 && memcmp(at, "true", 4) == 0, is_false = size == 5 && memcmp(at, "false", 5) == 0;
  if (!is_true && !is_false)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"%s\" must be true or false", key);
  *out = is_true;
  return MILL_OK;
}

/// The code unit of the four hex digits at `at`, or -1. [any]
static inline long mill_json_hex(const char *at) {
  long unit = 0;
  for (int i = 0; i < 4; i++) {
    char c = at[i];
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0)
      return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/// Writes a code point as UTF-8 into `out` (4 bytes); returns how many. [any]
static inline size_t mill_json_utf8(long point, char *out) {
  if (point < 0x80) {
    out[0] = (char)point;
    return 1;
  }
  size_t count = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (size_t i = count - 1; i > 0; i--, point >>= 6)
    out[i] = (char)(0x80 | (point & 0x3F));
  out[0] = (char)((0xF00 >> count) | point);
  return count;
}

/// Reads the escape after a '\\' into `out` (4 bytes), moving `*at` past it; returns how many bytes, 0 if it is
/// none. [any]
static inline size_t mill_json_escape(const char **at, char *out) {
  static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  char c = *(*at)++;
  const char *name = c == '\0' ? NULL : strchr(names, c);
  if (name != NULL) {
    out[0] = values[name - names];
    return 1;
  }
  long point = c == 'u' ? mill_json_hex(*at) : -1;
  if (point < 0)
    return 0;
  *at += 4;
  if (point >= 0xD800 && point < 0xDC00 && (*at)[0] == '\\' && (*at)[1] == 'u') {
    long low = mill_json_hex(*at + 2);
    if (low >= 0xDC00 && low < 0xE000) {
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
      *at += 6;
    }
  }
  return point >= 0xD800 && point < 0xE000 ? 0 : mill_json_utf8(point, out);
}

/// Reads member `key` as text into `out` of `size` bytes, NUL-terminated; leaves it alone if there is none.
/// Fails if it is no string or too long. [any]
static inline int32_t mill_json_string(const char *json, const char *key, char *out, size_t size,
                                       mill_error *error) {
  const char *at = mill_json_member(json, key);
  if (at == NULL)
    return MILL_OK;
  if (*at != '"' || mill_json_skip_string(at) == NULL)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"%s\" must be a string", key);
  size_t used = 0;
  for (at++; *at != '"';) {
    char bytes[4] = {*at, 0, 0, 0};
    size_t count = 1;
    if (*at++ == '\\' && (count = mill_json_escape(&at, bytes)) == 0)
      return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"%s\" has an escape that JSON does not know", key);
    if (used + count >= size)
      return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"%s\" is longer than %zu bytes", key, size - 1);
    memcpy(out + used, bytes, count);
    used += count;
  }
  out[used] = '\0';
  return MILL_OK;
}

#endif
