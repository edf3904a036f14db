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
  avro_schema *schema = avro_schema_read(written, AVRO_SERDE, &error);
  if (schema == NULL)
    return make_failed(&error);
  avro_plan *plan = avro_plan_make(schema, read, row);
  if (plan == NULL)
    avro_schema_free(schema);
  return plan;
}

static void drop(void *kept) {
  avro_plan *plan = kept;
  avro_schema_free(plan->written);
  avro_plan_free(plan);
}

avro_plan *avro_plans_get(plan_cache *plans, const mill_schema *written, const avro_schema *read,
                          const column_type *row) {
  void **place = plan_cache_place(plans, written->number, drop);
  if (*place == NULL)
    *place = make(written, read, row);
  return *place;
}

void avro_plans_clear(plan_cache *plans) { plan_cache_clear(plans, drop); }
