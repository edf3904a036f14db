#include "decode.h"
#include "text.h"

static const uint8_t *decode_null(json_decoder *decoder, column_builder *column, int64_t slot,
                                  const uint8_t *at) {
  if (memcmp(at, "null", 4) != 0)
    return json_fail_syntax(decoder, json_blame(decoder, at), "null");
  if (column->type->is_nullable) {
    column_builder_clear(column, slot);
    return at + 4;
  }
  if (decoder->end - at < 4)
    return json_fail_text(decoder, decoder->end, "");
  char path[256];
  column_type_path(column->type, path, sizeof path);
  decoder->code = JSON_MISSING;
  snprintf(decoder->message, sizeof decoder->message, "field \"%s\": null, but required", path);
  return NULL;
}

static inline const uint8_t *decode_kind(json_decoder *decoder, column_builder *column, int64_t slot,
                                         const uint8_t *at) {
  switch (column->type->kind) {
  case COLUMN_BOOL:
    return json_decode_bool(decoder, column, slot, at);
  case COLUMN_INTEGER:
    return json_decode_integer(decoder, column, slot, at);
  case COLUMN_FLOAT32:
  case COLUMN_FLOAT64:
    return json_decode_float(decoder, column, slot, at);
  case COLUMN_TEXT:
    return json_decode_text(decoder, column, slot, at);
  case COLUMN_BINARY:
    return json_decode_binary(decoder, column, slot, at);
  case COLUMN_DATE:
    return json_decode_date(decoder, column, slot, at);
  case COLUMN_TIME:
    return json_decode_time(decoder, column, slot, at);
  case COLUMN_TIMESTAMP:
    return json_decode_timestamp(decoder, column, slot, at);
  case COLUMN_DECIMAL:
    return json_decode_decimal(decoder, column, slot, at);
  case COLUMN_LIST:
    return json_decode_list(decoder, column, slot, at);
  case COLUMN_MAP:
    return json_decode_map(decoder, column, slot, at);
  default:
    return json_decode_struct(decoder, column, slot, at);
  }
}

const uint8_t *json_decode_value(json_decoder *decoder, column_builder *column, int64_t slot,
                                 const uint8_t *at) {
  if (*at == 'n')
    return decode_null(decoder, column, slot, at);
  column_builder_set_valid(column, slot);
  return decode_kind(decoder, column, slot, at);
}

// Enters the array or object at `at`; behind its bracket and white space.
static const uint8_t *enter(json_decoder *decoder, const column_type *type, const uint8_t *at, char bracket) {
  if (*at != bracket)
    return json_fail_kind(decoder, type, at, bracket == '[' ? "an array" : "an object");
  if (decoder->depth == COLUMN_DEPTH_MAX)
    return json_fail_text(decoder, at, "nested more than 64 deep");
  decoder->depth++;
  return json_space(at + 1);
}

// Goes on after a list's or map's item: behind the comma, or the bracket, which makes `*is_end` 1.
static const uint8_t *next_item(json_decoder *decoder, const uint8_t *at, char bracket, int *is_end) {
  at = json_space(at);
  if (*at == ',' && at < decoder->end)
    return json_space(at + 1);
  *is_end = 1;
  if (*at == bracket)
    return at + 1;
  return json_fail_syntax(decoder, at, bracket == ']' ? "',' or ']'" : "',' or '}'");
}

// Starts the items of a slot, and drops those of an earlier member of the same name.
static void start_items(column_builder *column, int64_t slot) {
  column->item_count = column_builder_offsets(column)[slot];
}

static const uint8_t *end_items(json_decoder *decoder, column_builder *column, int64_t slot,
                                const uint8_t *at) {
  decoder->depth--;
  column_builder_offsets(column)[slot + 1] = (int32_t)column->item_count;
  return at;
}

const uint8_t *json_decode_list(json_decoder *decoder, column_builder *column, int64_t slot,
                                const uint8_t *at) {
  if ((at = enter(decoder, column->type, at, '[')) == NULL)
    return NULL;
  column_builder *items = column->children;
  start_items(column, slot);
  if (*at == ']')
    return end_items(decoder, column, slot, at + 1);
  for (int is_end = 0; !is_end;) {
    if (!column_builder_reserve(items, column->item_count + 1))
      return json_fail_memory(decoder);
    at = json_decode_value(decoder, items, column->item_count, at);
    if (at == NULL || (at = next_item(decoder, at, ']', &is_end)) == NULL)
      return NULL;
    column->item_count++;
  }
  return end_items(decoder, column, slot, at);
}

// Reads `: ` after a member's name.
static const uint8_t *read_colon(json_decoder *decoder, const uint8_t *at) {
  at = json_space(at);
  return *at == ':' ? json_space(at + 1) : json_fail_syntax(decoder, at, "':'");
}

static const uint8_t *decode_entry(json_decoder *decoder, column_builder *column, const uint8_t *at) {
  column_builder *keys = &column->children[0], *values = &column->children[1];
  int64_t slot = column->item_count;
  if (*at != '"')
    return json_fail_syntax(decoder, at, "a member name");
  if (!column_builder_reserve(keys, slot + 1) || !column_builder_reserve(values, slot + 1))
    return json_fail_memory(decoder);
  at = json_decode_text(decoder, keys, slot, at);
  if (at == NULL || (at = read_colon(decoder, at)) == NULL)
    return NULL;
  return json_decode_value(decoder, values, slot, at);
}

const uint8_t *json_decode_map(json_decoder *decoder, column_builder *column, int64_t slot, const uint8_t *at) {
  if ((at = enter(decoder, column->type, at, '{')) == NULL)
    return NULL;
  start_items(column, slot);
  if (*at == '}')
    return end_items(decoder, column, slot, at + 1);
  for (int is_end = 0; !is_end;) {
    at = decode_entry(decoder, column, at);
    if (at == NULL || (at = next_item(decoder, at, '}', &is_end)) == NULL)
      return NULL;
    column->item_count++;
  }
  return end_items(decoder, column, slot, at);
}
