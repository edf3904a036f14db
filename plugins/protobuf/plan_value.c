#include "plan.h"
#include "read.h"

proto_known proto_known_of(const proto_message *message) {
  static const char *const wrapped[] = {"Double", "Float", "Int64",  "UInt64", "Int32",
                                        "UInt32", "Bool",  "String", "Bytes"};
  static const char space[] = "google.protobuf.";
  if (message == NULL || strncmp(message->full_name, space, sizeof space - 1) != 0)
    return PROTO_PLAIN;
  const char *name = message->full_name + sizeof space - 1;
  if (strcmp(name, "Timestamp") == 0)
    return PROTO_TIMESTAMP;
  if (strcmp(name, "Duration") == 0)
    return PROTO_DURATION;
  for (size_t i = 0; i < sizeof wrapped / sizeof wrapped[0]; i++) {
    size_t size = strlen(wrapped[i]);
    if (strncmp(name, wrapped[i], size) == 0 && strcmp(name + size, "Value") == 0 &&
        proto_field_numbered(message, 1) != NULL)
      return PROTO_WRAPPER;
  }
  return PROTO_PLAIN;
}

static proto_read read_whole(const proto_step *step, const column_type *column) {
  switch (column->kind) {
  case COLUMN_INTEGER:
    return proto_read_integer;
  case COLUMN_DATE:
  case COLUMN_TIME:
  case COLUMN_TIMESTAMP:
    return step->field->kind == PROTO_ENUM ? NULL : proto_read_time;
  default:
    return NULL;
  }
}

static proto_read read_bytes(proto_kind kind, const column_type *column) {
  if (column->kind == COLUMN_DECIMAL)
    return kind == PROTO_STRING ? proto_read_decimal : NULL;
  return column->kind == COLUMN_TEXT     ? proto_read_text
         : column->kind == COLUMN_BINARY ? proto_read_bytes
                                         : NULL;
}

static proto_read choose(const proto_step *step, const column_type *column) {
  proto_kind kind = step->field->kind;
  switch (kind) {
  case PROTO_BOOL:
    return column->kind == COLUMN_BOOL ? proto_read_bool : NULL;
  case PROTO_FLOAT:
    return column->kind == COLUMN_FLOAT32 || column->kind == COLUMN_FLOAT64 ? proto_read_float : NULL;
  case PROTO_DOUBLE:
    return column->kind == COLUMN_FLOAT64 ? proto_read_double : NULL;
  case PROTO_STRING:
  case PROTO_BYTES:
    return read_bytes(kind, column);
  case PROTO_ENUM:
    return column->kind == COLUMN_TEXT ? proto_read_enum : read_whole(step, column);
  default:
    return read_whole(step, column);
  }
}

static proto_op op_of(const proto_step *step, const column_type *column) {
  proto_kind kind = step->field->kind;
  int is_whole = column->kind == COLUMN_INTEGER || column->kind == COLUMN_TIMESTAMP;
  int is_signed = column->kind != COLUMN_INTEGER || column->least != 0;
  if (step->is_list)
    return PROTO_OP_CALL;
  if (is_whole && column->width == 8 && kind == (is_signed ? PROTO_INT64 : PROTO_UINT64))
    return PROTO_OP_INT64;
  if ((is_whole || column->kind == COLUMN_DATE) && column->width == 4 &&
      kind == (is_signed ? PROTO_INT32 : PROTO_UINT32))
    return PROTO_OP_INT32;
  return step->read == proto_read_double      ? PROTO_OP_DOUBLE
         : step->read == proto_read_bool      ? PROTO_OP_BOOL
         : step->read == proto_read_text      ? PROTO_OP_TEXT
         : step->read == proto_read_timestamp ? PROTO_OP_TIMESTAMP
                                              : PROTO_OP_CALL;
}

static int by_number(const void *left, const void *right) {
  const proto_value *a = *(const proto_value *const *)left, *b = *(const proto_value *const *)right;
  return a->number != b->number ? (a->number > b->number) - (a->number < b->number)
                                : (a->index > b->index) - (a->index < b->index);
}

