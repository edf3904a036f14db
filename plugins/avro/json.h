/// JSON as a tree, for schemas.
#ifndef AVRO_JSON_H
#define AVRO_JSON_H

#include "../common/arena.h"

#include <stdint.h>

/// Deepest nesting of brackets; a schema of the deepest nesting takes three or four of them a level.
#define AVRO_JSON_DEPTH_MAX 256

typedef enum avro_json_kind {
  AVRO_JSON_NULL,
  AVRO_JSON_FALSE,
  AVRO_JSON_TRUE,
  AVRO_JSON_NUMBER,
  AVRO_JSON_STRING,
  AVRO_JSON_ARRAY,
  AVRO_JSON_OBJECT
} avro_json_kind;

/// A value; the arena's.
typedef struct avro_json {
  avro_json_kind kind;
  /// Items or members.
  uint32_t count;
  /// Strings, unescaped, and numbers: UTF-8, NUL-terminated; and the bytes.
  const char *text;
  int64_t size;
  /// The name of a member, NUL-terminated.
  const char *key;
  /// The first item or member; the one behind this one.
  const struct avro_json *first, *next;
} avro_json;

/// Reads a text of `size` bytes that a NUL follows. NULL, with what is wrong, its line and its column in
/// `problem` of `problem_size` bytes. [any]
const avro_json *avro_json_read(arena *arena, const char *text, int64_t size, char *problem,
                                size_t problem_size);

/// The member `key` of an object; NULL if there is none, or it is no object. [any]
const avro_json *avro_json_member(const avro_json *object, const char *key);

/// The text of the member `key` if it is a string, else NULL. [any]
const char *avro_json_text(const avro_json *object, const char *key);

/// Reads a number that is whole and fits; 0 if it is none. [any]
int avro_json_integer(const avro_json *number, int64_t *out);

#endif
