/// The plans of an instance, one per writer's schema.
#ifndef AVRO_PLANS_H
#define AVRO_PLANS_H

#include "../common/plan_cache.h"
#include "plan.h"

/// The plan for messages that were written with `written`, valid until the next call; made if there is none.
/// NULL without memory. A schema that can't be read has a plan without steps. [task]
avro_plan *avro_plans_get(plan_cache *plans, const mill_schema *written, const avro_schema *read,
                          const column_type *row);

/// Frees the plans. [any]
void avro_plans_clear(plan_cache *plans);

#endif
