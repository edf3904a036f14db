/// What a JSON Schema has to do with columns.
#ifndef JSON_MATCH_H
#define JSON_MATCH_H

#include "../common/column_type.h"
#include "schema.h"

/// Steps that a comparison takes at most.
#define JSON_MATCH_STEPS_MAX 65536

/// Flags of columns that are written by a schema: it does not allow null; it requires the member; decimals are
/// strings.
#define JSON_NO_NULL 1u
#define JSON_REQUIRED 2u
#define JSON_AS_TEXT 4u

/// Whether messages of a schema can be read into columns, or rows of the columns (`is_written`, which sets
/// their flags) can be messages of it: 0, with the first difference in `problem` of `size` bytes, if no value
/// of some column can be one that the schema allows. [any]
int json_match(const json_schema *schema, const column_type *row, int is_written, char *problem, size_t size);

#endif
