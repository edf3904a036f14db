/// Column types as JSON sees them: made from an Arrow schema once, constant afterwards.
#ifndef JSON_TYPE_H
#define JSON_TYPE_H

#include "millrace_sdk.h"

/// Deepest nesting of JSON text, and so of a schema; the row's object counts as one.
#define JSON_DEPTH_MAX 64

__extension__ typedef __int128 json_int128;
__extension__ typedef unsigned __int128 json_uint128;

/// How a column is read and written.
typedef enum json_kind {
  JSON_BOOL,
  JSON_INTEGER,
  JSON_FLOAT32,
  JSON_FLOAT64,
  JSON_TEXT,
  JSON_BINARY,
  JSON_DATE,
  JSON_TIME,
  JSON_TIMESTAMP,
  JSON_DECIMAL,
  JSON_LIST,
  JSON_STRUCT,
  JSON_MAP
} json_kind;

/// A column's type, with its children.
typedef struct json_type {
  json_kind kind;
  int is_nullable;
  /// Bytes per value; 0 for bits, lists, structs and maps. A view's are 16.
  uint32_t width;
  /// MILL_LAYOUT_* of texts and bytes.
  int32_t layout;
  /// JSON_INTEGER, JSON_TIMESTAMP: the greatest value, and the magnitude of the least (0 if unsigned).
  uint64_t largest, least;
  /// JSON_TIME, JSON_TIMESTAMP: units in a second.
  int64_t per_second;
  /// JSON_TIMESTAMP: whether it is an instant; else a date and time of some place.
  int has_zone;
  /// JSON_DECIMAL: digits in all, digits after the point, and 10 to the power of `precision`.
  int precision, scale;
  json_uint128 limit;
  /// For messages: "int32", "timestamp[us, UTC]".
  char title[64];
  /// Field name, NUL-terminated; and its bytes.
  char *name;
  uint32_t name_size;
  /// The name as a JSON member begins: `,"name":`, NUL-terminated and followed by 16 zeros; its bytes.
  char *label;
  uint32_t label_size;
  /// The column that this one is a child of, NULL for the row itself.
  const struct json_type *parent;
  /// `child_count` children: a list's item, a struct's fields, a map's key and value.
  struct json_type *children;
  uint32_t child_count;
  /// JSON_STRUCT: open-addressed table of field index + 1, 0 is free; a power of two of them.
  uint32_t *names;
  uint32_t names_mask;
} json_type;

/// Makes the type tree of a row; `is_decode`: for decoding, which makes strings as views only. NULL, with
/// `error` filled, if a column's type has no JSON form or memory ran out. [any]
json_type *json_type_make(const struct ArrowSchema *schema, int is_decode, mill_error *error);

/// Frees a tree. [any]
void json_type_free(json_type *type);

/// Index of the field `name` of a struct, -1 if it has none. [any]
int64_t json_type_field(const json_type *type, const uint8_t *name, int64_t size);

/// Writes where a column is, e.g. `legs[].origin`, to `out` of `size` bytes; cut if it is longer. [any]
void json_type_path(const json_type *type, char *out, size_t size);

/// Reads an Arrow format into `type`: everything but name and children. 0 if JSON has no form for it. [any]
int json_type_read_format(json_type *type, const char *format);

#endif
