#include "default.h"
#include "encode.h"
#include "plan.h"

// The state of compiling. Functions return NULL after noting what does not go together.
typedef struct compiler {
  avro_write_plan *plan;
  int depth, steps;
  char problem[320];
} compiler;

static avro_writing *compile(compiler *own, const avro_type *type, const column_type *column);

__attribute__((format(printf, 3, 4))) static avro_writing *fail(compiler *own, const column_type *column,
                                                                const char *format, ...) {
  char path[128];
  column_type_path(column, path, sizeof path);
  int used = path[0] == '\0' ? 0 : snprintf(own->problem, sizeof own->problem, "field \"%s\": ", path);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(own->problem + used, sizeof own->problem - (size_t)used, format, arguments);
  va_end(arguments);
  return NULL;
}

static avro_writing *make(compiler *own, const avro_type *type, const column_type *column, uint32_t count) {
  arena *arena = &own->plan->arena;
  avro_writing *step = ++own->steps > AVRO_STEPS_MAX ? NULL : arena_get(arena, sizeof *step);
  avro_writing **steps = step == NULL ? NULL : arena_get(arena, (count + 1) * sizeof *steps);
  if (steps == NULL) {
    own->steps = AVRO_STEPS_MAX;
    return fail(own, column, "out of memory, or too many steps to write");
  }
  *step = (avro_writing){.type = type,
                         .column = column,
                         .null_branch = -1,
                         .branch = -1,
                         .index = -1,
                         .count = count,
                         .steps = steps};
  return step;
}

static avro_writing *compile_default(compiler *own, const avro_field *field, const avro_type *record,
                                     const column_type *column) {
  char problem[160];
  if (field->preset == NULL)
    return fail(own, column, "field \"%.100s\" of %.100s has no column and no default; add the column",
                field->name, record->name);
  avro_writing *step = make(own, field->type, column, 0);
  if (step == NULL)
    return NULL;
  step->bytes = avro_default_encode(&own->plan->arena, field, &step->size, problem, sizeof problem);
  return step->bytes != NULL ? step : fail(own, column, "field \"%.100s\": %s", field->name, problem);
}

static avro_writing *compile_record(compiler *own, const avro_type *type, const column_type *column) {
  uint32_t used = 0;
  avro_writing *step = make(own, type, column, type->count);
  if (step == NULL)
    return NULL;
  step->write = avro_write_record;
  for (uint32_t i = 0; i < type->count; i++) {
    const avro_field *field = &type->fields[i];
    int64_t index = column_type_field(column, (const uint8_t *)field->name, (int64_t)strlen(field->name));
    avro_writing *inner = index < 0 ? compile_default(own, field, type, column)
                                    : compile(own, field->type, &column->children[index]);
    if (inner == NULL)
      return NULL;
    inner->index = index;
    used += index >= 0;
    step->steps[i] = inner;
  }
  for (uint32_t i = 0; used < column->child_count && i < column->child_count; i++) {
    int is_there = 0;
    for (uint32_t f = 0; f < type->count; f++)
      is_there |= step->steps[f]->index == i;
    if (!is_there)
      return fail(own, &column->children[i], "%.100s has no such field; add it, or drop the column",
                  type->name);
  }
  return step;
}

static avro_writing *compile_items(compiler *own, const avro_type *type, const column_type *column) {
  static const avro_type text = {.kind = AVRO_STRING, .name = "string", .short_name = "string"};
  int is_map = type->kind == AVRO_MAP;
  avro_writing *step = make(own, type, column, 1 + (uint32_t)is_map);
  if (step == NULL)
    return NULL;
  step->write = is_map ? avro_write_map : avro_write_array;
  step->steps[0] = compile(own, type->items, &column->children[is_map]);
  if (is_map)
    step->steps[1] = make(own, &text, &column->children[0], 0);
  return step->steps[0] == NULL || step->steps[is_map] == NULL ? NULL : step;
}

