#include "instance.h"

#include "../common/float_text.h"
#include "derive.h"
#include "unknown.h"

static const column_rules rules = {
    .title = "serde \"protobuf\"",
    .types = "bool, int8 to uint64, float32, float64, utf8, binary, date32, date64, time32, "
             "time64, timestamp, decimal128, list, struct or map<utf8, …>"};

int32_t proto_create(const struct mill_host *host, const char *config, uint32_t part, void **out_self,
                     mill_error *error) {
  proto_instance *self = calloc(1, sizeof *self);
  if (self == NULL || !float_text_init()) {
    free(self);
    return mill_fail_memory(error, rules.title);
  }
  if (proto_options_read(config, &self->options, error) != MILL_OK) {
    free(self);
    return MILL_FAILED;
  }
  self->part = part;
  self->memory = mill_memory_of(host);
  *out_self = self;
  return MILL_OK;
}

// Works by `schema`, which it takes over, from now on; frees it if it has not the message that is wanted.
static int32_t set_schema(proto_instance *self, proto_schema *schema, mill_error *error) {
  const proto_message *message = proto_schema_message(schema, self->options.message, error);
  if (message == NULL) {
    proto_schema_free(schema);
    return MILL_FAILED;
  }
  proto_schema_free(self->schema);
  self->schema = schema;
  self->message = message;
  return MILL_OK;
}

int32_t proto_use_schema(void *raw_self, const mill_schema *schema, mill_error *error) {
  proto_instance *self = raw_self;
  proto_schema *read = proto_schema_read(schema, error);
  self->is_derived = 0;
  return read == NULL ? MILL_FAILED : set_schema(self, read, error);
}

// Marks the column that holds unknown fields, if there is to be one.
static int32_t mark_unknown(const proto_instance *self, column_type *row, mill_error *error) {
  const char *name = self->options.unknown_fields;
  int64_t index = column_type_field(row, (const uint8_t *)name, (int64_t)strlen(name));
  if (name[0] == '\0')
    return MILL_OK;
  if (index < 0)
    return mill_fail(
        error, MILL_CLASS_FATAL, 0,
        "serde \"protobuf\": option `unknown_fields` names field \"%.200s\", which is not declared; "
        "declare it as binary, or drop the option",
        name);
  column_type *column = &row->children[index];
  if (column->kind != COLUMN_BINARY)
    return mill_fail(
        error, MILL_CLASS_FATAL, 0,
        "serde \"protobuf\": option `unknown_fields` names field \"%.200s\" of type %s; declare it "
        "as binary, or name another",
        name, column->title);
  column->flags |= PROTO_HOLDS_UNKNOWN;
  return MILL_OK;
}

// The type of rows, which a pool or source takes over; NULL, with `error` filled.
static column_type *make_type(const proto_instance *self, const struct ArrowSchema *schema, int is_decode,
                              mill_error *error) {
  column_type *type = column_type_make(&rules, schema, is_decode, error);
  if (type == NULL || mark_unknown(self, type, error) == MILL_OK)
    return type;
  column_type_free(type);
  return NULL;
}

static void free_plans(proto_instance *self) {
  proto_plans_clear(&self->plans);
  proto_plan_free(self->own_plan);
  self->own_plan = NULL;
}

// Compiles the plan by the schema in use, which shows whether it suits the columns.
static int32_t make_own_plan(proto_instance *self, mill_error *error) {
  if (self->schema == NULL)
    return MILL_OK;
  self->own_plan = proto_plan_make(self->schema, self->message, self->type);
  if (self->own_plan == NULL)
    return mill_fail_memory(error, rules.title);
  if (self->own_plan->root != NULL)
    return MILL_OK;
  return mill_fail(error, MILL_CLASS_FATAL, 0, "serde \"protobuf\": %s", self->own_plan->problem);
}

int32_t proto_bind_decode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  proto_instance *self = raw_self;
  free_plans(self); // they go by the columns before
  if (row_pool_open(&self->pool, &self->type, make_type(self, schema, 1, error), self->memory, rules.title,
                    error) != MILL_OK)
    return MILL_FAILED;
  return make_own_plan(self, error);
}

// Makes a schema from the columns if none was given.
static int32_t derive_schema(proto_instance *self, mill_error *error) {
  if (self->schema != NULL && !self->is_derived)
    return MILL_OK;
  const char *name = self->options.message;
  if (name[0] == '\0')
    name = self->part == MILL_PART_KEY ? "Key" : "Value";
  proto_schema *derived = proto_derive(self->rows.type, name, error);
  self->is_derived = 1;
  return derived == NULL ? MILL_FAILED : set_schema(self, derived, error);
}

int32_t proto_bind_encode(void *raw_self, const struct ArrowSchema *schema, mill_error *error) {
  proto_instance *self = raw_self;
  proto_write_plan_free(self->write_plan); // it goes by the columns before
  self->write_plan = NULL;
  if (row_source_bind(&self->rows, make_type(self, schema, 0, error), rules.title, error) != MILL_OK ||
      derive_schema(self, error) != MILL_OK)
    return MILL_FAILED;
  self->write_plan = proto_write_plan_make(self->schema, self->message, self->rows.type, error);
  return self->write_plan == NULL ? MILL_FAILED : MILL_OK;
}

int32_t proto_written_schema(void *raw_self, mill_written_schema *out, mill_error *error) {
  proto_instance *self = raw_self;
  if (self->schema == NULL)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "serde \"protobuf\": no schema yet; bind the columns first");
  out->format = MILL_SCHEMA_PROTOBUF;
  out->text = self->schema->text;
  out->record_name = self->message->full_name;
  out->index = self->index;
  out->index_size = proto_message_index(self->message, self->index);
  return MILL_OK;
}

int32_t proto_set_lead(void *raw_self, const uint8_t *bytes, int64_t size, mill_error *error) {
  return encoded_set_lead(&((proto_instance *)raw_self)->encoded, bytes, size, rules.title, error);
}

void proto_destroy(void *raw_self) {
  proto_instance *self = raw_self;
  free_plans(self);
  block_pool_close(self->pool);
  proto_write_plan_free(self->write_plan);
  row_source_free(&self->rows);
  proto_schema_free(self->schema);
  encoded_free(&self->encoded);
  free(self);
}
