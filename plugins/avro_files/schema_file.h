/// A schema in a file of its own.
#ifndef FILES_SCHEMA_FILE_H
#define FILES_SCHEMA_FILE_H

#include "../avro/schema.h"

/// Reads the schema in the file at `path`. NULL, with `error` filled, if it can't be read or is no Avro schema.
/// [control]
avro_schema *schema_file_read(const char *path, mill_error *error);

#endif
