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

const avro_plan *avro_plans_get(avro_plans *plans, const mill_schema *written, const avro_schema *read,
                                const column_type *row) {
  int oldest = 0;
  for (int i = 0; i < AVRO_PLANS_MAX; i++) {
    if (plans->kept[i].plan != NULL && plans->kept[i].number == written->number) {
      plans->kept[i].used = ++plans->clock;
      return plans->kept[i].plan;
    }
    if (plans->kept[i].used < plans->kept[oldest].used)
      oldest = i;
  }
  drop(plans->kept[oldest].plan);
  plans->kept[oldest].plan = make(written, read, row);
  plans->kept[oldest].number = written->number;
  plans->kept[oldest].used = ++plans->clock;
  return plans->kept[oldest].plan;
}

void avro_plans_clear(avro_plans *plans) {
  for (int i = 0; i < AVRO_PLANS_MAX; i++)
    drop(plans->kept[i].plan);
  memset(plans, 0, sizeof *plans);
}
