/// JSON as a tree, for schemas.
#ifndef JSON_TREE_H
#define JSON_TREE_H

#include "arena.h"

#include <stdint.h>

/// Deepest nesting of brackets; a schema of the deepest nesting takes three or four of them a level.
#define JSON_TREE_DEPTH_MAX 256

typedef enum json_tree_kind {
  JSON_TREE_NULL,
  JSON_TREE_FALSE,
  JSON_TREE_TRUE,
  JSON_TREE_NUMBER,
  JSON_TREE_STRING,
  JSON_TREE_ARRAY,
  JSON_TREE_OBJECT
} json_tree_kind;

/// A value; the arena's.
typedef struct json_tree {
  json_tree_kind kind;
  /// Items or members.
  uint32_t count;
  /// Which value of the text it is, in the order in which they begin, from 0.
  uint32_t number;
  /// Strings, unescaped, and numbers: UTF-8, NUL-terminated; and the bytes.
  const char *text;
  int64_t size;
  /// The name of a member, NUL-terminated.
  const char *key;
  /// The first item or member; the one behind this one; the value around it, NULL of the outermost.
  const struct json_tree *first, *next, *parent;
} json_tree;

/// Reads a text of `size` bytes that a NUL follows. NULL, with what is wrong, its line and its column in
/// `problem` of `problem_size` bytes. [any]
const json_tree *json_tree_read(arena *arena, const char *text, int64_t size, char *problem,
                                size_t problem_size);

/// The member `key` of an object; NULL if there is none, or it is no object. [any]
const json_tree *json_tree_member(const json_tree *object, const char *key);

/// The text of the member `key` if it is a string, else NULL. [any]
const char *json_tree_text(const json_tree *object, const char *key);

/// Writes where in its text a value is, as a JSON Pointer (RFC 6901) behind a `#`, e.g. `#/fields/0/name`, to
/// `out` of `size` bytes; cut if it is longer. [any]
void json_tree_path(const json_tree *value, char *out, size_t size);

/// Reads a number that is whole and fits; 0 if it is none. [any]
int json_tree_integer(const json_tree *number, int64_t *out);

#endif
