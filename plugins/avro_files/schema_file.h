/// Schemas in files of their own, and in others.
#ifndef FILES_SCHEMA_FILE_H
#define FILES_SCHEMA_FILE_H

#include "../avro/schema.h"

/// Reads a schema's text, `size` bytes and a NUL, that is in the file at `path`; `name` is what later messages
/// call it, `title` who reads it. NULL, with `error` filled, if it is no Avro schema. [any]
avro_schema *schema_text_read(const char *path, const char *name, const char *text, int64_t size,
                              const char *title, mill_error *error);

/// Reads the schema that the file at `path` is. `title` is who does, for messages. NULL, with `error` filled,
/// if it can't be read or is no Avro schema. [control]
avro_schema *schema_file_read(const char *path, const char *title, mill_error *error);

#endif
