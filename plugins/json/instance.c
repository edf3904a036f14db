#include "instance.h"

#include "../common/float_text.h"
#include "derive.h"
#include "type.h"

// Patterns of a schema at most that are told of.
enum { TOLD_MAX = 8 };

static const mill_log *log_of(const struct mill_host *host) {
  if (host == NULL || host->get_extension == NULL)
    return NULL;
  const mill_log *log = host->get_extension(host, MILL_LOG);
  return log != NULL && log->struct_size >= sizeof *log ? log : NULL;
}

int32_t json_create(const struct mill_host *host, const char *config, uint32_t part, void **out_self,
                    mill_error *error) {
  json_instance *self = calloc(1, sizeof *self);
  if (self == NULL || !float_text_init()) {
    free(self);
    return mill_fail_memory(error, "serde \"json\"");
  }
  if (json_options_read(config, &self->options, error) != MILL_OK) {
    free(self);
    return MILL_FAILED;
  }
  self->part = part;
  self->memory = mill_memory_of(host);
  self->log = log_of(host);
  *out_self = self;
  return MILL_OK;
}

static void tell_pattern(const json_instance *self, const json_pattern *pattern) {
  char path[128], text[128], message[MILL_ERROR_MESSAGE_SIZE];
  json_tree_path(pattern->at, path, sizeof path);
  snprintf(text, sizeof text, "%s", pattern->text);
  json_text_show(text); // which may be cut
  snprintf(message, sizeof message, "schema \"%s\": at %s: the pattern \"%s\" is not checked: %s",
           self->schema->title, path, text, pattern->problem);
  json_text_show(message);
  self->log->write(MILL_LOG_WARNING, "serde \"json\"", message);
}

// Tells of patterns that are not checked, the first ones.
static void tell_patterns(const json_instance *self) {
  int told = 0;
  for (const json_pattern *one = self->schema->patterns; one != NULL && told < TOLD_MAX; one = one->next)
    if (one->problem != NULL && self->log != NULL) {
      tell_pattern(self, one);
      told++;
    }
}

int32_t json_use_schema(void *raw_self, const mill_schema *schema, mill_error *error) {
  json_instance *self = raw_self;
  json_schema *read = json_schema_read(schema, error);
  if (read == NULL)
    return MILL_FAILED;
  json_schema_free(self->schema);
  self->schema = read;
  tell_patterns(self);
  return MILL_OK;
}

// Fails if the schema in use does not suit the columns.
static int32_t check_columns(const json_instance *self, const column_type *row, int is_written,
                             mill_error *error) {
  char problem[MILL_ERROR_MESSAGE_SIZE], message[MILL_ERROR_MESSAGE_SIZE];
  if (self->schema == NULL || json_match(self->schema, row, is_written, problem, sizeof problem))
    return MILL_OK;
  json_mismatch(self->schema, problem, message, sizeof message);
  return mill_fail(error, MILL_CLASS_FATAL, 0, "serde \"json\": %s", message);
}

int32_t json_bind_decode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  json_instance *self = raw_self;
  json_plans_clear(&self->plans); // they go by the columns before
  if (row_pool_open(&self->pool, &self->type, json_type_make(schema, 1, error), self->memory, "serde \"json\"",
                    error) != MILL_OK)
    return MILL_FAILED;
  return check_columns(self, self->type, 0, error);
}

int32_t json_bind_encode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  json_instance *self = raw_self;
  if (row_source_bind(&self->rows, json_type_make(schema, 0, error), "serde \"json\"", error) != MILL_OK)
    return MILL_FAILED;
  return check_columns(self, self->rows.type, 1, error);
}

int32_t json_written_schema(void *raw_self, mill_written_schema *out, mill_error *error) {
  json_instance *self = raw_self;
  const json_schema *own = self->schema;
  if (own == NULL && !json_derive(self->rows.type, self->options.record_name, &self->derived))
    return mill_fail_memory(error, "serde \"json\"");
  *out = (mill_written_schema){.struct_size = sizeof *out,
                               .format = MILL_SCHEMA_JSON,
                               .text = own != NULL ? own->text : (const char *)self->derived.bytes,
                               .record_name = own != NULL ? own->record_name : self->options.record_name};
  return MILL_OK;
}

int32_t json_set_lead(void *raw_self, const uint8_t *bytes, int64_t size, mill_error *error) {
  return encoded_set_lead(&((json_instance *)raw_self)->encoded, bytes, size, "serde \"json\"", error);
}

void json_destroy(void *raw_self) {
  json_instance *self = raw_self;
  json_plans_clear(&self->plans);
  block_pool_close(self->pool);
  row_source_free(&self->rows);
  encoded_free(&self->encoded);
  encoded_free(&self->derived);
  json_schema_free(self->schema);
  json_check_room_free(&self->room);
  free(self->decoder.scratch);
  free(self);
}
