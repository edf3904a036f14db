#include "columns.h"

#include "../avro/match.h"
#include "../common/column_type.h"
#include "file_list.h"
#include "options.h"

// Types around the one that columns are made for.
typedef struct around {
  const avro_type *type;
  const struct around *outer;
  int depth;
} around;

// The state of making columns. Functions that make return 0 after noting what is wrong.
typedef struct maker {
  int column_count;
  // The field of the row that is being made.
  const char *field;
  char problem[160];
} maker;

static int fail(maker *by, const char *problem) {
  snprintf(by->problem, sizeof by->problem, "%s", problem);
  return 0;
}

// Makes a column with room for `count` others in it, which are released with it.
static int make(maker *by, struct ArrowSchema *out, const char *format, const char *name, int64_t count) {
  size_t each = sizeof(struct ArrowSchema *) + sizeof(struct ArrowSchema);
  size_t format_size = strlen(format) + 1, name_size = strlen(name) + 1;
  if (++by->column_count > COLUMNS_MAX)
    return fail(by, "has more than 4096 columns");
  char *block = calloc(1, (size_t)count * each + format_size + name_size);
  if (block == NULL)
    return fail(by, "needs memory that is not there");
  struct ArrowSchema *inner =
      (struct ArrowSchema *)(void *)(block + (size_t)count * sizeof(struct ArrowSchema *));
  char *strings = block + (size_t)count * each;
  memcpy(strings, format, format_size);
  memcpy(strings + format_size, name, name_size);
  *out = (struct ArrowSchema){.format = strings,
                              .name = strings + format_size,
                              .n_children = count,
                              .children = (struct ArrowSchema **)(void *)block,
                              .release = mill_schema_release_struct,
                              .private_data = block};
  for (int64_t i = 0; i < count; i++)
    out->children[i] = &inner[i];
  return 1;
}

static int make_type(maker *by, struct ArrowSchema *out, const char *name, const avro_type *type,
                     const around *outer);

static const char *timestamp_format(const avro_type *type) {
  if (type->logical == AVRO_TIMESTAMP)
    return type->per_second == 1000 ? "tsm:UTC" : "tsu:UTC";
  return type->per_second == 1000 ? "tsm:" : "tsu:";
}

static const char *number_format(const avro_type *type) {
  if (type->logical == AVRO_DATE)
    return "tdD";
  if (type->logical == AVRO_TIME)
    return type->per_second == 1000 ? "ttm" : "ttu";
  if (type->logical == AVRO_TIMESTAMP || type->logical == AVRO_LOCAL_TIMESTAMP)
    return timestamp_format(type);
  return type->kind == AVRO_INT ? "i" : "l";
}

static int make_leaf(maker *by, struct ArrowSchema *out, const char *name, const avro_type *type) {
  enum { DIGITS_MAX = 38 };
  char decimal[32];
  switch (type->kind) {
  case AVRO_BOOLEAN:
    return make(by, out, "b", name, 0);
  case AVRO_INT:
  case AVRO_LONG:
    return make(by, out, number_format(type), name, 0);
  case AVRO_FLOAT:
    return make(by, out, "f", name, 0);
  case AVRO_DOUBLE:
    return make(by, out, "g", name, 0);
  case AVRO_STRING:
  case AVRO_ENUM:
    return make(by, out, "vu", name, 0);
  case AVRO_BYTES:
  case AVRO_FIXED:
    snprintf(decimal, sizeof decimal, "d:%d,%d", type->precision, type->scale);
    return make(by, out, type->logical == AVRO_DECIMAL && type->precision <= DIGITS_MAX ? decimal : "vz", name,
                0);
  default:
    return fail(by, "has a type of which there is no column (null)");
  }
}

static int make_map(maker *by, struct ArrowSchema *out, const char *name, const avro_type *type,
                    const around *outer) {
  if (!make(by, out, "+m", name, 1) || !make(by, out->children[0], "+s", "entries", 2))
    return 0;
  struct ArrowSchema *entries = out->children[0];
  return make(by, entries->children[0], "vu", "key", 0) &&
         make_type(by, entries->children[1], "value", type->items, outer);
}

static int make_record(maker *by, struct ArrowSchema *out, const char *name, const avro_type *type,
                       const around *outer) {
  if (!make(by, out, "+s", name, type->count))
    return 0;
  for (uint32_t i = 0; i < type->count; i++)
    if (!make_type(by, out->children[i], type->fields[i].name, type->fields[i].type, outer))
      return 0;
  return 1;
}