static avro_writing *compile_plain(compiler *own, const avro_type *type, const column_type *column) {
  if (type->kind == AVRO_RECORD && column->kind == COLUMN_STRUCT)
    return compile_record(own, type, column);
  if ((type->kind == AVRO_ARRAY && column->kind == COLUMN_LIST) ||
      (type->kind == AVRO_MAP && column->kind == COLUMN_MAP))
    return compile_items(own, type, column);
  avro_writing *step = make(own, type, column, 0);
  if (step == NULL)
    return NULL;
  step->write = avro_write_leaf(step, type, column);
  return step->write != NULL || (type->kind == AVRO_NULL && column->is_nullable)
             ? step
             : fail(own, column, "a column of %s can't be written as Avro's %s", column->title, type->name);
}

// A struct with a field per branch: each field is written as its branch.
static avro_writing *compile_spread(compiler *own, const avro_type *type, const column_type *column) {
  avro_writing *step = make(own, type, column, column->child_count);
  if (step == NULL)
    return NULL;
  step->write = avro_write_spread;
  for (uint32_t i = 0; i < type->count; i++) {
    const char *name = avro_branch_name(type->branches[i]);
    int64_t index = type->branches[i]->kind == AVRO_NULL
                        ? -1
                        : column_type_field(column, (const uint8_t *)name, (int64_t)strlen(name));
    if (index < 0)
      continue;
    avro_writing *inner = compile_plain(own, type->branches[i], &column->children[index]);
    if (inner == NULL)
      return NULL;
    inner->branch = i;
    step->steps[index] = inner;
  }
  return step;
}

// Whether a type holds all values of an integer column; of others, only the kind counts.
static int holds_all(const avro_type *type, const column_type *column) {
  return type->kind != AVRO_INT || column->kind != COLUMN_INTEGER || column->largest <= INT32_MAX;
}

// The first branch that a column can be written as, of those that hold all its values or of the others.
static avro_writing *compile_branch(compiler *own, const avro_type *type, const column_type *column,
                                    int holds) {
  for (uint32_t i = 0; i < type->count; i++) {
    const avro_type *branch = type->branches[i];
    if (branch->kind == AVRO_NULL || holds_all(branch, column) != holds)
      continue;
    avro_writing *step = compile_plain(own, branch, column);
    if (step == NULL)
      continue;
    step->branch = i;
    return step;
  }
  return NULL;
}

static avro_writing *compile_union(compiler *own, const avro_type *type, const column_type *column) {
  avro_writing *step = avro_has_branches(column, type) ? compile_spread(own, type, column) : NULL;
  if (step == NULL && (step = compile_branch(own, type, column, 1)) == NULL)
    step = compile_branch(own, type, column, 0);
  for (uint32_t i = 0; step != NULL && i < type->count; i++)
    if (type->branches[i]->kind == AVRO_NULL)
      step->null_branch = i;
  return step;
}

static avro_writing *compile(compiler *own, const avro_type *type, const column_type *column) {
  if (own->depth == AVRO_DEPTH_MAX)
    return fail(own, column, "nested more than %d deep", AVRO_DEPTH_MAX);
  own->depth++;
  avro_writing *step =
      type->kind == AVRO_UNION ? compile_union(own, type, column) : compile_plain(own, type, column);
  own->depth--;
  return step;
}

static avro_writing *compile_row(compiler *own, const avro_schema *schema, const column_type *row) {
  own->plan->is_row = schema->root->kind == AVRO_RECORD;
  if (own->plan->is_row)
    return compile(own, schema->root, row);
  if (row->child_count == 1)
    return compile(own, schema->root, &row->children[0]);
  return fail(own, row, "%s is no record, so that there must be one column, not %u", schema->root->name,
              row->child_count);
}

avro_write_plan *avro_write_plan_make(const avro_schema *schema, const column_type *row, const char *title,
                                      mill_error *error) {
  avro_write_plan *plan = calloc(1, sizeof *plan);
  if (plan == NULL) {
    mill_fail_memory(error, title);
    return NULL;
  }
  compiler own = {.plan = plan};
  plan->root = compile_row(&own, schema, row);
  if (plan->root != NULL) {
    plan->run_room = plan->is_row ? avro_write_run_room(plan->root) : -1;
    return plan;
  }
  mill_fail(error, MILL_CLASS_FATAL, 0, "%s: schema \"%.100s\" can't write the columns: %s", title,
            schema->title, own.problem);
  avro_write_plan_free(plan);
  return NULL;
}

void avro_write_plan_free(avro_write_plan *plan) {
  if (plan != NULL)
    arena_free(&plan->arena);
  free(plan);
}
