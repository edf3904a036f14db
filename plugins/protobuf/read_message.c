#include "read.h"

static int is_items(const column_type *type) { return type->kind == COLUMN_LIST || type->kind == COLUMN_MAP; }

static void clear_seen(column_builder *column) {
  if (column->type->kind == COLUMN_STRUCT)
    memset(column->seen, 0, (column->type->child_count / 64 + 1) * sizeof *column->seen);
}

static const uint8_t *read_item(proto_decoder *decoder, const proto_step *step, column_builder *column,
                                int64_t slot, const uint8_t *at, const uint8_t *end) {
  column_builder *items = column->children;
  int64_t index = proto_begin_item(decoder, step, column, slot, at);
  if (index < 0)
    return NULL;
  column_builder_set_valid(items, index);
  clear_seen(items);
  at = step->read(decoder, step, items, index, at, end);
  if (at != NULL)
    proto_end_item(column, slot, index);
  return at;
}

// Only one of a oneof's fields counts: the last.
static void drop_rivals(const proto_step *step, uint64_t *seen) {
  for (uint32_t i = 0; i < step->rival_count; i++)
    seen[step->rivals[i] / 64] &= ~(UINT64_C(1) << (step->rivals[i] % 64));
}

// Reads any field's value.
static const uint8_t *read_any(proto_decoder *decoder, const proto_step *step, column_builder *columns,
                               uint64_t *seen, int64_t slot, const uint8_t *at, const uint8_t *end) {
  if (step->is_closed && proto_is_foreign(step, at, end))
    return proto_read_nothing(decoder, step, NULL, slot, at, end);
  drop_rivals(step, seen);
  if (step->column < 0)
    return step->read(decoder, step, NULL, slot, at, end);
  column_builder *column = &columns[step->column];
  int is_first = (seen[step->word] & step->bit) == 0;
  column_builder_set_valid(column, slot);
  if (is_first && is_items(column->type))
    column_builder_offsets(column)[slot + 1] = column_builder_offsets(column)[slot];
  if (is_first)
    clear_seen(column);
  seen[step->word] |= step->bit;
  return step->is_list ? read_item(decoder, step, column, slot, at, end)
                       : step->read(decoder, step, column, slot, at, end);
}

PROTO_READ(proto_read_first) {
  column_builder_set_valid(column, slot);
  clear_seen(column);
  return step->read(decoder, step, column, slot, at, end);
}

const uint8_t *proto_put_absent(proto_decoder *decoder, const proto_step *step, column_builder *column,
                                int64_t slot, const uint8_t *at) {
  switch (step->absent) {
  case PROTO_ABSENT_NULL:
    column_builder_clear(column, slot);
    return at;
  case PROTO_ABSENT_ZERO:
    column_builder_clear(column, slot);
    column_builder_set_valid(column, slot);
    return at;
  case PROTO_ABSENT_PRESET:
    column_builder_set_valid(column, slot);
    return step->read(decoder, step, column, slot, step->preset, step->preset_end);
  case PROTO_ABSENT_MESSAGE:
    column_builder_set_valid(column, slot);
    clear_seen(column);
    return proto_read_fields(decoder, step->inner, column->children, column->seen, slot, at, at);
  default:
    return proto_fail(decoder, step, column, at, PROTO_MISSING, "not set, but required: expected %s",
                      proto_kind_name(step->field->kind));
  }
}

static const uint8_t *fill_absent(proto_decoder *decoder, const proto_reading *reading, column_builder *columns,
                                  const uint64_t *seen, int64_t slot, const uint8_t *at) {
  for (uint32_t first = 0; first < reading->column_count; first += 64)
    for (uint64_t left = reading->all[first / 64] & ~seen[first / 64]; left != 0; left &= left - 1) {
      uint32_t index = first + (uint32_t)__builtin_ctzll(left);
      if (proto_put_absent(decoder, reading->columns[index], &columns[index], slot, at) == NULL)
        return NULL;
    }
  return at;
}

static const proto_step *step_of(const proto_reading *reading, uint64_t tag) {
  uint32_t low = 0, high = reading->step_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (reading->steps[middle]->tag == tag)
      return reading->steps[middle];
    if (reading->steps[middle]->tag < tag)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

// Reads a tag that has no short way; the step for it, NULL after a field that nothing is known of, which is
// passed over, or, with `*at` NULL, a failure.
static const proto_step *find_step(proto_decoder *decoder, const proto_reading *reading, const uint8_t **at,
                                   const uint8_t *end) {
  uint64_t tag = 0;
  const uint8_t *start = *at;
  *at = varint_read(start, &tag);
  if (*at == NULL || *at > end) {
    *at = proto_fail_end(decoder, NULL, NULL, start);
    return NULL;
  }
  if (tag > UINT32_MAX || tag >> 3 == 0 || (tag & 7) > PROTO_WIRE_32 || (tag & 7) == PROTO_WIRE_GROUP_END) {
    *at =
        proto_fail(decoder, NULL, NULL, start, PROTO_BAD_DATA, "a tag of %llu, which begins no field of %.100s",
                   (unsigned long long)tag, reading->message->full_name);
    return NULL;
  }
  const proto_step *step = step_of(reading, tag);
  if (step != NULL)
    return step;
  const uint8_t *value = *at;
  *at = proto_skip(value, end, tag, PROTO_DEPTH_MAX);
  if (*at == NULL)
    proto_fail(decoder, NULL, NULL, start, PROTO_BAD_DATA,
               "field %llu of %.100s ends behind its message, or is malformed", (unsigned long long)(tag >> 3),
               reading->message->full_name);
  return NULL;
}

const uint8_t *proto_read_fields(proto_decoder *decoder, const proto_reading *reading, column_builder *columns,
                                 uint64_t *seen, int64_t slot, const uint8_t *at, const uint8_t *end) {
  while (at < end) {
    const proto_step *step = *at < 0x80 ? reading->short_tags[*at] : NULL;
    if (step != NULL)
      at++;
    else if ((step = find_step(decoder, reading, &at, end)) == NULL) {
      if (at == NULL)
        return NULL;
      continue;
    }
    if (step->op == PROTO_OP_CALL) {
      at = read_any(decoder, step, columns, seen, slot, at, end);
    } else {
      column_builder *column = &columns[step->column];
      column_builder_set_valid(column, slot);
      seen[step->word] |= step->bit;
      at = step->op == PROTO_OP_INT64    ? proto_read_int64(decoder, step, column, slot, at, end)
           : step->op == PROTO_OP_TEXT   ? proto_read_text(decoder, step, column, slot, at, end)
           : step->op == PROTO_OP_DOUBLE ? proto_read_double(decoder, step, column, slot, at, end)
           : step->op == PROTO_OP_BOOL   ? proto_read_bool(decoder, step, column, slot, at, end)
                                         : step->read(decoder, step, column, slot, at, end);
    }
    if (at == NULL)
      return NULL;
  }
  return fill_absent(decoder, reading, columns, seen, slot, end);
}
