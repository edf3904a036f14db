#include "read.h"

// Goes one level down; 0, noted, if there are too many.
static inline int enter(avro_decoder *decoder, const avro_step *step, const column_builder *column,
                        const uint8_t *at) {
  if (decoder->depth++ < AVRO_DEPTH_MAX)
    return 1;
  avro_fail(decoder, step, column, at, AVRO_BAD_DATA, "values are nested more than %d deep", AVRO_DEPTH_MAX);
  return 0;
}

AVRO_READ(avro_read_record) {
  if (!enter(decoder, step, column, at))
    return NULL;
  for (uint32_t i = 0; i < step->count; i++) {
    const avro_step *field = step->steps[i];
    column_builder *child = field->column < 0 ? NULL : &column->children[field->column];
    at = avro_read_value(decoder, field, child, slot, at);
    if (at == NULL)
      return NULL;
  }
  decoder->depth--;
  return at;
}

const uint8_t *avro_read_block(avro_decoder *decoder, const avro_step *step, const column_builder *column,
                               const uint8_t *at, int64_t *count) {
  const uint8_t *behind = avro_read_long(at, count);
  int64_t size;
  if (behind == NULL || behind > decoder->end)
    return avro_fail_end(decoder, step, column, at);
  if (*count < 0) {
    *count = *count == INT64_MIN ? INT64_MAX : -*count;
    behind = avro_read_size(decoder, step, column, behind, &size);
    if (behind == NULL)
      return NULL;
  }
  if (*count > decoder->items_left)
    return avro_fail(decoder, step, column, at, AVRO_BAD_DATA, "%lld items, more than its bytes can hold",
                     (long long)*count);
  decoder->items_left -= *count;
  return behind;
}

static const uint8_t *read_item(avro_decoder *decoder, const avro_step *step, column_builder *column,
                                const uint8_t *at) {
  column_builder *items = column->children;
  if (!column_builder_reserve(items, column->item_count + 1))
    return avro_fail_memory(decoder);
  return avro_read_value(decoder, step->steps[0], items, column->item_count, at);
}

static const uint8_t *read_entry(avro_decoder *decoder, const avro_step *step, column_builder *column,
                                 const uint8_t *at) {
  column_builder *keys = &column->children[0], *values = &column->children[1];
  if (!column_builder_reserve(keys, column->item_count + 1) ||
      !column_builder_reserve(values, column->item_count + 1))
    return avro_fail_memory(decoder);
  at = avro_read_text(decoder, step->steps[1], keys, column->item_count, at);
  return at == NULL ? NULL : avro_read_value(decoder, step->steps[0], values, column->item_count, at);
}

// Reads the blocks of an array or a map.
static const uint8_t *read_blocks(avro_decoder *decoder, const avro_step *step, column_builder *column,
                                  int64_t slot, const uint8_t *at) {
  int is_map = column->type->kind == COLUMN_MAP;
  int64_t count = 1;
  column->item_count = column_builder_offsets(column)[slot];
  if (!enter(decoder, step, column, at))
    return NULL;
  while (count > 0) {
    if ((at = avro_read_block(decoder, step, column, at, &count)) == NULL)
      return NULL;
    if (count > INT32_MAX - column->item_count)
      return avro_fail_memory(decoder);
    for (int64_t i = 0; i < count; i++, column->item_count++) {
      at = is_map ? read_entry(decoder, step, column, at) : read_item(decoder, step, column, at);
      if (at == NULL)
        return NULL;
    }
  }
  decoder->depth--;
  column_builder_offsets(column)[slot + 1] = (int32_t)column->item_count;
  return at;
}

AVRO_READ(avro_read_array) { return read_blocks(decoder, step, column, slot, at); }
AVRO_READ(avro_read_map) { return read_blocks(decoder, step, column, slot, at); }

AVRO_READ(avro_read_union) {
  int64_t branch;
  const uint8_t *behind = avro_read_long(at, &branch);
  if (behind == NULL || behind > decoder->end)
    return avro_fail_end(decoder, step, column, at);
  if (branch < 0 || branch >= step->count)
    return avro_fail(decoder, step, column, at, AVRO_BAD_DATA, "branch %lld, but the union has %u",
                     (long long)branch, step->count);
  const avro_step *inner = step->steps[branch];
  return inner->read(decoder, inner, column, slot, behind);
}

AVRO_READ(avro_read_branch) {
  for (uint32_t i = 0; i < column->type->child_count; i++)
    column_builder_clear(&column->children[i], slot);
  const avro_step *inner = step->steps[0];
  return avro_read_value(decoder, inner, &column->children[inner->column], slot, at);
}

AVRO_READ(avro_read_null) {
  (void)decoder, (void)step;
  column_builder_clear(column, slot);
  return at;
}

AVRO_READ(avro_read_default) {
  const uint8_t *start = decoder->start, *row_end = decoder->end;
  int64_t items_left = decoder->items_left;
  decoder->start = step->bytes;
  decoder->end = step->bytes + step->size;
  decoder->items_left = step->size + AVRO_EMPTY_ITEMS_MAX;
  const avro_step *inner = step->steps[0];
  const uint8_t *end = inner->read(decoder, inner, column, slot, step->bytes);
  decoder->start = start;
  decoder->end = row_end;
  decoder->items_left = items_left;
  return end == NULL ? NULL : at;
}

AVRO_READ(avro_read_failure) {
  (void)slot;
  return avro_fail(decoder, step, column, at, step->code, "%s", (const char *)step->bytes);
}
