#include "../common/number.h"
#include "text.h"

static const uint8_t *skip_scalar(json_decoder *decoder, const uint8_t *at) {
  json_string string;
  switch (*at) {
  case '"':
    return json_string_read(decoder, at + 1, &string);
  case 't':
    return memcmp(at, "true", 4) == 0 ? at + 4 : json_fail_syntax(decoder, json_blame(decoder, at), "true");
  case 'f':
    return memcmp(at, "false", 5) == 0 ? at + 5 : json_fail_syntax(decoder, json_blame(decoder, at), "false");
  case 'n':
    return memcmp(at, "null", 4) == 0 ? at + 4 : json_fail_syntax(decoder, json_blame(decoder, at), "null");
  default:
    break;
  }
  const uint8_t *end = number_end(at);
  if (end != NULL)
    return end;
  if (*at == '-' || (*at >= '0' && *at <= '9'))
    return json_fail_syntax(decoder, json_blame(decoder, at), "a number");
  return json_fail_syntax(decoder, at, "a value");
}

// Reads `"name" :`.
static const uint8_t *skip_name(json_decoder *decoder, const uint8_t *at) {
  json_string name;
  if (*at != '"')
    return json_fail_syntax(decoder, at, "a member name");
  if ((at = json_string_read(decoder, at + 1, &name)) == NULL)
    return NULL;
  at = json_space(at);
  return *at == ':' ? json_space(at + 1) : json_fail_syntax(decoder, at, "':'");
}

// Goes on after a value inside `depth` arrays and objects (bit 0 of `objects` says which the innermost is):
// closes those that end, and stops at the next value. `*depth` is 0 when the outermost has ended.
static const uint8_t *skip_ends(json_decoder *decoder, const uint8_t *at, uint64_t *objects, int *depth) {
  while (*depth > 0) {
    int is_object = (int)(*objects & 1);
    const uint8_t *next = json_space(at);
    if (*next == ',') {
      next = json_space(next + 1);
      return is_object ? skip_name(decoder, next) : next;
    }
    if (*next != (is_object ? '}' : ']'))
      return json_fail_syntax(decoder, next, is_object ? "',' or '}'" : "',' or ']'");
    *objects >>= 1;
    --*depth;
    at = next + 1;
  }
  return at;
}

const uint8_t *json_skip_value(json_decoder *decoder, const uint8_t *at) {
  uint64_t objects = 0;
  int depth = 0;
  do {
    if (at >= decoder->end)
      return json_fail_text(decoder, at, "");
    if (*at != '{' && *at != '[') {
      at = skip_scalar(decoder, at);
    } else if (decoder->depth + depth == COLUMN_DEPTH_MAX) {
      return json_fail_text(decoder, at, "nested more than 64 deep");
    } else {
      int is_object = *at == '{';
      const uint8_t *first = json_space(at + 1);
      if (*first == (is_object ? '}' : ']')) {
        at = first + 1;
      } else {
        objects = objects << 1 | (uint64_t)is_object;
        depth++;
        if ((at = is_object ? skip_name(decoder, first) : first) == NULL)
          return NULL;
        continue;
      }
    }
    if (at == NULL || (at = skip_ends(decoder, at, &objects, &depth)) == NULL)
      return NULL;
  } while (depth > 0);
  return at;
}