// An enum's values by number; of those for one number the first counts. NULL, noted.
static const proto_value **sorted_values(proto_compiler *compiler, const proto_enum *from, uint32_t *count) {
  const proto_value **values = proto_plan_get(compiler, from->count * sizeof *values);
  uint32_t all = 0;
  for (const proto_value *value = from->first; values != NULL && value != NULL; value = value->next)
    values[all++] = value;
  if (values != NULL)
    qsort(values, all, sizeof *values, by_number);
  *count = 0;
  for (uint32_t i = 0; i < all; i++)
    if (*count == 0 || values[i]->number != values[*count - 1]->number)
      values[(*count)++] = values[i];
  return values;
}

// Fills in an enum's names.
static int set_symbols(proto_compiler *compiler, proto_step *step) {
  const proto_enum *from = step->field->enumeration;
  uint32_t count;
  const proto_value **values = sorted_values(compiler, from, &count);
  proto_symbol *symbols = values == NULL ? NULL : proto_plan_get(compiler, count * sizeof *symbols);
  for (uint32_t i = 0; symbols != NULL && i < count; i++) {
    const char *name = values[i]->name;
    symbols[i].number = values[i]->number;
    symbols[i].text.size = (int64_t)strlen(name);
    symbols[i].text.bytes = arena_copy(compiler->memory, name, strlen(name));
    if (symbols[i].text.bytes == NULL)
      return proto_plan_fail(compiler, NULL, "out of memory") != NULL;
  }
  step->symbols = symbols;
  step->symbol_count = count;
  step->is_closed = from->features.enum_type == 2;
  return symbols != NULL;
}

static int fail(proto_compiler *compiler, const proto_step *step, const column_type *column) {
  const proto_field *field = step->field;
  return proto_plan_fail(compiler, column, "Protobuf's %.100s has no value as %s",
                         field->message != NULL       ? field->message->full_name
                         : field->enumeration != NULL ? field->enumeration->full_name
                                                      : proto_kind_name(field->kind),
                         column->kind == COLUMN_STRUCT ? "struct" : column->title) != NULL;
}

static int set_message(proto_compiler *compiler, proto_step *step, const column_type *column) {
  const proto_message *message = step->field->message;
  int is_group = step->field->kind == PROTO_GROUP;
  proto_known known = is_group ? PROTO_PLAIN : proto_known_of(message);
  if (column->kind == COLUMN_STRUCT) {
    step->read = is_group ? proto_read_group : proto_read_message;
    step->inner = proto_plan_fields(compiler, message, column->children, column->child_count, 0);
    return step->inner != NULL;
  }
  if (known == PROTO_TIMESTAMP && column->kind == COLUMN_TIMESTAMP)
    step->read = proto_read_timestamp;
  else if (known == PROTO_DURATION && column->kind == COLUMN_INTEGER && column->width == 8 &&
           column->least != 0)
    step->read = proto_read_duration;
  else if (column->kind == COLUMN_BINARY && !is_group && known != PROTO_WRAPPER)
    step->read = proto_read_bytes;
  else if (known != PROTO_WRAPPER)
    return fail(compiler, step, column);
  if (known != PROTO_WRAPPER)
    return 1;
  step->read = proto_read_wrapper;
  step->inner = proto_plan_fields(compiler, message, column, 1, 1);
  return step->inner != NULL;
}

int proto_plan_value(proto_compiler *compiler, proto_step *step, const column_type *column) {
  proto_kind kind = step->field->kind;
  if ((step->constant = proto_plan_get(compiler, sizeof *step->constant)) == NULL)
    return 0;
  if (kind == PROTO_MESSAGE || kind == PROTO_GROUP) {
    int is_set = set_message(compiler, step, column);
    step->op = op_of(step, column);
    return is_set;
  }
  // A map's keys are text.
  int is_key =
      column->parent != NULL && column->parent->kind == COLUMN_MAP && column == column->parent->children;
  step->read = is_key && kind != PROTO_STRING ? proto_read_key : choose(step, column);
  if (step->read == NULL)
    return fail(compiler, step, column);
  step->op = op_of(step, column);
  return kind != PROTO_ENUM || set_symbols(compiler, step);
}
