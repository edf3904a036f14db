/// The state of reading a schema's text. Functions return NULL or 0 after noting what is wrong.
#ifndef AVRO_SCHEMA_READ_H
#define AVRO_SCHEMA_READ_H

#include "schema.h"

/// One thread at a time.
typedef struct avro_schema_reader {
  avro_schema *schema;
  int depth;
  char problem[320];
} avro_schema_reader;

/// Notes what is wrong with `name` (may be ""); the first thing stays. Returns NULL. [any]
void *avro_schema_fail(avro_schema_reader *reader, const char *name, const char *problem);

/// Zeroed memory, the schema's; NULL, noted, without memory. [any]
void *avro_schema_get(avro_schema_reader *reader, size_t size);

/// Notes a name; `problem` if it is there already. 0, noted, then or without memory. [any]
int avro_schema_name(avro_schema_reader *reader, name_set *names, const char *text, const void *value,
                     const char *problem);

/// A new type of a kind; NULL, noted, without memory. [any]
avro_type *avro_schema_make(avro_schema_reader *reader, avro_kind kind);

/// Reads a type; `space` is the namespace around it. [any]
const avro_type *avro_schema_type(avro_schema_reader *reader, const json_tree *json, const char *space);

/// Reads a record, an enum or a fixed. [any]
const avro_type *avro_schema_named(avro_schema_reader *reader, const json_tree *json, avro_kind kind,
                                   const char *space);

/// The named type that `name` means in a namespace; NULL, not noted, if there is none. [any]
const avro_type *avro_schema_find(const avro_schema *schema, const char *name, const char *space);

/// Sets what a type stands for; a logical type that is unknown or does not suit is ignored. [any]
void avro_schema_set_logical(avro_type *type, const json_tree *json);

#endif
