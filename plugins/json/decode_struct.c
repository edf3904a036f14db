#include "decode.h"
#include "text.h"

// Fills the fields that an object lacks.
static int fill_missing(json_decoder *decoder, column_builder *column, int64_t slot) {
  for (uint32_t i = 0; i < column->type->child_count; i++) {
    if (column->seen[i / 64] >> (i % 64) & 1)
      continue;
    column_builder *field = &column->children[i];
    if (!field->type->is_nullable) {
      char path[256];
      column_type_path(field->type, path, sizeof path);
      decoder->code = JSON_MISSING;
      snprintf(decoder->message, sizeof decoder->message, "field \"%s\" is missing", path);
      return 0;
    }
    column_builder_clear(field, slot);
  }
  return 1;
}

// Reads a member's name that is not the expected one, with its colon; the field's index, or -1 for an unknown
// one.
static const uint8_t *read_name(json_decoder *decoder, column_builder *column, const uint8_t *at,
                                uint32_t *before, int64_t *index) {
  json_string name;
  if (*at != '"')
    return json_fail_syntax(decoder, at, "a member name");
  if ((at = json_string_read(decoder, at + 1, &name)) == NULL || !json_string_plain(decoder, &name))
    return NULL;
  *index = column_type_field(column->type, name.bytes, name.size);
  if (*index >= 0)
    *before = (uint32_t)*index;
  at = json_space(at);
  return *at == ':' ? at + 1 : json_fail_syntax(decoder, at, "':'");
}

static inline int words_differ(const uint8_t *left, const uint8_t *right) {
  uint64_t a, b;
  memcpy(&a, left, 8);
  memcpy(&b, right, 8);
  return a != b;
}

// Whether `"name":` of the field begins at `at`: its label without the comma.
static inline int is_label(const column_type *field, const uint8_t *at, const uint8_t *end) {
  const uint8_t *label = (const uint8_t *)field->label + 1;
  int64_t size = (int64_t)field->label_size - 1, i = 0;
  if (end - at < size)
    return 0;
  if (size < 8)
    return memcmp(at, label, (size_t)size) == 0;
  for (; i + 8 < size; i += 8)
    if (words_differ(at + i, label + i))
      return 0;
  return !words_differ(at + size - 8, label + size - 8);
}

// Reads a member: its name, by guess if it comes where it came before, and its value.
static inline const uint8_t *decode_member(json_decoder *decoder, column_builder *column, int64_t slot,
                                           const uint8_t *at, uint32_t *guess, uint32_t *seen_count) {
  int64_t index = column->next_field[*guess];
  if (column->type->child_count > 0 && is_label(&column->type->children[index], at, decoder->end)) {
    at += column->type->children[index].label_size - 1;
    *guess = (uint32_t)index + 1;
  } else {
    uint32_t found = 0;
    if ((at = read_name(decoder, column, at, &found, &index)) == NULL)
      return NULL;
    if (index < 0)
      return json_skip_value(decoder, json_space(at));
    column->next_field[*guess] = found;
    *guess = found + 1;
  }
  uint64_t *word = &column->seen[index / 64], bit = UINT64_C(1) << (index % 64);
  *seen_count += (*word & bit) == 0;
  *word |= bit;
  return json_decode_value(decoder, &column->children[index], slot, json_space(at));
}

static const uint8_t *decode_members(json_decoder *decoder, column_builder *column, int64_t slot,
                                     const uint8_t *at, uint32_t *seen_count) {
  for (uint32_t guess = 0;;) {
    if ((at = decode_member(decoder, column, slot, at, &guess, seen_count)) == NULL)
      return NULL;
    at = json_space(at);
    if (*at == '}')
      return at + 1;
    if (*at != ',' || at >= decoder->end)
      return json_fail_syntax(decoder, at, "',' or '}'");
    at = json_space(at + 1);
  }
}

const uint8_t *json_decode_struct(json_decoder *decoder, column_builder *column, int64_t slot,
                                  const uint8_t *at) {
  if (*at != '{')
    return json_fail_kind(decoder, column->type, at, "an object");
  if (decoder->depth == COLUMN_DEPTH_MAX)
    return json_fail_text(decoder, at, "nested more than 64 deep");
  decoder->depth++;
  uint32_t seen_count = 0;
  memset(column->seen, 0, (column->type->child_count / 64 + 1) * sizeof *column->seen);
  at = json_space(at + 1);
  at = *at == '}' ? at + 1 : decode_members(decoder, column, slot, at, &seen_count);
  decoder->depth--;
  if (at == NULL || at > decoder->end)
    return at;
  return seen_count == column->type->child_count || fill_missing(decoder, column, slot) ? at : NULL;
}
