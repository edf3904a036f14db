#include "plan.h"

#include "read.h"
#include "run.h"
#include "unknown.h"

void *proto_plan_fail(proto_compiler *compiler, const column_type *column, const char *format, ...) {
  char path[128] = "";
  if (column != NULL)
    column_type_path(column, path, sizeof path);
  int used =
      path[0] == '\0' ? 0 : snprintf(compiler->problem, sizeof compiler->problem, "field \"%s\": ", path);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(compiler->problem + used, sizeof compiler->problem - (size_t)used, format, arguments);
  va_end(arguments);
  return NULL;
}

void *proto_plan_get(proto_compiler *compiler, size_t size) {
  void *memory = arena_get(compiler->memory, size);
  return memory != NULL ? memory : proto_plan_fail(compiler, NULL, "out of memory");
}

proto_wire proto_wire_of(proto_kind kind) {
  switch (kind) {
  case PROTO_DOUBLE:
  case PROTO_FIXED64:
  case PROTO_SFIXED64:
    return PROTO_WIRE_64;
  case PROTO_FLOAT:
  case PROTO_FIXED32:
  case PROTO_SFIXED32:
    return PROTO_WIRE_32;
  case PROTO_STRING:
  case PROTO_BYTES:
  case PROTO_MESSAGE:
    return PROTO_WIRE_SIZED;
  case PROTO_GROUP:
    return PROTO_WIRE_GROUP;
  default:
    return PROTO_WIRE_VARINT;
  }
}

const proto_field *proto_field_called(const proto_message *message, const char *name) {
  for (const proto_field *field = message->first; field != NULL; field = field->next)
    if (strcmp(field->name, name) == 0)
      return field;
  return NULL;
}

const proto_field *proto_field_numbered(const proto_message *message, int64_t number) {
  for (const proto_field *field = message->first; field != NULL; field = field->next)
    if (field->number == number)
      return field;
  return NULL;
}

// A step for a field, or NULL, that fills `column` of the columns.
static proto_step *make_step(proto_compiler *compiler, const proto_field *field, int64_t column) {
  proto_step *step = proto_plan_get(compiler, sizeof *step);
  if (step == NULL)
    return NULL;
  step->field = field;
  step->column = column;
  step->cells = 1;
  step->read = proto_read_nothing;
  if (field != NULL)
    step->tag = (uint32_t)field->number << 3 | proto_wire_of(field->kind);
  if (column >= 0) {
    step->word = (uint32_t)column / 64;
    step->bit = UINT64_C(1) << (column % 64);
  }
  return step;
}

// Values of an item: its own, and those of its fields.
static int64_t cells_of(const column_type *type) {
  int64_t cells = 1;
  for (uint32_t i = 0; i < type->child_count && type->kind == COLUMN_STRUCT; i++)
    cells += cells_of(&type->children[i]);
  return cells;
}

static int set_entry(proto_compiler *compiler, proto_step *step, const column_type *column) {
  step->read = proto_read_entry;
  step->cells = 1 + cells_of(&column->children[1]);
  step->inner = proto_plan_fields(compiler, step->field->message, column->children, 2, 1);
  return step->inner != NULL;
}

// Sets how a field that may occur often is read.
static int set_repeated(proto_compiler *compiler, proto_step *step, const column_type *column) {
  const proto_field *field = step->field;
  if (column->kind == COLUMN_MAP && field->message != NULL && field->message->is_map_entry)
    return set_entry(compiler, step, column);
  if (column->kind != COLUMN_LIST)
    return proto_plan_fail(compiler, column, "a repeated field of %.100s has no value as %s; declare a list",
                           proto_kind_name(field->kind),
                           column->kind == COLUMN_STRUCT ? "struct" : column->title) != NULL;
  step->is_list = 1;
  step->cells = cells_of(column->children);
  return proto_plan_value(compiler, step, column->children);
}

static int set_value(proto_compiler *compiler, proto_step *step, const column_type *column) {
  if (step->field->label == PROTO_REPEATED)
    return set_repeated(compiler, step, column);
  if (column->kind == COLUMN_LIST || column->kind == COLUMN_MAP)
    return proto_plan_fail(compiler, column, "%.100s is not repeated", step->field->name) != NULL;
  return proto_plan_value(compiler, step, column);
}

// The step for a column, with what it holds if its field, which there may not be, does not occur.
static proto_step *make_column(proto_compiler *compiler, const proto_message *message,
                               const column_type *column, int64_t index, int is_by_number) {
  int holds_unknown = (column->flags & PROTO_HOLDS_UNKNOWN) != 0;
  const proto_field *field = holds_unknown  ? NULL
                             : is_by_number ? proto_field_numbered(message, index + 1)
                                            : proto_field_called(message, column->name);
  proto_step *step = make_step(compiler, field, index);
  if (step == NULL)
    return NULL;
  if (field == NULL)
    return column->is_nullable || holds_unknown
               ? step
               : proto_plan_fail(compiler, column, "%.100s has no such field; make the column nullable",
                                 message->full_name);
  return set_value(compiler, step, column) && proto_plan_absent(compiler, step, column, is_by_number) ? step
                                                                                                      : NULL;
}

