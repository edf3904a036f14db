#include "decoder.h"

// Whether a byte may be of a number, a literal or an escape.
static int is_of_token(uint8_t c) {
  uint8_t small = c | 0x20;
  return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' ||
         c == '\\';
}

const uint8_t *json_blame(const json_decoder *decoder, const uint8_t *at) {
  const uint8_t *start = at;
  if (at < decoder->end && *at == '"')
    for (at++; at < decoder->end && *at != '"'; at++)
      at += *at == '\\';
  else
    while (at < decoder->end && is_of_token(*at))
      at++;
  return at >= decoder->end ? decoder->end : start;
}

const uint8_t *json_fail_text(json_decoder *decoder, const uint8_t *at, const char *problem) {
  decoder->code = JSON_BAD_SYNTAX;
  long long byte = at - decoder->start;
  if (at >= decoder->end)
    snprintf(decoder->message, sizeof decoder->message, "at byte %lld: the text ends too early",
             (long long)(decoder->end - decoder->start));
  else
    snprintf(decoder->message, sizeof decoder->message, "at byte %lld: %s", byte, problem);
  return NULL;
}

const uint8_t *json_fail_syntax(json_decoder *decoder, const uint8_t *at, const char *expected) {
  char problem[64];
  snprintf(problem, sizeof problem, "expected %s", expected);
  return json_fail_text(decoder, at, problem);
}

const uint8_t *json_fail_value(json_decoder *decoder, const column_type *type, const uint8_t *at,
                               const char *problem) {
  if (json_blame(decoder, at) == decoder->end)
    return json_fail_text(decoder, decoder->end, problem);
  char path[256];
  column_type_path(type, path, sizeof path);
  decoder->code = JSON_BAD_VALUE;
  snprintf(decoder->message, sizeof decoder->message, "field \"%s\": at byte %lld: %s", path,
           (long long)(at - decoder->start), problem);
  return NULL;
}

static const char *kind_of(const uint8_t *at) {
  switch (*at) {
  case '"':
    return "a string";
  case '{':
    return "an object";
  case '[':
    return "an array";
  case 't':
  case 'f':
    return "a boolean";
  case 'n':
    return "null";
  default:
    return *at == '-' || (*at >= '0' && *at <= '9') ? "a number" : NULL;
  }
}

const uint8_t *json_fail_kind(json_decoder *decoder, const column_type *type, const uint8_t *at,
                              const char *expected) {
  const char *found = kind_of(at);
  if (found == NULL || at >= decoder->end)
    return json_fail_syntax(decoder, at, "a value");
  char problem[128];
  snprintf(problem, sizeof problem, "expected %s for %s, found %s", expected, type->title, found);
  return json_fail_value(decoder, type, at, problem);
}

const uint8_t *json_fail_memory(json_decoder *decoder) {
  decoder->is_out_of_memory = 1;
  return NULL;
}

uint8_t *json_scratch(json_decoder *decoder, int64_t size) {
  if (size > decoder->scratch_capacity || decoder->scratch == NULL) {
    free(decoder->scratch);
    decoder->scratch_capacity = size * 2 + 256;
    decoder->scratch = malloc((size_t)decoder->scratch_capacity);
    if (decoder->scratch == NULL) {
      decoder->scratch_capacity = 0;
      json_fail_memory(decoder);
    }
  }
  return decoder->scratch;
}
