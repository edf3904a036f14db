#include "default.h"
#include "match.h"
#include "plan.h"
#include "read.h"

// Makes the step for a column that the writer has nothing for: the reader's default, else null.
static avro_step *resolve_missing(avro_compiler *compiler, const avro_type *written, const avro_field *field,
                                  const column_type *column) {
  if (field == NULL || field->preset == NULL) {
    if (column->is_nullable && field == NULL)
      return avro_plan_step(compiler, avro_read_null, written, 0);
    return avro_plan_fail(compiler, column,
                          field == NULL ? "%s has no such field, and the column is not nullable"
                                        : "%s has no such field, and the reader's has no default",
                          written->name);
  }
  avro_step *step = avro_plan_step(compiler, avro_read_default, written, 1);
  char problem[160];
  if (step == NULL)
    return NULL;
  step->bytes = avro_default_encode(&compiler->plan->arena, field, &step->size, problem, sizeof problem);
  if (step->bytes == NULL)
    return avro_plan_fail(compiler, column, "%s", problem);
  avro_step **skips = compiler->skips;
  compiler->skips = compiler->preset_skips;
  step->steps[0] = avro_plan_resolve(compiler, field->type, NULL, column);
  compiler->skips = skips;
  return step->steps[0] == NULL ? NULL : step;
}

static const avro_field *field_called(const avro_type *record, const char *name) {
  for (uint32_t i = 0; record != NULL && i < record->count; i++)
    if (strcmp(record->fields[i].name, name) == 0)
      return &record->fields[i];
  return NULL;
}

// Adds the step for column `index`: in the place of the writer's field, or behind all of them.
static int add_column(avro_compiler *compiler, avro_step *step, const avro_type *read, const column_type *row,
                      uint32_t index) {
  const avro_type *written = step->written;
  const column_type *column = &row->children[index];
  const avro_field *field = field_called(read, column->name);
  avro_field plain = {.name = column->name};
  int64_t at = read != NULL && field == NULL ? -1 : avro_field_for(written, field != NULL ? field : &plain);
  avro_step *inner =
      at < 0 || step->steps[at] != NULL
          ? resolve_missing(compiler, read != NULL && field == NULL ? read : written, field, column)
          : avro_plan_resolve(compiler, written->fields[at].type, field == NULL ? NULL : field->type, column);
  if (inner == NULL)
    return 0;
  inner->column = index;
  step->steps[at < 0 || step->steps[at] != NULL ? step->count++ : at] = inner;
  return 1;
}

avro_step *avro_plan_record(avro_compiler *compiler, const avro_type *written, const avro_type *read,
                            const column_type *column) {
  if (column->kind != COLUMN_STRUCT)
    return avro_plan_fail(compiler, column, "Avro's record %s has no value as %s", written->name,
                          column->title);
  avro_step *step = avro_plan_step(compiler, avro_read_record, written, written->count + column->child_count);
  if (step == NULL)
    return NULL;
  step->count = written->count;
  for (uint32_t i = 0; i < column->child_count; i++)
    if (!add_column(compiler, step, read, column, i))
      return NULL;
  for (uint32_t i = 0; i < written->count; i++) {
    if (step->steps[i] == NULL) {
      // A step that passes over a type serves all fields of it: the name is each field's own.
      const avro_step *skip = avro_plan_skip(compiler, written->fields[i].type);
      avro_step *own = skip == NULL ? NULL : avro_plan_step(compiler, NULL, NULL, 0);
      if (own == NULL)
        return NULL;
      *own = *skip;
      step->steps[i] = own;
    }
    step->steps[i]->name = written->fields[i].name;
  }
  return step;
}

static avro_step *make_key(avro_compiler *compiler) {
  static const avro_type text = {.kind = AVRO_STRING, .name = "string", .short_name = "string"};
  avro_step *key = avro_plan_step(compiler, avro_read_text, &text, 0);
  if (key == NULL)
    return NULL;
  key->constants = arena_get(&compiler->plan->arena, sizeof *key->constants);
  return key->constants == NULL ? avro_plan_fail(compiler, NULL, "out of memory") : key;
}

avro_step *avro_plan_items(avro_compiler *compiler, const avro_type *written, const avro_type *read,
                           const column_type *column) {
  int is_map = written->kind == AVRO_MAP;
  if (column->kind != (is_map ? COLUMN_MAP : COLUMN_LIST))
    return avro_plan_fail(compiler, column, "Avro's %s has no value as %s", written->name, column->title);
  avro_step *step =
      avro_plan_step(compiler, is_map ? avro_read_map : avro_read_array, written, 1 + (uint32_t)is_map);
  if (step == NULL)
    return NULL;
  step->steps[0] =
      avro_plan_resolve(compiler, written->items, read == NULL ? NULL : read->items, &column->children[is_map]);
  if (is_map)
    step->steps[1] = make_key(compiler);
  return step->steps[0] == NULL || step->steps[is_map] == NULL ? NULL : step;
}

static avro_read skip_function(const avro_type *written) {
  switch (written->kind) {
  case AVRO_NULL:
    return avro_skip_nothing;
  case AVRO_BOOLEAN:
    return avro_skip_boolean;
  case AVRO_INT:
  case AVRO_LONG:
  case AVRO_ENUM:
    return avro_skip_integer;
  case AVRO_BYTES:
  case AVRO_STRING:
    return avro_skip_bytes;
  case AVRO_RECORD:
    return avro_skip_record;
  case AVRO_ARRAY:
  case AVRO_MAP:
    return avro_skip_items;
  case AVRO_UNION:
    return avro_read_union;
  default:
    return avro_skip_sized;
  }
}

// Fills in the steps of a type with others in it.
static int fill_skip(avro_compiler *compiler, avro_step *step) {
  const avro_type *written = step->written;
  if (written->kind == AVRO_ARRAY || written->kind == AVRO_MAP) {
    step->steps[0] = avro_plan_skip(compiler, written->items);
    if (written->kind == AVRO_MAP)
      step->steps[1] = make_key(compiler);
    return step->steps[0] != NULL && step->steps[step->count - 1] != NULL;
  }
  for (uint32_t i = 0; i < step->count; i++) {
    const avro_type *inner = written->kind == AVRO_UNION ? written->branches[i] : written->fields[i].type;
    if ((step->steps[i] = avro_plan_skip(compiler, inner)) == NULL)
      return 0;
  }
  return 1;
}

avro_step *avro_plan_skip(avro_compiler *compiler, const avro_type *written) {
  avro_step **known = &compiler->skips[written->index];
  if (*known != NULL)
    return *known;
  uint32_t count = written->kind == AVRO_ARRAY                                   ? 1
                   : written->kind == AVRO_MAP                                   ? 2
                   : written->kind == AVRO_RECORD || written->kind == AVRO_UNION ? written->count
                                                                                 : 0;
  avro_step *step = avro_plan_step(compiler, skip_function(written), written, count);
  if (step == NULL)
    return NULL;
  step->size = written->kind == AVRO_FIXED ? written->size : written->kind == AVRO_FLOAT ? 4 : 8;
  *known = step; // before what is in it: types may hold themselves
  if (compiler->depth == 2 * AVRO_DEPTH_MAX)
    return avro_plan_stop(compiler, "nested too deeply");
  compiler->depth++;
  int is_filled = fill_skip(compiler, step);
  compiler->depth--;
  return is_filled ? step : NULL;
}
