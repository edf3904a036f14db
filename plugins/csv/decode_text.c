#include "../common/base64.h"
#include "../common/column_text.h"
#include "../common/date_time.h"
#include "../common/number.h"
#include "decode.h"

int csv_decode_text(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field) {
  mill_view *view = column_text_view(column, slot);
  if (field->has_quotes) {
    uint8_t *side = column_builder_side(column, field->size + MILL_VIEW_INLINE);
    if (side == NULL)
      return csv_fail_memory(decoder) != NULL;
    column_text_put_side(column, view, side, csv_field_unquote(field, decoder->options->quote, side));
  } else if (field->size <= MILL_VIEW_INLINE) {
    column_text_put_inlined(view, field->bytes, field->size);
  } else {
    column_text_put_reference(view, 0, decoder->data, field->bytes, field->size);
    decoder->uses_data = 1;
  }
  return 1;
}

int csv_decode_binary(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field) {
  if (!csv_field_plain(decoder, field))
    return 0;
  uint8_t *side = column_builder_side(column, field->size + MILL_VIEW_INLINE);
  if (side == NULL)
    return csv_fail_memory(decoder) != NULL;
  int64_t size = base64_decode(field->bytes, field->size, side);
  if (size < 0)
    return csv_fail_value(decoder, column->type, field->start) != NULL;
  column_text_put_side(column, column_text_view(column, slot), side, size);
  return 1;
}

// Puts a value that was read from a field, or fails with what was wrong with it.
static int put_parsed(csv_decoder *decoder, column_builder *column, int64_t slot, const csv_field *field,
                      const char *problem, int64_t value) {
  if (problem != NULL)
    return csv_fail(decoder, CSV_BAD_VALUE, column->type, field->start, problem) != NULL;
  column_builder_put_integer(column, slot, (uint64_t)value);
  return 1;
}

int csv_decode_date(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field) {
  int64_t days = 0;
  if (!csv_field_plain(decoder, field))
    return 0;
  const char *problem = date_read(field->bytes, field->size, &days);
  return put_parsed(decoder, column, slot, field, problem, column->type->width == 8 ? days * DAY_MS : days);
}

int csv_decode_time(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field) {
  int64_t value = 0;
  if (!csv_field_plain(decoder, field))
    return 0;
  const char *problem = time_read(field->bytes, field->size, column->type->per_second, &value);
  return put_parsed(decoder, column, slot, field, problem, value);
}

// Whether a field is a number of units: a timestamp's year ends in a digit before a '-', which no number has.
static int is_number(csv_decoder *decoder, csv_field *field) {
  if (field->size > 4 && field->bytes[4] == '-' && number_is_digit(field->bytes[3]))
    return 0;
  const uint8_t *at = csv_field_number(decoder, field);
  return at != NULL && number_end(at) == at + field->size;
}

int csv_decode_timestamp(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field) {
  const column_type *type = column->type;
  if (!csv_field_plain(decoder, field))
    return 0;
  if (is_number(decoder, field))
    return csv_decode_integer(decoder, column, slot, field);
  if (decoder->is_out_of_memory)
    return 0;
  int64_t value = 0;
  const char *problem = timestamp_read(field->bytes, field->size, type->per_second, type->has_zone, &value);
  return put_parsed(decoder, column, slot, field, problem, value);
}
