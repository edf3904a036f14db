#include "column_builder.h"

static int is_list(const column_type *type) { return type->kind == COLUMN_LIST || type->kind == COLUMN_MAP; }
static size_t seen_words(const column_type *type) { return type->child_count / 64 + 1; }

static int init_struct(column_builder *column) {
  uint32_t count = column->type->child_count;
  column->next_field = malloc((count + 1) * sizeof *column->next_field);
  column->seen = calloc(seen_words(column->type), sizeof *column->seen);
  if (column->next_field == NULL || column->seen == NULL)
    return 0;
  for (uint32_t i = 0; i <= count; i++)
    column->next_field[i] = count == 0 ? 0 : i % count;
  return 1;
}

int column_builder_init(column_builder *column, const column_type *type) {
  memset(column, 0, sizeof *column);
  column->type = type;
  if (type->child_count > 0) {
    column->children = calloc(type->child_count, sizeof *column->children);
    column->child_arrays = calloc(type->child_count, sizeof *column->child_arrays);
    if (column->children == NULL || column->child_arrays == NULL)
      return 0;
  }
  for (uint32_t i = 0; i < type->child_count; i++)
    if (!column_builder_init(&column->children[i], &type->children[i]))
      return 0;
  return type->kind != COLUMN_STRUCT || init_struct(column);
}

void column_builder_free(column_builder *column) {
  // After a failed init, children that were not reached have no type; theirs is all zeros.
  uint32_t count = column->type == NULL || column->children == NULL ? 0 : column->type->child_count;
  for (uint32_t i = 0; i < count; i++)
    column_builder_free(&column->children[i]);
  free(column->children);
  free(column->child_arrays);
  free(column->next_field);
  free(column->seen);
  free(column->values);
  free(column->validity);
  free(column->side);
}

// Bytes of a bit for each of some slots: whole words.
static size_t bitmap_size(int64_t slots) { return ((size_t)slots / 64 + 1) * sizeof(uint64_t); }

// Bytes of `values` for some slots; lists have one offset more.
static size_t values_size(const column_type *type, int64_t slots) {
  if (is_list(type))
    return ((size_t)slots + 1) * sizeof(int32_t);
  return type->kind == COLUMN_BOOL ? bitmap_size(slots) : (size_t)slots * type->width;
}

static int resize(uint8_t **bytes, size_t size) {
  uint8_t *grown = realloc(*bytes, size);
  if (grown != NULL)
    *bytes = grown;
  return grown != NULL;
}

int column_builder_grow(column_builder *column, int64_t slots) {
  const column_type *type = column->type;
  int64_t capacity = slots < 64 ? 64 : column->capacity * 2 > slots ? column->capacity * 2 : slots;
  if (type->kind != COLUMN_STRUCT && !resize(&column->values, values_size(type, capacity)))
    return 0;
  if (type->is_nullable && !resize(&column->validity, bitmap_size(capacity)))
    return 0;
  if (is_list(type) && column->capacity == 0)
    column_builder_offsets(column)[0] = 0;
  // Items come later, but their buffers are to be there even if none comes.
  for (uint32_t i = 0; i < type->child_count; i++)
    if (!column_builder_reserve(&column->children[i], is_list(type) ? 1 : capacity))
      return 0;
  column->capacity = capacity;
  return 1;
}

uint8_t *column_builder_side(column_builder *column, int64_t size) {
  if (column->side_capacity - column->side_size < size) {
    int64_t needed = column->side_size + size;
    int64_t capacity = needed < 4096 ? 4096 : needed * 2;
    if (!resize(&column->side, (size_t)capacity))
      return NULL;
    column->side_capacity = capacity;
  }
  return column->side + column->side_size;
}

void column_builder_reset(column_builder *column) {
  column->side_size = 0;
  column->item_count = 0;
  for (uint32_t i = 0; i < column->type->child_count; i++)
    column_builder_reset(&column->children[i]);
}

int64_t column_builder_bytes(const column_builder *column) {
  int64_t bytes = column->side_capacity + (int64_t)values_size(column->type, column->capacity);
  for (uint32_t i = 0; i < column->type->child_count; i++)
    bytes += column_builder_bytes(&column->children[i]);
  return bytes;
}

static void zero(column_builder *column, int64_t slot) {
  const column_type *type = column->type;
  if (is_list(type)) {
    int32_t *offsets = column_builder_offsets(column);
    offsets[slot + 1] = offsets[slot];
    column->item_count = offsets[slot];
  } else if (type->kind == COLUMN_BOOL) {
    column->values[slot >> 3] &= (uint8_t)~(1u << (slot & 7));
  } else if (type->kind == COLUMN_STRUCT) {
    for (uint32_t i = 0; i < type->child_count; i++)
      column_builder_clear(&column->children[i], slot);
  } else {
    memset(column->values + slot * type->width, 0, type->width);
  }
}

void column_builder_clear(column_builder *column, int64_t slot) {
  if (column->validity != NULL)
    column->validity[slot >> 3] &= (uint8_t)~(1u << (slot & 7));
  zero(column, slot);
}

static int64_t count_nulls(const uint8_t *validity, int64_t length) {
  int64_t valid = 0, at = 0;
  for (uint64_t word; at + 64 <= length; at += 64) {
    memcpy(&word, validity + at / 8, sizeof word);
    valid += __builtin_popcountll(word);
  }
  for (; at < length; at++)
    valid += validity[at >> 3] >> (at & 7) & 1;
  return length - valid;
}

static int finish_values(column_builder *column, const uint8_t *data, int64_t data_size) {
  if (column->type->kind == COLUMN_STRUCT)
    return 1;
  column->buffers[1] = column->values;
  if (column->type->kind != COLUMN_TEXT && column->type->kind != COLUMN_BINARY)
    return 2;
  column->buffers[2] = data;
  column->data_sizes[0] = data_size;
  column->data_sizes[1] = column->side_size;
  int has_side = column->side_size > 0;
  if (has_side)
    column->buffers[3] = column->side;
  column->buffers[3 + has_side] = column->data_sizes;
  return 4 + has_side;
}

static void release_nothing(struct ArrowArray *array) { array->release = NULL; }

// Puts the struct of a map's entries between its array and those of key and value.
static void finish_entries(column_builder *column) {
  column->entries_buffers[0] = NULL;
  column->entries = (struct ArrowArray){.length = column->item_count,
                                        .n_buffers = 1,
                                        .buffers = column->entries_buffers,
                                        .n_children = 2,
                                        .children = column->child_arrays,
                                        .release = release_nothing};
  column->entries_pointer = &column->entries;
  column->array.n_children = 1;
  column->array.children = &column->entries_pointer;
}

void column_builder_finish(column_builder *column, int64_t length, const uint8_t *data, int64_t data_size) {
  const column_type *type = column->type;
  int64_t null_count = column->validity == NULL ? 0 : count_nulls(column->validity, length);
  column->buffers[0] = null_count > 0 ? column->validity : NULL;
  column->array = (struct ArrowArray){.length = length,
                                      .null_count = null_count,
                                      .n_buffers = finish_values(column, data, data_size),
                                      .buffers = column->buffers,
                                      .n_children = type->child_count,
                                      .children = column->child_arrays,
                                      .release = release_nothing};
  for (uint32_t i = 0; i < type->child_count; i++) {
    column_builder_finish(&column->children[i], is_list(type) ? column->item_count : length, data, data_size);
    column->child_arrays[i] = &column->children[i].array;
  }
  if (type->kind == COLUMN_MAP)
    finish_entries(column);
}
