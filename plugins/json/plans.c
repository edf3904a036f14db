#include "plans.h"

void json_mismatch(const json_schema *schema, const char *problem, char *out, size_t size) {
  snprintf(out, size, "schema \"%s\" does not suit the columns: %.400s", schema->title, problem);
  json_text_show(out);
}

// Why messages of a schema can't be read into columns; on the heap, NULL without memory.
static char *compare(const mill_schema *written, const column_type *row) {
  char problem[MILL_ERROR_MESSAGE_SIZE];
  mill_error error = {.struct_size = sizeof error};
  json_schema *schema = json_schema_read(written, &error);
  char *message = calloc(1, sizeof error.message);
  if (message != NULL && schema == NULL)
    memcpy(message, error.message, sizeof error.message);
  else if (message != NULL && !json_match(schema, row, 0, problem, sizeof problem))
    json_mismatch(schema, problem, message, sizeof error.message);
  json_schema_free(schema);
  return message;
}

const char *json_plans_get(plan_cache *plans, const mill_schema *written, const column_type *row) {
  void **place = plan_cache_place(plans, written->number, free);
  if (*place == NULL)
    *place = compare(written, row);
  return *place;
}

void json_plans_clear(plan_cache *plans) { plan_cache_clear(plans, free); }
