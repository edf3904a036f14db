#include "plan.h"

#include "match.h"
#include "read.h"
#include "run.h"

avro_step *avro_plan_fail(avro_compiler *compiler, const column_type *column, const char *format, ...) {
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

avro_step *avro_plan_stop(avro_compiler *compiler, const char *problem) {
  compiler->steps = AVRO_STEPS_MAX;
  return avro_plan_fail(compiler, NULL, "%s", problem);
}

avro_step *avro_plan_step(avro_compiler *compiler, avro_read read, const avro_type *written, uint32_t count) {
  arena *arena = &compiler->plan->arena;
  if (++compiler->steps > AVRO_STEPS_MAX)
    return avro_plan_stop(compiler, "it takes too many steps to read");
  avro_step *step = arena_get(arena, sizeof *step);
  avro_step **steps = step == NULL || count == 0 ? NULL : arena_get(arena, count * sizeof(avro_step *));
  if (step == NULL || (count > 0 && steps == NULL))
    return avro_plan_stop(compiler, "out of memory");
  *step = (avro_step){.read = read, .written = written, .column = -1, .count = count, .steps = steps};
  return step;
}

avro_step *avro_plan_failure(avro_compiler *compiler, const avro_type *written, int32_t code) {
  avro_step *step = avro_plan_step(compiler, avro_read_failure, written, 0);
  if (step == NULL)
    return NULL;
  // The column's path is put before the message when it is reported.
  const char *text = compiler->problem, *end = strstr(text, "\": ");
  text = strncmp(text, "field \"", 7) == 0 && end != NULL ? end + 3 : text;
  step->bytes = arena_copy(&compiler->plan->arena, text, strlen(text));
  step->code = code;
  return step->bytes == NULL ? avro_plan_fail(compiler, NULL, "out of memory") : step;
}

static int has_field_for(const avro_type *type, const column_type *field) {
  for (uint32_t i = 0; i < type->count; i++)
    if (type->branches[i]->kind != AVRO_NULL && strcmp(avro_branch_name(type->branches[i]), field->name) == 0)
      return 1;
  return 0;
}

int avro_has_branches(const column_type *column, const avro_type *type) {
  if (type == NULL || type->kind != AVRO_UNION || column->kind != COLUMN_STRUCT || column->child_count == 0)
    return 0;
  for (uint32_t i = 0; i < column->child_count; i++)
    if (!column->children[i].is_nullable || !has_field_for(type, &column->children[i]))
      return 0;
  return 1;
}

// The step for a branch of a union that is spread over a struct's fields.
static avro_step *resolve_branch(avro_compiler *compiler, const avro_type *branch, const avro_type *written,
                                 const avro_type *read, const column_type *column) {
  const char *name = avro_branch_name(branch);
  int64_t index =
      branch->kind == AVRO_NULL ? -1 : column_type_field(column, (const uint8_t *)name, (int64_t)strlen(name));
  if (index < 0 && branch->kind != AVRO_NULL)
    return avro_plan_fail(compiler, column, "has no field for the branch %s", name);
  if (index < 0)
    return avro_plan_resolve(compiler, written, read, column);
  avro_step *step = avro_plan_step(compiler, avro_read_branch, written, 1);
  avro_step *inner = step == NULL ? NULL : avro_plan_resolve(compiler, written, read, &column->children[index]);
  if (inner == NULL)
    return NULL;
  inner->column = index;
  step->steps[0] = inner;
  return step;
}

// A union that was written: a step per branch; one that has no place fails when it comes.
static avro_step *resolve_union(avro_compiler *compiler, const avro_type *written, const avro_type *read,
                                const column_type *column) {
  avro_step *step = avro_plan_step(compiler, avro_read_union, written, written->count);
  int is_spread = read == NULL && avro_has_branches(column, written), good = 0;
  for (uint32_t i = 0; step != NULL && i < written->count; i++) {
    const avro_type *branch = written->branches[i];
    avro_step *inner = is_spread ? resolve_branch(compiler, branch, branch, NULL, column)
                                 : avro_plan_resolve(compiler, branch, read, column);
    good += inner != NULL;
    if (inner == NULL)
      inner = avro_plan_failure(compiler, branch, branch->kind == AVRO_NULL ? AVRO_MISSING : AVRO_BAD_VALUE);
    if ((step->steps[i] = inner) == NULL)
      return NULL;
  }
  return good > 0 ? step : NULL;
}

static avro_step *resolve_null(avro_compiler *compiler, const avro_type *written, const column_type *column) {
  if (column->is_nullable)
    return avro_plan_step(compiler, avro_read_null, written, 0);
  return avro_plan_fail(compiler, column, "null, but required: expected %s", column->title);
}

static avro_step *resolve(avro_compiler *compiler, const avro_type *written, const avro_type *read,
                          const column_type *column) {
  if (written->kind == AVRO_UNION)
    return resolve_union(compiler, written, read, column);
  if (read != NULL && !avro_matches(written, read))
    return avro_plan_fail(compiler, column, "the writer's %s can't be read as the reader's %s", written->name,
                          read->name);
  if (read != NULL && read->kind == AVRO_UNION) {
    const avro_type *branch = avro_branch_for(written, read);
    return avro_has_branches(column, read) ? resolve_branch(compiler, branch, written, branch, column)
                                           : avro_plan_resolve(compiler, written, branch, column);
  }
  switch (written->kind) {
  case AVRO_NULL:
    return resolve_null(compiler, written, column);
  case AVRO_RECORD:
    return avro_plan_record(compiler, written, read, column);
  case AVRO_ARRAY:
  case AVRO_MAP:
    return avro_plan_items(compiler, written, read, column);
  default:
    return avro_plan_leaf(compiler, written, read, column);
  }
}

avro_step *avro_plan_resolve(avro_compiler *compiler, const avro_type *written, const avro_type *read,
                             const column_type *column) {
  if (compiler->depth == 2 * AVRO_DEPTH_MAX)
    return avro_plan_fail(compiler, column, "nested too deeply");
  compiler->depth++;
  avro_step *step = resolve(compiler, written, read, column);
  compiler->depth--;
  return step;
}

static avro_step *compile(avro_compiler *compiler, const avro_schema *written, const avro_schema *read,
                          const column_type *row) {
  const avro_type *top = read != NULL ? read->root : written->root;
  compiler->plan->is_row = top->kind == AVRO_RECORD;
  const avro_schema *preset = read != NULL ? read : written;
  compiler->skips = arena_get(&compiler->plan->arena, written->type_count * sizeof(avro_step *));
  compiler->preset_skips = arena_get(&compiler->plan->arena, preset->type_count * sizeof(avro_step *));
  if (compiler->skips == NULL || compiler->preset_skips == NULL)
    return avro_plan_fail(compiler, NULL, "out of memory");
  if (!compiler->plan->is_row && row->child_count != 1)
    return avro_plan_fail(compiler, NULL, "%s is no record, so that there must be one column, not %u",
                          top->name, row->child_count);
  return avro_plan_resolve(compiler, written->root, read == NULL ? NULL : read->root,
                           compiler->plan->is_row ? row : &row->children[0]);
}

avro_plan *avro_plan_make(avro_schema *written, const avro_schema *read, const column_type *row) {
  avro_plan *plan = calloc(1, sizeof *plan);
  if (plan == NULL)
    return NULL;
  plan->written = written;
  avro_compiler compiler = {.plan = plan};
  plan->root = compile(&compiler, written, read, row);
  if (plan->root != NULL && !avro_run_prepare(plan))
    plan->root = avro_plan_fail(&compiler, NULL, "out of memory");
  if (plan->root != NULL)
    return plan;
  if (read == NULL || read == written)
    snprintf(plan->message, sizeof plan->message, "schema \"%.80s\" does not suit the columns: %.300s",
             written->title, compiler.problem);
  else
    snprintf(plan->message, sizeof plan->message, "schema \"%.80s\" can't be read by schema \"%.80s\": %.300s",
             written->title, read->title, compiler.problem);
  return plan;
}

void avro_plan_free(avro_plan *plan) {
  arena_free(&plan->arena);
  free(plan);
}
