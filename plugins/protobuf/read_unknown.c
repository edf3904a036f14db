#include "read.h"
#include "unknown.h"

// Bytes that are gathered: `size` ones at the end of the column's side buffer, and behind them those from
// `start` to `end`. As long as they lie together in the message, as newer fields mostly do, none are copied.
typedef struct gathered {
  column_builder *column;
  int64_t size;
  const uint8_t *start, *end;
} gathered;

// Copies what is not in the side buffer yet; 0 without memory.
static int copy(gathered *all) {
  column_builder *column = all->column;
  int64_t more = all->end - all->start;
  int is_room = more <= INT32_MAX - MILL_VIEW_INLINE - column->side_size - all->size;
  uint8_t *side = is_room ? column_builder_side(column, all->size + more + MILL_VIEW_INLINE) : NULL;
  if (side == NULL)
    return 0;
  memcpy(side + all->size, all->start, (size_t)more);
  all->size += more;
  all->start = all->end;
  return 1;
}

static int add(gathered *all, const uint8_t *start, const uint8_t *end) {
  if (start != all->end) {
    if (all->start != all->end && !copy(all))
      return 0;
    all->start = start;
  }
  all->end = end;
  return 1;
}

// Adds those of an enum's packed numbers that have no name, each with a tag of its own.
static int add_packed(gathered *all, const proto_declared *declared, const proto_item *packed) {
  const uint8_t *at = packed->bytes, *end = at + packed->size;
  uint8_t tag[VARINT_MAX];
  const uint8_t *tag_end = varint_write(declared->tag, tag);
  while (at < end) {
    uint64_t value = 0;
    const uint8_t *behind = varint_read(at, &value);
    if (behind == NULL || behind > end)
      return 1; // a message that was read has none such
    if (proto_is_unknown(declared, declared->tag, value) &&
        (!add(all, tag, tag_end) || !copy(all) || !add(all, at, behind) || !copy(all)))
      return 0;
    at = behind;
  }
  return 1;
}

static int add_unknown(gathered *all, const proto_unknown *unknown, const proto_item *item,
                       const uint8_t *start, const uint8_t *end) {
  const proto_declared *declared = proto_declared_numbered(unknown, item->number);
  uint32_t tag = item->number << 3 | item->wire;
  if (proto_is_unknown(declared, tag, item->wire == PROTO_WIRE_VARINT ? item->value : 0))
    return add(all, start, end);
  return tag != declared->packed_tag || declared->numbers == NULL || add_packed(all, declared, item);
}

// Puts what was gathered into the slot, which holds what stands for none.
static int put(proto_decoder *decoder, gathered *all, int64_t slot) {
  column_builder *column = all->column;
  text_constant none = {.bytes = NULL};
  if (all->size == 0 && all->start == all->end)
    return 1;
  column_builder_set_valid(column, slot);
  if (all->size == 0)
    return text_source_put(&decoder->source, column, slot, all->start, all->end - all->start, &none);
  if (!copy(all))
    return 0;
  column_text_put_side(column, column_text_view(column, slot), column->side + column->side_size, all->size);
  return 1;
}

const uint8_t *proto_read_unknown(proto_decoder *decoder, const proto_unknown *unknown, column_builder *column,
                                  int64_t slot, const uint8_t *at, const uint8_t *end) {
  gathered all = {.column = column, .start = at, .end = at};
  proto_cursor cursor = {at, end};
  proto_item item;
  int found;
  for (; (found = proto_next(&cursor, &item)) > 0; at = cursor.at)
    if (!add_unknown(&all, unknown, &item, at, cursor.at))
      return proto_fail_memory(decoder);
  if (found < 0)
    return proto_fail(decoder, NULL, column, at, PROTO_BAD_DATA,
                      "a field that ends behind its message, or is malformed");
  return put(decoder, &all, slot) ? end : proto_fail_memory(decoder);
}
