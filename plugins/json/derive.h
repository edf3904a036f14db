/// The JSON Schema (draft 7, https://json-schema.org/draft-07/json-schema-validation) of what is written.
#ifndef JSON_DERIVE_H
#define JSON_DERIVE_H

#include "../common/column_type.h"
#include "../common/encoded.h"

/// Writes the schema of rows of `type` to `out`, which it empties, with a NUL behind it: an object with a
/// member for each column and no others, of which those that can't be null are required. `title` needs no
/// escapes; "": it has none. 0 without memory. [control]
int json_derive(const column_type *type, const char *title, encoded *out);

#endif
