/// Columns for what an Avro schema describes.
#ifndef FILES_COLUMNS_H
#define FILES_COLUMNS_H

#include "../avro/schema.h"

/// Columns at most, those within others counted.
#define COLUMNS_MAX 4096

/// Makes the schema of the rows: `path` is where `schema` is, for messages. Columns are, of a record's fields,
/// those that `wanted` (an array of strings; NULL: all) names, in that order; of any other type, one column
/// "value". The caller releases `out`. Fails if the schema lacks a name, or a type that is wanted has no
/// columns. [control]
int32_t columns_of_schema(const avro_schema *schema, const char *path, const json_tree *wanted,
                          struct ArrowSchema *out, mill_error *error);

#endif
