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

static void free_type(void *type) { column_type_free(type); }

int32_t json_bind_decode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  json_instance *self = raw_self;
  column_type *type = json_type_make(schema, 1, error);
  if (type == NULL)
    return MILL_FAILED;
  block_pool *pool = block_pool_new(type, free_type, self->memory);
  if (pool == NULL) {
    column_type_free(type);
    return mill_fail_memory(error, "serde \"json\"");
  }
  block_pool_close(self->pool);
  self->pool = pool;
  self->type = type;
  return MILL_OK;
}

static void free_encoding(json_instance *self) {
  column_source_free(&self->source);
  if (self->encoded_type != NULL)
    column_type_free(self->encoded_type);
  self->encoded_type = NULL;
}

int32_t json_bind_encode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  json_instance *self = raw_self;
  column_type *type = json_type_make(schema, 0, error);
  if (type == NULL)
    return MILL_FAILED;
  free_encoding(self);
  self->encoded_type = type;
  return column_source_init(&self->source, type) ? MILL_OK : mill_fail_memory(error, "serde \"json\"");
}

int32_t json_written_schema(void *raw_self, mill_written_schema *out, mill_error *error) {
  json_instance *self = raw_self;
  if (!json_schema_write(self->encoded_type, &self->schema))
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
  free_encoding(self);
  encoded_free(&self->encoded);
  encoded_free(&self->schema);
  free(self->decoder.scratch);
  free(self);
}
