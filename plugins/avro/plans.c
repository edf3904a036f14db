#include "plans.h"

// A plan for a schema that is none.
static avro_plan *make_failed(const mill_error *error) {
  avro_plan *plan = calloc(1, sizeof *plan);
  if (plan != NULL)
    memcpy(plan->message, error->message, sizeof plan->message);
  return plan;
}

static avro_plan *make(const mill_schema *written, const avro_schema *read, const column_type *row) {
  mill_error error = {.struct_size = sizeof error};
  avro_schema *schema = avro_schema_read(written, &error);
  if (schema == NULL)
    return make_failed(&error);
  avro_plan *plan = avro_plan_make(schema, read, row);
  if (plan == NULL)
    avro_schema_free(schema);
  return plan;
}

static void drop(avro_plan *plan) {
  if (plan == NULL)
    return;
  avro_schema_free(plan->written);
  avro_plan_free(plan);
}

// The place of the plan for a schema; without one, where it is to be made.
static int place_of(const avro_plans *plans, const mill_schema *written) {
  int oldest = 0;
  for (int i = 0; i < AVRO_PLANS_MAX; i++) {
    if (plans->kept[i].plan != NULL && plans->kept[i].number == written->number)
      return i;
    if (plans->kept[i].used < plans->kept[oldest].used)
      oldest = i;
  }
  return oldest;
}

const avro_plan *avro_plans_get(avro_plans *plans, const mill_schema *written, const avro_schema *read,
                                const column_type *row) {
  avro_kept_plan *last = &plans->kept[plans->last];
  if (last->plan != NULL && last->number == written->number)
    return last->plan;
  plans->last = place_of(plans, written);
  avro_kept_plan *kept = &plans->kept[plans->last];
  kept->used = ++plans->clock;
  if (kept->plan != NULL && kept->number == written->number)
    return kept->plan;
  drop(kept->plan);
  kept->number = written->number;
  return kept->plan = make(written, read, row);
}

void avro_plans_clear(avro_plans *plans) {
  for (int i = 0; i < AVRO_PLANS_MAX; i++)
    drop(plans->kept[i].plan);
  memset(plans, 0, sizeof *plans);
}
