#include "column_source.h"

int column_source_init(column_source *source, const column_type *type) {
  memset(source, 0, sizeof *source);
  source->type = type;
  if (type->child_count == 0)
    return 1;
  source->children = calloc(type->child_count, sizeof *source->children);
  if (source->children == NULL)
    return 0;
  for (uint32_t i = 0; i < type->child_count; i++)
    if (!column_source_init(&source->children[i], &type->children[i]))
      return 0;
  return 1;
}

void column_source_free(column_source *source) {
  uint32_t count = source->children == NULL ? 0 : source->type->child_count;
  for (uint32_t i = 0; i < count; i++)
    column_source_free(&source->children[i]);
  free(source->children);
  source->children = NULL;
}

static void open_at(column_source *source, const struct ArrowArray *array, int64_t skipped) {
  const column_type *type = source->type;
  source->column = (mill_column){.validity = array->null_count == 0 ? NULL : array->buffers[0],
                                 .values = array->n_buffers > 1 ? array->buffers[1] : NULL,
                                 .data = array->n_buffers > 2 ? array->buffers + 2 : NULL,
                                 .offset = array->offset + skipped,
                                 .layout = type->layout};
  // A slice of a struct, such as a map's entries, does not slice its children.
  const struct ArrowArray *parent = type->kind == COLUMN_MAP ? array->children[0] : array;
  int64_t skipped_below = type->kind == COLUMN_STRUCT ? source->column.offset
                          : type->kind == COLUMN_MAP  ? parent->offset
                                                      : 0;
  for (uint32_t i = 0; i < type->child_count; i++)
    open_at(&source->children[i], parent->children[i], skipped_below);
}

void column_source_open(column_source *source, const struct ArrowArray *array) { open_at(source, array, 0); }

int32_t row_source_bind(row_source *rows, column_type *type, const char *title, mill_error *error) {
  if (type == NULL)
    return MILL_FAILED;
  row_source_free(rows);
  rows->type = type;
  return column_source_init(&rows->columns, type) ? MILL_OK : mill_fail_memory(error, title);
}

void row_source_free(row_source *rows) {
  column_source_free(&rows->columns);
  if (rows->type != NULL)
    column_type_free(rows->type);
  rows->type = NULL;
}
