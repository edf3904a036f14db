/// What schema resolution lets a reader's type read.
#ifndef AVRO_MATCH_H
#define AVRO_MATCH_H

#include "schema.h"

/// Whether a value of `written` can be read as `read`: the same kind (and, of named types, name), or a
/// promotion. Unions match if a branch may. Fields are not looked at. [any]
int avro_matches(const avro_type *written, const avro_type *read);

/// The first branch of the union `read` that `written` matches, NULL if there is none. [any]
const avro_type *avro_branch_for(const avro_type *written, const avro_type *read);

/// The field of a writer's record that the reader's `field` is read from, by name, else by alias; its index, -1
/// if there is none. [any]
int64_t avro_field_for(const avro_type *written, const avro_field *field);

#endif
