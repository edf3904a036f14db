/// The plans of an instance: per writer's schema, one for each of its messages that occurs.
#ifndef PROTO_PLANS_H
#define PROTO_PLANS_H

#include "../common/plan_cache.h"
#include "plan.h"

/// Messages of one schema whose plans are kept; when there are more, all of them go.
#define PROTO_PLANS_OF_SCHEMA_MAX 64

/// Which message of its schema's a message is, as its framing says it (schema.h).
typedef struct proto_index {
  /// The message's place; of `count` -1 not known yet.
  int64_t path[PROTO_DEPTH_MAX];
  int count;
  /// With `count` -1 its name, `name_size` bytes; the message's.
  const uint8_t *name;
  int64_t name_size;
} proto_index;

/// Reads an index or a name; behind it, NULL if it is none that ends before `end`. [task]
const uint8_t *proto_index_read(const uint8_t *at, const uint8_t *end, proto_index *out);

/// The plan for messages of a writer's schema, valid until the next call; made if there is none. NULL without
/// memory. A message that can't be read has a plan without `root`. [task]
const proto_plan *proto_plans_get(plan_cache *plans, const mill_schema *written, const proto_index *index,
                                  const column_type *row);

/// Frees the plans. [any]
void proto_plans_clear(plan_cache *plans);

#endif
