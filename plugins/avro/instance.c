#include "instance.h"

#include "../common/float_text.h"
#include "derive.h"

static const column_rules rules = {
    .title = AVRO_SERDE,
    .types = "bool, int8 to uint64, float32, float64, utf8, binary, date32, date64, time32, "
             "time64, timestamp, decimal128, list, struct or map<utf8, …>"};

int32_t avro_create(const struct mill_host *host, const char *config, uint32_t part, void **out_self,
                    mill_error *error) {
  avro_instance *self = calloc(1, sizeof *self);
  if (self == NULL || !float_text_init()) {
    free(self);
    return mill_fail_memory(error, rules.title);
  }
  if (avro_options_read(config, part, &self->options, error) != MILL_OK) {
    free(self);
    return MILL_FAILED;
  }
  self->part = part;
  self->memory = mill_memory_of(host);
  *out_self = self;
  return MILL_OK;
}

int32_t avro_use_schema(void *raw_self, const mill_schema *schema, mill_error *error) {
  avro_instance *self = raw_self;
  avro_schema *read = avro_schema_read(schema, AVRO_SERDE, error);
  if (read == NULL)
    return MILL_FAILED;
  avro_schema_free(self->schema);
  self->schema = read;
  self->is_derived = 0;
  return MILL_OK;
}

static void free_plans(avro_instance *self) {
  avro_plans_clear(&self->plans);
  if (self->own_plan != NULL)
    avro_plan_free(self->own_plan);
  self->own_plan = NULL;
}

// Compiles the plan for messages of the schema in use, which shows whether it suits the columns.
static int32_t make_own_plan(avro_instance *self, mill_error *error) {
  if (self->schema == NULL)
    return MILL_OK;
  self->own_plan = avro_plan_make(self->schema, self->schema, self->type);
  if (self->own_plan == NULL)
    return mill_fail_memory(error, rules.title);
  if (self->own_plan->root != NULL)
    return MILL_OK;
  return mill_fail(error, MILL_CLASS_FATAL, 0, "serde \"avro\": %s", self->own_plan->message);
}

int32_t avro_bind_decode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  avro_instance *self = raw_self;
  free_plans(self); // they go by the columns before
  if (row_pool_open(&self->pool, &self->type, column_type_make(&rules, schema, 1, error), self->memory,
                    rules.title, error) != MILL_OK)
    return MILL_FAILED;
  return make_own_plan(self, error);
}

// Makes a schema from the columns if none was given.
static int32_t derive_schema(avro_instance *self, mill_error *error) {
  if (self->schema != NULL && !self->is_derived)
    return MILL_OK;
  avro_schema_free(self->schema);
  self->is_derived = 1;
  self->schema = avro_derive(self->rows.type, self->options.record_name, rules.title, error);
  return self->schema == NULL ? MILL_FAILED : MILL_OK;
}

int32_t avro_bind_encode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  avro_instance *self = raw_self;
  avro_write_plan_free(self->write_plan); // it goes by the columns before
  self->write_plan = NULL;
  if (row_source_bind(&self->rows, column_type_make(&rules, schema, 0, error), rules.title, error) != MILL_OK ||
      derive_schema(self, error) != MILL_OK)
    return MILL_FAILED;
  self->write_plan = avro_write_plan_make(self->schema, self->rows.type, rules.title, error);
  return self->write_plan == NULL ? MILL_FAILED : MILL_OK;
}

int32_t avro_encode(void *raw_self, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                    mill_error *error) {
  avro_instance *self = raw_self;
  return avro_encode_rows(self->write_plan, &self->rows.columns, batch, ENCODED_SIZE_MAX, &self->encoded, out,
                          errors, error);
}

int32_t avro_written_schema(void *raw_self, mill_written_schema *out, mill_error *error) {
  avro_instance *self = raw_self;
  if (self->schema == NULL)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "serde \"avro\": no schema yet; bind the columns first");
  int is_named = self->schema->root->space != NULL;
  out->format = MILL_SCHEMA_AVRO;
  out->text = self->schema->text;
  out->record_name = is_named ? self->schema->root->name : "";
  out->index = NULL;
  out->index_size = 0;
  return MILL_OK;
}

int32_t avro_set_lead(void *raw_self, const uint8_t *bytes, int64_t size, mill_error *error) {
  return encoded_set_lead(&((avro_instance *)raw_self)->encoded, bytes, size, rules.title, error);
}

void avro_destroy(void *raw_self) {
  avro_instance *self = raw_self;
  free_plans(self);
  block_pool_close(self->pool);
  avro_write_plan_free(self->write_plan);
  row_source_free(&self->rows);
  avro_schema_free(self->schema);
  encoded_free(&self->encoded);
  free(self);
}
