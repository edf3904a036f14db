/// Avro schemas: their text, and what it means. Constant once read.
#ifndef AVRO_SCHEMA_H
#define AVRO_SCHEMA_H

#include "../common/arena.h"
#include "../common/json_tree.h"
#include "../common/name_set.h"
#include "millrace_sdk.h"

/// Deepest nesting of a schema, and of references between schemas.
#define AVRO_DEPTH_MAX 64
/// Bytes of a schema's text at most.
#define AVRO_TEXT_MAX (INT64_C(1) << 20)

/// Bytes of a name that messages show at most.
#define AVRO_SHOWN_MAX 80

/// In the order of avro_kind_names.
typedef enum avro_kind {
  AVRO_NULL,
  AVRO_BOOLEAN,
  AVRO_INT,
  AVRO_LONG,
  AVRO_FLOAT,
  AVRO_DOUBLE,
  AVRO_BYTES,
  AVRO_STRING,
  AVRO_RECORD,
  AVRO_ENUM,
  AVRO_ARRAY,
  AVRO_MAP,
  AVRO_FIXED,
  AVRO_UNION
} avro_kind;

/// What a value stands for. Those that are read and written as their plain type (uuid, duration) have none.
typedef enum avro_logical {
  AVRO_PLAIN,
  AVRO_DECIMAL,
  AVRO_DATE,
  AVRO_TIME,
  AVRO_TIMESTAMP,
  AVRO_LOCAL_TIMESTAMP
} avro_logical;

struct avro_type;

/// A record's field.
typedef struct avro_field {
  const char *name;
  const struct avro_type *type;
  /// An array of strings, or NULL.
  const json_tree *aliases;
  /// NULL: there is none.
  const json_tree *preset;
} avro_field;

/// A type. The schema's.
typedef struct avro_type {
  avro_kind kind;
  avro_logical logical;
  /// Full name; of types without names, their kind.
  const char *name;
  /// The name without its namespace.
  const char *short_name;
  const char *space;
  /// An array of strings, or NULL.
  const json_tree *aliases;
  /// Fields, branches or symbols.
  uint32_t count;
  avro_field *fields;
  const struct avro_type **branches;
  const char **symbols;
  /// Enums: the default's index, -1 if there is none.
  int64_t preset;
  /// Of arrays and maps.
  const struct avro_type *items;
  /// Bytes of a fixed.
  int64_t size;
  /// Decimals.
  int precision, scale;
  /// Times and timestamps: units in a second.
  int64_t per_second;
  /// Number among the schema's types, from 0.
  uint32_t index;
} avro_type;

/// A schema with all that it refers to.
typedef struct avro_schema {
  arena arena;
  const avro_type *root;
  uint32_t type_count;
  /// What people know it by, as messages show it.
  const char *title;
  /// The text, NUL-terminated.
  const char *text;
  /// Its named types, by full name.
  name_set names;
  /// Numbers of the schemas that have been read on the way.
  uint64_t *numbers;
  uint32_t number_count;
} avro_schema;

/// The serde in messages.
#define AVRO_SERDE "serde \"avro\""

/// Reads a schema and those it refers to. `title` is who does, for messages. NULL, with `error` filled, if a
/// text is no Avro schema. [any]
avro_schema *avro_schema_read(const mill_schema *from, const char *title, mill_error *error);

/// Frees a schema; NULL is ignored. [any]
void avro_schema_free(avro_schema *schema);

/// A kind's name, e.g. "string". [any]
const char *avro_kind_name(avro_kind kind);

/// Bytes of a text that messages show: AVRO_SHOWN_MAX at most, without part of a character. [any]
int avro_shown(const char *text);

/// Whether `text` of `size` bytes is a name without dots. [any]
int avro_is_name(const char *text, size_t size);

#endif
