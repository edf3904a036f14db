#include "match.h"
#include "plan.h"
#include "read.h"

// What the value stands for. A reader's type decides whether it is a date or a time, a writer's in which unit.
static const avro_type *meaning_of(const avro_type *written, const avro_type *read) {
  return read == NULL || (read->logical != AVRO_PLAIN && written->logical != AVRO_PLAIN) ? written : read;
}

static avro_read read_number(const avro_type *written, const column_type *column) {
  int is_whole = written->kind == AVRO_INT || written->kind == AVRO_LONG;
  int is_double = column->kind == COLUMN_FLOAT64;
  if (column->kind == COLUMN_INTEGER && is_whole)
    return written->kind == AVRO_LONG && column->width == 8 && column->least != 0 ? avro_read_int64
                                                                                  : avro_read_integer;
  if (!is_double && column->kind != COLUMN_FLOAT32)
    return NULL;
  return is_whole                                    ? avro_read_integer_as_float
         : written->kind == AVRO_FLOAT               ? avro_read_float
         : written->kind == AVRO_DOUBLE && is_double ? avro_read_double
                                                     : NULL;
}

static avro_read read_logical(const avro_type *written, const avro_type *meaning, const column_type *column) {
  avro_logical logical = meaning->logical;
  switch (column->kind) {
  case COLUMN_DATE:
    return logical == AVRO_DATE ? avro_read_date : NULL;
  case COLUMN_TIME:
    return logical == AVRO_TIME ? avro_read_time : NULL;
  case COLUMN_TIMESTAMP:
    if (logical == AVRO_LOCAL_TIMESTAMP ? column->has_zone : logical != AVRO_TIMESTAMP && logical != AVRO_PLAIN)
      return NULL;
    return written->kind == AVRO_LONG ? avro_read_timestamp : NULL;
  default:
    return logical == AVRO_DECIMAL ? avro_read_decimal : NULL;
  }
}

static avro_read read_bytes(const avro_type *written, const column_type *column) {
  if (written->kind == AVRO_FIXED)
    return column->kind == COLUMN_BINARY ? avro_read_fixed : NULL;
  if (written->kind == AVRO_ENUM)
    return column->kind == COLUMN_TEXT ? avro_read_enum : NULL;
  if (written->kind != AVRO_STRING && written->kind != AVRO_BYTES)
    return NULL;
  return column->kind == COLUMN_TEXT ? avro_read_text : avro_read_binary;
}

static avro_read choose(const avro_type *written, const avro_type *meaning, const column_type *column) {
  switch (column->kind) {
  case COLUMN_BOOL:
    return written->kind == AVRO_BOOLEAN ? avro_read_boolean : NULL;
  case COLUMN_INTEGER:
  case COLUMN_FLOAT32:
  case COLUMN_FLOAT64:
    return read_number(written, column);
  case COLUMN_TEXT:
  case COLUMN_BINARY:
    return read_bytes(written, column);
  case COLUMN_DATE:
  case COLUMN_TIME:
  case COLUMN_TIMESTAMP:
  case COLUMN_DECIMAL:
    return read_logical(written, meaning, column);
  default:
    return NULL;
  }
}

// Sets how a value's units become the column's.
static void set_units(avro_step *step, const avro_type *meaning, const column_type *column) {
  int64_t from = meaning->per_second, to = column->per_second;
  step->multiply = step->divide = 1;
  if (column->kind == COLUMN_DATE && column->width == 8)
    step->multiply = 86400000;
  if (column->kind == COLUMN_DECIMAL) {
    step->multiply = column->scale > meaning->scale ? column->scale - meaning->scale : 0;
    step->divide = meaning->scale > column->scale ? meaning->scale - column->scale : 0;
  } else if (from > 0 && to > 0) {
    step->multiply = to > from ? to / from : 1;
    step->divide = from > to ? from / to : 1;
  }
}

static int64_t symbol_of(const avro_type *type, const char *symbol) {
  for (uint32_t i = 0; i < type->count; i++)
    if (strcmp(type->symbols[i], symbol) == 0)
      return i;
  return type->preset;
}

// Fills in the texts of an enum's symbols, those that the reader has.
static int set_symbols(avro_compiler *compiler, avro_step *step, const avro_type *read) {
  const avro_type *written = step->written;
  step->constants = arena_get(&compiler->plan->arena, written->count * sizeof *step->constants);
  for (uint32_t i = 0; step->constants != NULL && i < written->count; i++) {
    int64_t index = read == NULL ? i : symbol_of(read, written->symbols[i]);
    if (index < 0)
      continue;
    const char *text = (read == NULL ? written : read)->symbols[index];
    step->constants[i].size = (int64_t)strlen(text);
    step->constants[i].bytes = arena_copy(&compiler->plan->arena, text, strlen(text));
    if (step->constants[i].bytes == NULL)
      return 0;
  }
  return step->constants != NULL;
}

static int is_plain_int32(const avro_step *step, const column_type *column) {
  int is_integer = column->kind == COLUMN_INTEGER && column->least != 0;
  int is_date = step->read == avro_read_date && step->multiply == 1 && step->divide == 1;
  return step->written->kind == AVRO_INT && column->width == 4 && (is_integer || is_date);
}

avro_step *avro_plan_leaf(avro_compiler *compiler, const avro_type *written, const avro_type *read,
                          const column_type *column) {
  const avro_type *meaning = meaning_of(written, read);
  avro_read function = choose(written, meaning, column);
  if (function == NULL)
    return avro_plan_fail(compiler, column, "Avro's %s has no value as %s", written->name,
                          column->kind == COLUMN_STRUCT ? "struct" : column->title);
  avro_step *step = avro_plan_step(compiler, function, written, 0);
  if (step == NULL)
    return NULL;
  step->is_narrowed = read != NULL && read->kind == AVRO_FLOAT && written->kind != AVRO_FLOAT;
  set_units(step, meaning, column);
  step->is_plain_int32 = is_plain_int32(step, column);
  if (written->kind != AVRO_ENUM)
    step->constants = arena_get(&compiler->plan->arena, sizeof *step->constants);
  else if (!set_symbols(compiler, step, read))
    step->constants = NULL;
  return step->constants == NULL ? avro_plan_fail(compiler, column, "out of memory") : step;
}
