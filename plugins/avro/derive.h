/// A schema for columns that come without one.
#ifndef AVRO_DERIVE_H
#define AVRO_DERIVE_H

#include "../common/column_type.h"
#include "schema.h"

/// Makes the schema of a row's columns, a record called `name`. Records within are called after the fields they
/// lie in. `title` is who does, for messages. NULL, with `error` filled, if a column's name is no Avro name or
/// memory ran out. [any]
avro_schema *avro_derive(const column_type *row, const char *name, const char *title, mill_error *error);

#endif