static int make_branches(maker *by, struct ArrowSchema *out, const char *name, const avro_type *type,
                         int64_t branch_count, const around *outer) {
  if (!make(by, out, "+s", name, branch_count))
    return 0;
  int64_t made = 0;
  for (uint32_t i = 0; i < type->count; i++) {
    const avro_type *branch = type->branches[i];
    if (branch->kind == AVRO_NULL)
      continue;
    struct ArrowSchema *column = out->children[made++];
    if (!make_type(by, column, branch->short_name, branch, outer))
      return 0;
    column->flags |= ARROW_FLAG_NULLABLE;
  }
  return 1;
}

// A union of one type and null is a nullable column; one of more types a struct with a field for each.
static int make_union(maker *by, struct ArrowSchema *out, const char *name, const avro_type *type,
                      const around *outer) {
  const avro_type *only = NULL;
  int64_t branch_count = 0;
  for (uint32_t i = 0; i < type->count; i++)
    if (type->branches[i]->kind != AVRO_NULL) {
      only = type->branches[i];
      branch_count++;
    }
  int is_made = branch_count == 0   ? fail(by, "has a type of which there is no column (null)")
                : branch_count == 1 ? make_type(by, out, name, only, outer)
                                    : make_branches(by, out, name, type, branch_count, outer);
  if (is_made && branch_count < type->count)
    out->flags |= ARROW_FLAG_NULLABLE;
  return is_made;
}

static int make_type(maker *by, struct ArrowSchema *out, const char *name, const avro_type *type,
                     const around *outer) {
  around here = {.type = type, .outer = outer, .depth = outer == NULL ? 1 : outer->depth + 1};
  for (const around *at = outer; at != NULL; at = at->outer)
    if (at->type == type)
      return fail(by, "has a type that holds itself");
  if (here.depth >= 2 * COLUMN_DEPTH_MAX)
    return fail(by, "is nested too deeply");
  switch (type->kind) {
  case AVRO_UNION:
    return make_union(by, out, name, type, &here);
  case AVRO_RECORD:
    return make_record(by, out, name, type, &here);
  case AVRO_ARRAY:
    return make(by, out, "+l", name, 1) && make_type(by, out->children[0], "item", type->items, &here);
  case AVRO_MAP:
    return make_map(by, out, name, type, &here);
  default:
    return make_leaf(by, out, name, type);
  }
}

static int make_field(maker *by, struct ArrowSchema *out, const avro_field *field, const around *row) {
  by->field = field->name;
  return make_type(by, out, field->name, field->type, row);
}

static int make_wanted(maker *by, struct ArrowSchema *out, const avro_type *record, const json_tree *wanted,
                       const around *row) {
  int64_t made = 0;
  for (const json_tree *name = wanted->first; name != NULL; name = name->next) {
    avro_field called = {.name = name->text};
    int64_t index = avro_field_for(record, &called);
    by->field = name->text;
    if (index < 0)
      return fail(by, "is not there");
    if (!make_field(by, out->children[made++], &record->fields[index], row))
      return 0;
  }
  return 1;
}

static int make_row(maker *by, struct ArrowSchema *out, const avro_type *root, const json_tree *wanted) {
  static const json_tree value = {.kind = JSON_TREE_STRING, .text = "value"};
  avro_field only = {.name = value.text, .type = root};
  avro_type row = {.kind = AVRO_RECORD, .count = 1, .fields = &only};
  if (root->kind == AVRO_RECORD)
    row = *root;
  around here = {.type = root->kind == AVRO_RECORD ? root : &row, .depth = 1};
  by->field = "";
  int64_t count = wanted != NULL ? wanted->count : row.count;
  if (count == 0)
    return fail(by, "has no fields");
  if (!make(by, out, "+s", "", count))
    return 0;
  if (wanted != NULL)
    return make_wanted(by, out, &row, wanted, &here);
  for (int64_t i = 0; i < count; i++)
    if (!make_field(by, out->children[i], &row.fields[i], &here))
      return 0;
  return 1;
}

int32_t columns_of_schema(const avro_schema *schema, const char *path, const json_tree *wanted,
                          struct ArrowSchema *out, mill_error *error) {
  maker by = {.column_count = 0};
  *out = (struct ArrowSchema){.release = NULL};
  if (make_row(&by, out, schema->root, wanted))
    return MILL_OK;
  if (out->release != NULL)
    out->release(out);
  return mill_fail(error, MILL_CLASS_FATAL, 0,
                   FILES_TITLE ": \"%s\": field \"%.*s\" %s; name the columns that you want in `columns`",
                   file_shown(path), avro_shown(by.field), by.field, by.problem);
}
