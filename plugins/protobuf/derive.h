/// Schemas made from columns.
#ifndef PROTO_DERIVE_H
#define PROTO_DERIVE_H

#include "../common/column_type.h"
#include "schema.h"

/// The schema of syntax proto3 that rows are written with where none is given: a message of this full name, its
/// fields numbered from 1 in the order of the columns, `optional` where a column is nullable. NULL, with
/// `error` filled, if a column has no form. [any]
proto_schema *proto_derive(const column_type *row, const char *name, mill_error *error);

#endif
