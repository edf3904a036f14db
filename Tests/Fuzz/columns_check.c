#include "columns.h"

static void need(int is_so, const char *what) {
  if (!is_so)
    die("columns", what);
}

static int is_valid(const struct ArrowArray *array, int64_t row) {
  return array->null_count == 0 || mill_bit(array->buffers[0], array->offset + row);
}

static void check_validity(const struct ArrowSchema *schema, const struct ArrowArray *array) {
  int64_t nulls = 0;
  need(array->null_count == 0 || array->buffers[0] != NULL, "nulls, but no validity");
  for (int64_t i = 0; i < array->length; i++)
    nulls += !is_valid(array, i);
  need(array->null_count < 0 || array->null_count == nulls, "null_count is wrong");
  need(nulls == 0 || (schema->flags & ARROW_FLAG_NULLABLE) != 0, "a null in a required column");
}

static void check_view(const struct ArrowArray *array, const mill_view *view, int is_text) {
  static const uint8_t zeros[MILL_VIEW_INLINE];
  const uint8_t *bytes = view->as.inlined;
  need(view->size >= 0, "a view of a negative size");
  if (view->size <= MILL_VIEW_INLINE) {
    need(memcmp(bytes + view->size, zeros, (size_t)(MILL_VIEW_INLINE - view->size)) == 0,
         "padding is not zeros");
  } else {
    int64_t data_count = array->n_buffers - 3;
    need(view->as.ref.buffer >= 0 && view->as.ref.buffer < data_count,
         "a view into a buffer that is not there");
    const int64_t *sizes = array->buffers[array->n_buffers - 1];
    need(view->as.ref.offset >= 0 && view->as.ref.offset <= sizes[view->as.ref.buffer] - view->size,
         "a view beyond its buffer");
    bytes = (const uint8_t *)array->buffers[2 + view->as.ref.buffer] + view->as.ref.offset;
    need(memcmp(bytes, view->as.ref.prefix, sizeof view->as.ref.prefix) == 0, "a view with another prefix");
  }
  need(!is_text || mill_utf8_invalid_at(bytes, view->size) < 0, "text that is not UTF-8");
}

static void check_views(const struct ArrowSchema *schema, const struct ArrowArray *array) {
  const mill_view *views = (const mill_view *)array->buffers[1] + array->offset;
  need(array->n_buffers >= 3, "views without sizes of their buffers");
  for (int64_t i = 0; i < array->length; i++)
    check_view(array, &views[i], schema->format[1] == 'u');
}

static void check_items(const struct ArrowSchema *schema, const struct ArrowArray *array) {
  const int32_t *offsets = (const int32_t *)array->buffers[1] + array->offset;
  need(array->length == 0 || offsets[0] >= 0, "items before the first");
  for (int64_t i = 0; i < array->length; i++)
    need(offsets[i] <= offsets[i + 1], "offsets that fall");
  need(array->length == 0 || offsets[array->length] <= array->children[0]->length, "items that are not there");
  columns_check(schema->children[0], array->children[0]);
}

// Decimals have no more digits than their type says.
static void check_decimals(const struct ArrowSchema *schema, const struct ArrowArray *array) {
  __extension__ typedef __int128 wide;
  const char *values = array->buffers[1];
  wide limit = 1, value;
  for (int digits = atoi(schema->format + 2); digits > 0; digits--)
    limit *= 10;
  for (int64_t i = 0; i < array->length; i++) {
    memcpy(&value, values + (array->offset + i) * 16, sizeof value);
    need(value < limit && value > -limit, "a decimal of too many digits");
  }
}

void columns_check(const struct ArrowSchema *schema, const struct ArrowArray *array) {
  need(array->length >= 0 && array->offset >= 0 && array->n_children == schema->n_children, "another shape");
  check_validity(schema, array);
  if (array->length == 0 || strcmp(schema->format, "b") == 0)
    return;
  if (strcmp(schema->format, "+s") == 0) {
    for (int64_t i = 0; i < array->n_children; i++) {
      need(array->children[i]->length >= array->offset + array->length, "a field that is too short");
      columns_check(schema->children[i], array->children[i]);
    }
  } else if (schema->format[0] == '+') {
    check_items(schema, array);
  } else if (schema->format[0] == 'v') {
    check_views(schema, array);
  } else if (strncmp(schema->format, "d:", 2) == 0) {
    check_decimals(schema, array);
  }
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, int64_t size) {
  for (int64_t i = 0; i < size; i++)
    hash = (hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211u;
  return (hash ^ (uint64_t)size) * 1099511628211u;
}

static uint64_t hash_leaf(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row) {
  mill_column column = {.values = array->buffers[1],
                        .data = array->buffers + 2,
                        .offset = array->offset,
                        .layout = mill_layout_of(schema->format)};
  if (column.layout == MILL_LAYOUT_BITS)
    return 3 + (uint64_t)mill_bool(&column, row);
  if (column.layout == MILL_LAYOUT_VIEWS) {
    mill_text text = mill_text_at(&column, row);
    return hash_bytes(5, text.bytes, text.size);
  }
  int64_t width = width_of(schema->format);
  return hash_bytes(6, (const char *)column.values + (array->offset + row) * width, width);
}

uint64_t columns_hash(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row,
                      int has_null_lists) {
  int64_t first = array->offset + row, end = first + 1;
  int is_leaf = schema->format[0] != '+', is_list = !is_leaf && schema->format[1] != 's';
  int is_null = !is_valid(array, row);
  if (is_null && (!is_list || has_null_lists))
    return 1;
  if (is_leaf)
    return hash_leaf(schema, array, row);
  if (is_list) {
    const int32_t *offsets = array->buffers[1];
    end = is_null ? first : offsets[first + 1];
    first = is_null ? first : offsets[first];
  }
  uint64_t hash = 7;
  for (int64_t i = first; i < end; i++)
    for (int64_t child = 0; child < schema->n_children; child++) {
      uint64_t value = columns_hash(schema->children[child], array->children[child], i, has_null_lists);
      hash = hash_bytes(hash, &value, sizeof value);
    }
  return hash;
}
