/// Column types as serdes of text see them: made from an Arrow schema once, constant afterwards.
#ifndef COLUMN_TYPE_H
#define COLUMN_TYPE_H

#include "millrace_sdk.h"

/// Deepest nesting of a schema; the row counts as one.
#define COLUMN_DEPTH_MAX 64

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

/// How a column is read and written.
typedef enum column_kind {
  COLUMN_BOOL,
  COLUMN_INTEGER,
  COLUMN_FLOAT32,
  COLUMN_FLOAT64,
  COLUMN_TEXT,
  COLUMN_BINARY,
  COLUMN_DATE,
  COLUMN_TIME,
  COLUMN_TIMESTAMP,
  COLUMN_DECIMAL,
  COLUMN_LIST,
  COLUMN_STRUCT,
  COLUMN_MAP
} column_kind;

/// A column's type, with its children.
typedef struct column_type {
  column_kind kind;
  int is_nullable;
  /// Bytes per value; 0 for bits, lists, structs and maps. A view's are 16.
  uint32_t width;
  /// MILL_LAYOUT_* of texts and bytes.
  int32_t layout;
  /// COLUMN_INTEGER, COLUMN_TIMESTAMP: the greatest value, and the magnitude of the least (0 if unsigned).
  uint64_t largest, least;
  /// COLUMN_TIME, COLUMN_TIMESTAMP: units in a second.
  int64_t per_second;
  /// COLUMN_TIMESTAMP: whether it is an instant; else a date and time of some place.
  int has_zone;
  /// COLUMN_DECIMAL: digits in all, digits after the point, and 10 to the power of `precision`.
  int precision, scale;
  uint128 limit;
  /// For messages: "int32", "timestamp[us, UTC]".
  char title[64];
  /// Field name, NUL-terminated; and its bytes.
  char *name;
  uint32_t name_size;
  /// What the serde writes before each value, made from the name by its `make_label`; its bytes. NULL if it
  /// makes none.
  char *label;
  uint32_t label_size;
  /// The serde's own; 0 until it sets them.
  uint32_t flags;
  /// The column that this one is a child of, NULL for the row itself.
  const struct column_type *parent;
  /// `child_count` children: a list's item, a struct's fields, a map's key and value.
  struct column_type *children;
  uint32_t child_count;
  /// COLUMN_STRUCT, unless the serde is flat: open-addressed table of field index + 1, 0 is free; a power of
  /// two of them.
  uint32_t *names;
  uint32_t names_mask;
} column_type;

/// What tells one serde's types from another's. Constant.
typedef struct column_rules {
  /// The serde in messages: `serde "json"`.
  const char *title;
  /// The types that it has a form for, for messages.
  const char *types;
  /// Not 0: a row has no lists, structs and maps, and its fields go by position, so that names may be the same.
  int is_flat;
  /// Fills `label` and `label_size` from the name; 0 without memory. NULL: there are none.
  int (*make_label)(column_type *type);
} column_rules;

/// Makes the type tree of a row; `is_decode`: for decoding, which makes strings as views only. NULL, with
/// `error` filled, if a column's type has no form by the rules or memory ran out. [any]
column_type *column_type_make(const column_rules *rules, const struct ArrowSchema *schema, int is_decode,
                              mill_error *error);

/// Frees a tree. [any]
void column_type_free(column_type *type);

/// Index of the field `name` of a struct of a serde that is not flat, -1 if it has none. [any]
int64_t column_type_field(const column_type *type, const uint8_t *name, int64_t size);

/// Writes where a column is, e.g. `legs[].origin`, to `out` of `size` bytes; cut if it is longer. [any]
void column_type_path(const column_type *type, char *out, size_t size);

/// Reads an Arrow format into `type`: everything but name and children. 0 if no serde has a form for it. [any]
int column_type_read_format(column_type *type, const char *format);

#endif
