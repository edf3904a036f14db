#include "instance.h"

#include "../common/float_text.h"
#include "schema.h"
#include "type.h"

int32_t json_create(const struct mill_host *host, const char *config, uint32_t part, void **out_self,
                    mill_error *error) {
  (void)config;
  json_instance *self = calloc(1, sizeof *self);
  if (self == NULL || !float_text_init()) {
    free(self);
    return mill_fail_memory(error, "serde \"json\"");
  }
  self->part = part;
  self->memory = mill_memory_of(host);
  *out_self = self;
  return MILL_OK;
}

int32_t json_bind_decode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  json_instance *self = raw_self;
  return row_pool_open(&self->pool, &self->type, json_type_make(schema, 1, error), self->memory,
                       "serde \"json\"", error);
}

int32_t json_bind_encode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  json_instance *self = raw_self;
  return row_source_bind(&self->rows, json_type_make(schema, 0, error), "serde \"json\"", error);
}

int32_t json_written_schema(void *raw_self, mill_written_schema *out, mill_error *error) {
  json_instance *self = raw_self;
  if (!json_schema_write(self->rows.type, &self->schema))
    return mill_fail_memory(error, "serde \"json\"");
  *out = (mill_written_schema){.struct_size = sizeof *out,
                               .format = MILL_SCHEMA_JSON,
                               .text = (const char *)self->schema.bytes,
                               .record_name = ""};
  return MILL_OK;
}

int32_t json_set_lead(void *raw_self, const uint8_t *bytes, int64_t size, mill_error *error) {
  return encoded_set_lead(&((json_instance *)raw_self)->encoded, bytes, size, "serde \"json\"", error);
}

void json_destroy(void *raw_self) {
  json_instance *self = raw_self;
  block_pool_close(self->pool);
  row_source_free(&self->rows);
  encoded_free(&self->encoded);
  encoded_free(&self->schema);
  free(self->decoder.scratch);
  free(self);
}
