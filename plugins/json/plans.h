/// What is known of writers' schemas, per schema.
#ifndef JSON_PLANS_H
#define JSON_PLANS_H

#include "../common/plan_cache.h"
#include "match.h"

/// Why messages of a schema can't be read into columns; "": they can. Valid until the next call. NULL without
/// memory. [task]
const char *json_plans_get(plan_cache *plans, const mill_schema *written, const column_type *row);

/// Frees all of it. [any]
void json_plans_clear(plan_cache *plans);

/// Writes that a schema does not suit the columns to `out` of `size` bytes, with the first difference. [any]
void json_mismatch(const json_schema *schema, const char *problem, char *out, size_t size);

#endif
