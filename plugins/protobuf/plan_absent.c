#include "../common/float_text.h"
#include "lexer.h"
#include "plan.h"

static uint8_t *put_preset(proto_compiler *compiler, proto_step *step, const void *bytes, int64_t size) {
  uint8_t *copy = arena_copy(compiler->memory, bytes, (size_t)size);
  if (copy == NULL)
    return proto_plan_fail(compiler, NULL, "out of memory");
  step->preset = copy;
  step->preset_end = copy + size;
  step->absent = PROTO_ABSENT_PRESET;
  return copy;
}

static int put_varint(proto_compiler *compiler, proto_step *step, uint64_t value) {
  uint8_t bytes[VARINT_MAX];
  return put_preset(compiler, step, bytes, varint_write(value, bytes) - bytes) != NULL;
}

// A text behind its length. Bytes in a descriptor have C's escapes.
static int put_text(proto_compiler *compiler, proto_step *step) {
  const proto_field *field = step->field;
  int64_t size = field->preset_size;
  char *quoted = proto_plan_get(compiler, (size_t)size + 2),
       *text = proto_plan_get(compiler, (size_t)size + 16);
  uint8_t *bytes = proto_plan_get(compiler, (size_t)size + 16);
  if (quoted == NULL || text == NULL || bytes == NULL)
    return 0;
  memcpy(text, field->preset, (size_t)size);
  if (field->kind == PROTO_BYTES && field->line == 0) {
    memcpy(quoted + 1, field->preset, (size_t)size);
    const proto_token token = {.kind = PROTO_TEXT, .start = quoted, .size = (size_t)size + 2};
    size = proto_text_unescape(&token, text);
  }
  if (size < 0)
    return proto_plan_fail(compiler, NULL, "field \"%.100s\": a default with an escape that is none",
                           field->name) != NULL;
  uint8_t *behind = varint_write((uint64_t)size, bytes);
  memcpy(behind, text, (size_t)size);
  return put_preset(compiler, step, bytes, behind + size - bytes) != NULL;
}

static int fail(proto_compiler *compiler, const proto_field *field) {
  return proto_plan_fail(compiler, NULL, "field \"%.100s\": its default \"%.*s\" is no value of %s",
                         field->name, proto_shown(field->preset), field->preset,
                         proto_kind_name(field->kind)) != NULL;
}

static int put_enum(proto_compiler *compiler, proto_step *step) {
  for (const proto_value *value = step->field->enumeration->first; value != NULL; value = value->next)
    if (step->field->preset == NULL || strcmp(value->name, step->field->preset) == 0)
      return put_varint(compiler, step, (uint64_t)(int64_t)value->number);
  return fail(compiler, step->field);
}

static int put_float(proto_compiler *compiler, proto_step *step) {
  const char *text = step->field->preset;
  double wide = float_text_strtod(text);
  float narrow = float_text_strtof(text);
  int is_double = step->field->kind == PROTO_DOUBLE;
  return put_preset(compiler, step, is_double ? (void *)&wide : (void *)&narrow, is_double ? 8 : 4) != NULL;
}

// Reads digits as the language has them, with a sign.
static int read_integer(const char *text, int64_t size, uint64_t *out) {
  int is_negative = size > 0 && text[0] == '-';
  proto_lexer lexer;
  proto_lexer_begin(&lexer, text + is_negative, size - is_negative);
  proto_token token = proto_lexer_next(&lexer);
  *out = is_negative ? 0 - token.value : token.value;
  return token.kind == PROTO_INTEGER && lexer.at == lexer.end;
}

static int put_integer(proto_compiler *compiler, proto_step *step) {
  const proto_field *field = step->field;
  uint64_t value = 0;
  if (!read_integer(field->preset, field->preset_size, &value))
    return fail(compiler, field);
  switch (field->kind) {
  case PROTO_FIXED64:
  case PROTO_SFIXED64:
    return put_preset(compiler, step, &value, 8) != NULL;
  case PROTO_FIXED32:
  case PROTO_SFIXED32:
    return put_preset(compiler, step, &(uint32_t){(uint32_t)value}, 4) != NULL;
  case PROTO_SINT32:
  case PROTO_SINT64:
    return put_varint(compiler, step, varint_zigzag((int64_t)value));
  default:
    return put_varint(compiler, step, value);
  }
}

// The default of a scalar: what is declared, else zero, no text, or the enum's first value.
static int set_preset(proto_compiler *compiler, proto_step *step, const column_type *column) {
  static const uint8_t zero[8];
  const proto_field *field = step->field;
  int is_sized = field->kind == PROTO_STRING || field->kind == PROTO_BYTES;
  step->absent = PROTO_ABSENT_ZERO;
  if (field->kind == PROTO_ENUM)
    return put_enum(compiler, step);
  if (field->preset == NULL && column->kind == COLUMN_TEXT && !is_sized) // a map's key
    return put_preset(compiler, step, zero, sizeof zero) != NULL;
  if (field->preset == NULL)
    return 1;
  switch (field->kind) {
  case PROTO_STRING:
  case PROTO_BYTES:
    return put_text(compiler, step);
  case PROTO_FLOAT:
  case PROTO_DOUBLE:
    return put_float(compiler, step);
  case PROTO_BOOL:
    return put_varint(compiler, step, strcmp(field->preset, "true") == 0);
  default:
    return put_integer(compiler, step);
  }
}

int proto_plan_absent(proto_compiler *compiler, proto_step *step, const column_type *column, int is_by_number) {
  const proto_field *field = step->field;
  int is_message = field->kind == PROTO_MESSAGE || field->kind == PROTO_GROUP;
  int is_struct = is_message && column->kind == COLUMN_STRUCT;
  step->absent = PROTO_ABSENT_ZERO;
  if (field->label == PROTO_REPEATED)
    return 1;
  if (field->label == PROTO_REQUIRED)
    step->absent = PROTO_ABSENT_FAILS;
  else if (column->is_nullable && field->has_presence && !is_by_number)
    step->absent = PROTO_ABSENT_NULL;
  else if (is_message)
    step->absent = is_struct ? PROTO_ABSENT_MESSAGE : is_by_number ? PROTO_ABSENT_ZERO : PROTO_ABSENT_FAILS;
  else
    return set_preset(compiler, step, column);
  return 1;
}
