#include "encode.h"

static int encode_null(csv_encoder *encoder) {
  const csv_options *options = encoder->options;
  uint8_t *out = csv_encode_room(encoder, sizeof options->null);
  if (out == NULL)
    return 0;
  memcpy(out, options->null, sizeof options->null);
  csv_encode_end(encoder, out + options->null_size);
  return 1;
}

// Whether what was written since `start`, which is no text, would be read as something else without quotes.
static int is_ambiguous(const csv_encoder *encoder, const column_type *type, int64_t start) {
  const csv_options *options = encoder->options;
  const uint8_t *bytes = encoder->to->bytes + start;
  int64_t size = encoder->to->size - start;
  unsigned marks = 0;
  for (int64_t i = 0; options->splits_values && i < size; i++)
    marks |= options->marks[bytes[i]];
  return marks != 0 || csv_is_null_text(options, bytes, size) || (size == 0 && type->is_nullable);
}

static inline int encode_kind(csv_encoder *encoder, const column_source *source, int64_t index) {
  switch (source->type->kind) {
  case COLUMN_BOOL:
    return csv_encode_bool(encoder, source, index);
  case COLUMN_INTEGER:
    return csv_encode_integer(encoder, source, index);
  case COLUMN_FLOAT32:
  case COLUMN_FLOAT64:
    return csv_encode_float(encoder, source, index);
  case COLUMN_DATE:
  case COLUMN_TIME:
  case COLUMN_TIMESTAMP:
    return csv_encode_date_time(encoder, source, index);
  case COLUMN_DECIMAL:
    return csv_encode_decimal(encoder, source, index);
  default:
    return csv_encode_binary(encoder, source, index);
  }
}

int csv_encode_value(csv_encoder *encoder, const column_source *source, int64_t index) {
  if (mill_is_null(&source->column, index))
    return encode_null(encoder);
  if (source->type->kind == COLUMN_TEXT)
    return csv_encode_text(encoder, source, index);
  int64_t start = encoder->to->size;
  if (!encode_kind(encoder, source, index))
    return 0;
  return !is_ambiguous(encoder, source->type, start) || csv_encode_quotes(encoder, start);
}
