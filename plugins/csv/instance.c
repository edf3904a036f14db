#include "instance.h"

#include "../common/float_text.h"

static const column_rules rules = {.title = "serde \"csv\"",
                                   .types =
                                       "bool, int8 to uint64, float32, float64, utf8, binary, date32, date64, "
                                       "time32, time64, timestamp or decimal128",
                                   .is_flat = 1};

int32_t csv_create(const struct mill_host *host, const char *config, uint32_t part, void **out_self,
                   mill_error *error) {
  csv_instance *self = calloc(1, sizeof *self);
  if (self == NULL || !float_text_init()) {
    free(self);
    return mill_fail_memory(error, rules.title);
  }
  if (csv_options_read(config, &self->options, error) != MILL_OK) {
    free(self);
    return MILL_FAILED;
  }
  self->part = part;
  self->memory = mill_memory_of(host);
  self->decoder.options = &self->options;
  *out_self = self;
  return MILL_OK;
}

// Even an empty record has a field, so that no columns can't be told from one.
static column_type *make_type(const struct ArrowSchema *schema, int is_decode, mill_error *error) {
  column_type *type = column_type_make(&rules, schema, is_decode, error);
  if (type == NULL || type->child_count > 0)
    return type;
  column_type_free(type);
  mill_fail(error, MILL_CLASS_FATAL, 0, "serde \"csv\" needs a column; declare one under \"fields\"");
  return NULL;
}

int32_t csv_bind_decode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  csv_instance *self = raw_self;
  return row_pool_open(&self->pool, &self->type, make_type(schema, 1, error), self->memory, rules.title, error);
}

int32_t csv_bind_encode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  csv_instance *self = raw_self;
  return row_source_bind(&self->rows, make_type(schema, 0, error), rules.title, error);
}

void csv_destroy(void *raw_self) {
  csv_instance *self = raw_self;
  block_pool_close(self->pool);
  row_source_free(&self->rows);
  encoded_free(&self->encoded);
  free(self->decoder.scratch);
  free(self);
}
