#include "row.h"

#include "read.h"

static avro_leaf leaf_of(const avro_step *step) {
  if (step->read == avro_read_boolean)
    return AVRO_LEAF_BOOLEAN;
  if (step->read == avro_read_int64 ||
      (step->read == avro_read_timestamp && step->multiply == 1 && step->divide == 1))
    return AVRO_LEAF_INT64;
  if (step->read == avro_read_double)
    return AVRO_LEAF_DOUBLE;
  return step->read == avro_read_text ? AVRO_LEAF_TEXT : AVRO_LEAF_NONE;
}

static avro_place place_of(const avro_step *field) {
  avro_place place = {.leaf = leaf_of(field), .null_byte = -1, .field = field, .value = field};
  if (field->read != avro_read_union || field->count != 2)
    return place;
  int null_branch = field->steps[1]->read == avro_read_null;
  const avro_step *value = field->steps[1 - null_branch];
  if (field->steps[null_branch]->read != avro_read_null || leaf_of(value) == AVRO_LEAF_NONE)
    return place;
  place.leaf = leaf_of(value);
  place.null_byte = 2 * null_branch;
  place.value = value;
  return place;
}

int avro_row_prepare(avro_plan *plan) {
  const avro_step *root = plan->root;
  if (!plan->is_row || root->read != avro_read_record || root->count == 0)
    return 1;
  plan->places = arena_get(&plan->arena, root->count * sizeof *plan->places);
  for (uint32_t i = 0; plan->places != NULL && i < root->count; i++)
    plan->places[i] = place_of(root->steps[i]);
  return plan->places != NULL;
}

void avro_row_bind(avro_plan *plan, column_builder *row, uint64_t batch) {
  if (plan->batch == batch)
    return;
  plan->batch = batch;
  for (uint32_t i = 0; i < plan->root->count; i++) {
    avro_place *place = &plan->places[i];
    if (place->field->column < 0)
      continue;
    place->column = &row->children[place->field->column];
    place->values = place->column->values;
    place->validity = place->column->validity;
  }
}

// Reads a text, checked; NULL if it is bad.
static inline const uint8_t *read_text(avro_decoder *decoder, const avro_place *place, int64_t slot,
                                       const uint8_t *at, const uint8_t *end) {
  int64_t size = *at >> 1;
  const uint8_t *bytes = at + 1;
  // One byte of size, up to 63; anything else, and what is wrong, elsewhere.
  if ((*at & 0x81) != 0 || size > end - bytes || text_invalid_at(bytes, size) >= 0)
    return place->value->read(decoder, place->value, place->column, slot, at);
  return text_source_put(&decoder->source, place->column, slot, bytes, size, place->value->constants)
             ? bytes + size
             : avro_fail_memory(decoder);
}

// Reads a value that is no null; NULL if it is bad.
static inline const uint8_t *read_leaf(avro_decoder *decoder, const avro_place *place, int64_t slot,
                                       const uint8_t *at, const uint8_t *end) {
  uint8_t bit = (uint8_t)(1u << (slot & 7)), *byte;
  int64_t number;
  if (place->validity != NULL)
    place->validity[slot >> 3] |= bit;
  switch (place->leaf) {
  case AVRO_LEAF_TEXT:
    return read_text(decoder, place, slot, at, end);
  case AVRO_LEAF_INT64:
    at = avro_read_long(at, &number);
    if (at == NULL || at > end)
      break;
    ((int64_t *)(void *)place->values)[slot] = number;
    return at;
  case AVRO_LEAF_DOUBLE:
    if (end - at < 8)
      break;
    memcpy((double *)(void *)place->values + slot, at, 8);
    return at + 8;
  default:
    if (at >= end || *at > 1)
      break;
    byte = &place->values[slot >> 3];
    *byte = (uint8_t)((*byte & ~bit) | (-*at & bit));
    return at + 1;
  }
  return NULL;
}

const uint8_t *avro_row_read(avro_decoder *decoder, const avro_plan *plan, int64_t slot, const uint8_t *at) {
  const uint8_t *end = decoder->end;
  const avro_place *place = plan->places, *last = place + plan->root->count;
  decoder->depth = 1;
  for (; place < last; place++) {
    const uint8_t *start = at;
    if (place->null_byte >= 0 && *at == place->null_byte && at < end) {
      column_builder_clear(place->column, slot);
      at++;
      continue;
    }
    if (place->leaf == AVRO_LEAF_NONE || (place->null_byte >= 0 && *at != 2 - place->null_byte))
      at = NULL;
    else
      at = read_leaf(decoder, place, slot, at + (place->null_byte >= 0), end);
    // What is rare, and what is bad, which then says why.
    if (at == NULL && (at = avro_read_value(decoder, place->field, place->column, slot, start)) == NULL)
      return NULL;
  }
  return at;
}
