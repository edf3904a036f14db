/// The plans of an instance, one per writer's schema.
#ifndef AVRO_PLANS_H
#define AVRO_PLANS_H

#include "plan.h"

/// Plans that are kept at most; the one that was not used for the longest time goes.
#define AVRO_PLANS_MAX 64

/// A place for a plan. `number` is its schema's; `used` tells which was used longer ago.
typedef struct avro_kept_plan {
  uint64_t number, used;
  avro_plan *plan;
} avro_kept_plan;

/// One thread at a time.
typedef struct avro_plans {
  avro_kept_plan kept[AVRO_PLANS_MAX];
  uint64_t clock;
  /// The place of the one that was used last.
  int last;
} avro_plans;

/// The plan for messages that were written with `written`, valid until the next call; made if there is none.
/// NULL without memory. A schema that can't be read has a plan without steps. [task]
const avro_plan *avro_plans_get(avro_plans *plans, const mill_schema *written, const avro_schema *read,
                                const column_type *row);

/// Frees the plans. [any]
void avro_plans_clear(avro_plans *plans);

#endif