// Notes the columns of the other fields in a step's oneof.
static int set_rivals(proto_compiler *compiler, const proto_reading *reading, proto_step *step) {
  int64_t *rivals = proto_plan_get(compiler, reading->column_count * sizeof *rivals);
  for (uint32_t i = 0; rivals != NULL && i < reading->column_count; i++) {
    const proto_step *other = reading->columns[i];
    if (other != step && other->field != NULL && other->field->oneof == step->field->oneof)
      rivals[step->rival_count++] = i;
  }
  step->rivals = rivals;
  step->op = PROTO_OP_CALL;
  return rivals != NULL;
}

static void add_step(proto_reading *reading, const proto_step *step) {
  reading->steps[reading->step_count++] = step;
  if (step->tag < 128)
    reading->short_tags[step->tag] = step;
}

// Adds the step for a field's values one by one, and the one for packed ones.
static int add_field(proto_compiler *compiler, proto_reading *reading, proto_step *step) {
  if (step->field->oneof >= 0 && !set_rivals(compiler, reading, step))
    return 0;
  add_step(reading, step);
  if (!step->is_list || step->tag % 8 == PROTO_WIRE_SIZED || step->tag % 8 == PROTO_WIRE_GROUP)
    return 1;
  proto_step *packed = make_step(compiler, step->field, step->column);
  if (packed == NULL)
    return 0;
  packed->tag = step->tag / 8 * 8 + PROTO_WIRE_SIZED;
  packed->read = proto_read_packed;
  packed->item = step;
  add_step(reading, packed);
  return 1;
}

static int by_tag(const void *left, const void *right) {
  const proto_step *a = *(const proto_step *const *)left, *b = *(const proto_step *const *)right;
  return (a->tag > b->tag) - (a->tag < b->tag);
}

// Adds the fields of oneofs that have no column: one of them ends what others have filled.
static int add_others(proto_compiler *compiler, proto_reading *reading) {
  for (const proto_field *field = reading->message->first; field != NULL; field = field->next) {
    int has_column = field->oneof < 0;
    for (uint32_t i = 0; !has_column && i < reading->column_count; i++)
      has_column = reading->columns[i]->field == field;
    if (has_column)
      continue;
    proto_step *step = make_step(compiler, field, -1);
    if (step == NULL || !add_field(compiler, reading, step))
      return 0;
  }
  return 1;
}

proto_reading *proto_plan_fields(proto_compiler *compiler, const proto_message *message,
                                 const column_type *columns, uint32_t count, int is_by_number) {
  proto_reading *reading = proto_plan_get(compiler, sizeof *reading);
  uint64_t *all = proto_plan_get(compiler, (count / 64 + 1) * sizeof *all);
  proto_step **steps = proto_plan_get(compiler, (count + 1) * sizeof *steps);
  size_t step_max = (size_t)count * 2 + message->count;
  if (reading == NULL || all == NULL || steps == NULL ||
      (reading->steps = proto_plan_get(compiler, step_max * sizeof *reading->steps)) == NULL)
    return NULL;
  reading->message = message;
  reading->columns = (const proto_step **)steps;
  reading->all = all;
  for (uint32_t i = 0; i < count; i++, reading->column_count++) {
    if ((steps[i] = make_column(compiler, message, &columns[i], i, is_by_number)) == NULL)
      return NULL;
    all[i / 64] |= UINT64_C(1) << (i % 64);
  }
  for (uint32_t i = 0; i < count; i++)
    if (steps[i]->field != NULL && !add_field(compiler, reading, steps[i]))
      return NULL;
  if (message->oneof_count > 0 && !add_others(compiler, reading))
    return NULL;
  qsort(reading->steps, reading->step_count, sizeof *reading->steps, by_tag);
  return reading;
}

proto_plan *proto_plan_make(const proto_schema *schema, const proto_message *message, const column_type *row) {
  proto_plan *plan = calloc(1, sizeof *plan);
  if (plan == NULL)
    return NULL;
  proto_compiler compiler = {.memory = &plan->memory};
  plan->message = message;
  plan->root = proto_plan_fields(&compiler, message, row->children, row->child_count, 0);
  if (plan->root != NULL &&
      !(proto_unknown_make(&compiler, message, row, &plan->unknown) && proto_run_prepare(&compiler, plan, row)))
    plan->root = NULL;
  if (plan->root == NULL)
    snprintf(plan->problem, sizeof plan->problem, "schema \"%.100s\" can't be read into the columns: %s",
             schema->title, compiler.problem);
  return plan;
}

void proto_plan_free(proto_plan *plan) {
  if (plan != NULL)
    arena_free(&plan->memory);
  free(plan);
}
