/// Column types as JSON sees them.
#ifndef JSON_TYPE_H
#define JSON_TYPE_H

#include "../common/column_type.h"

/// Makes the type tree of a row, each type's label being the name as a member begins: `,"name":`,
/// NUL-terminated and followed by 16 zeros. `is_decode`: for decoding, which makes strings as views only. NULL,
/// with `error` filled, if a column's type has no JSON form or memory ran out. [any]
column_type *json_type_make(const struct ArrowSchema *schema, int is_decode, mill_error *error);

#endif
