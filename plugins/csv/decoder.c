#include "decoder.h"

// Writes `field "name"` or what stands for it.
static void name_field(const column_type *type, char *out, size_t size) {
  char path[256];
  if (type == NULL) {
    snprintf(out, size, "a field without a column");
    return;
  }
  column_type_path(type, path, sizeof path);
  snprintf(out, size, "field \"%s\"", path);
}

const uint8_t *csv_fail(csv_decoder *decoder, int32_t code, const column_type *type, const uint8_t *at,
                        const char *problem) {
  char name[272];
  name_field(type, name, sizeof name);
  decoder->code = code;
  snprintf(decoder->message, sizeof decoder->message, "%s: at byte %lld: %s", name,
           (long long)(at - decoder->start), problem);
  return NULL;
}

static const char *expected_for(const column_type *type) {
  switch (type->kind) {
  case COLUMN_BOOL:
    return "true or false";
  case COLUMN_TEXT:
    return "text";
  case COLUMN_BINARY:
    return "base64, in the standard alphabet with padding,";
  case COLUMN_DATE:
    return "a date such as 2013-01-31";
  case COLUMN_TIME:
    return "a time such as 10:15:00";
  case COLUMN_TIMESTAMP:
    return "a timestamp such as 2013-01-31T10:15:00Z";
  default:
    return "a number";
  }
}

const uint8_t *csv_fail_value(csv_decoder *decoder, const column_type *type, const uint8_t *at) {
  char problem[192];
  snprintf(problem, sizeof problem, "expected %s for %s", expected_for(type), type->title);
  return csv_fail(decoder, CSV_BAD_VALUE, type, at, problem);
}

const uint8_t *csv_fail_null(csv_decoder *decoder, const column_type *type, const uint8_t *at) {
  char problem[192];
  snprintf(problem, sizeof problem, "null, but required: expected %s for %s", expected_for(type), type->title);
  return csv_fail(decoder, CSV_MISSING, type, at, problem);
}

const uint8_t *csv_fail_missing(csv_decoder *decoder, const column_type *type, const uint8_t *at,
                                uint32_t count, uint32_t expected) {
  char problem[96];
  snprintf(problem, sizeof problem, "missing: expected %u fields, the record ends after %u", expected, count);
  return csv_fail(decoder, CSV_MISSING, type, at, problem);
}

const uint8_t *csv_fail_end(csv_decoder *decoder, const column_type *type, const uint8_t *at,
                            const char *where) {
  uint8_t delimiter = decoder->options->delimiter;
  char problem[96];
  if (delimiter > ' ' && delimiter < 0x7F)
    snprintf(problem, sizeof problem, "expected '%c' or the end %s", delimiter, where);
  else
    snprintf(problem, sizeof problem, "expected the delimiter 0x%02x or the end %s", delimiter, where);
  return csv_fail(decoder, CSV_BAD_SYNTAX, type, at, problem);
}

const uint8_t *csv_fail_memory(csv_decoder *decoder) {
  decoder->is_out_of_memory = 1;
  return NULL;
}

uint8_t *csv_scratch(csv_decoder *decoder, int64_t size) {
  if (size <= decoder->scratch_capacity)
    return decoder->scratch;
  free(decoder->scratch);
  decoder->scratch_capacity = size * 2 + 256;
  decoder->scratch = malloc((size_t)decoder->scratch_capacity);
  if (decoder->scratch == NULL) {
    decoder->scratch_capacity = 0;
    csv_fail_memory(decoder);
  }
  return decoder->scratch;
}
