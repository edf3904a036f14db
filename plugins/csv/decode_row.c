#include "decode.h"
#include "instance.h"

static inline int decode_kind(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field) {
  switch (column->type->kind) {
  case COLUMN_BOOL:
    return csv_decode_bool(decoder, column, slot, field);
  case COLUMN_INTEGER:
    return csv_decode_integer(decoder, column, slot, field);
  case COLUMN_FLOAT32:
  case COLUMN_FLOAT64:
    return csv_decode_float(decoder, column, slot, field);
  case COLUMN_BINARY:
    return csv_decode_binary(decoder, column, slot, field);
  case COLUMN_DATE:
    return csv_decode_date(decoder, column, slot, field);
  case COLUMN_TIME:
    return csv_decode_time(decoder, column, slot, field);
  case COLUMN_TIMESTAMP:
    return csv_decode_timestamp(decoder, column, slot, field);
  case COLUMN_DECIMAL:
    return csv_decode_decimal(decoder, column, slot, field);
  default:
    return csv_decode_text(decoder, column, slot, field);
  }
}

// Puts a null; required text without one takes an empty field as empty text.
static int decode_null(csv_decoder *decoder, column_builder *column, int64_t slot, csv_field *field) {
  if (column->type->is_nullable) {
    column_builder_clear(column, slot);
    return 1;
  }
  if (column->type->kind == COLUMN_TEXT && field->size == 0)
    return csv_decode_text(decoder, column, slot, field);
  return csv_fail_null(decoder, column->type, field->start) != NULL;
}

// Reads the field at `at` into a column.
static inline const uint8_t *decode_field(csv_decoder *decoder, column_builder *column, int64_t slot,
                                          const uint8_t *at) {
  csv_field field;
  at = csv_field_read(decoder, column->type, at, &field);
  if (at == NULL)
    return NULL;
  if (!field.is_quoted && csv_is_null_text(decoder->options, field.bytes, field.size))
    return decode_null(decoder, column, slot, &field) ? at : NULL;
  column_builder_set_valid(column, slot);
  return decode_kind(decoder, column, slot, &field) ? at : NULL;
}

static inline int is_delimiter(const csv_decoder *decoder, const uint8_t *at) {
  return at < decoder->end && *at == decoder->options->delimiter;
}

// Passes over fields that have no column; `at` is the delimiter before the first.
static const uint8_t *skip_extra(csv_decoder *decoder, const column_type *row, const uint8_t *at) {
  csv_field field;
  char problem[128];
  if (!decoder->options->skips_extra) {
    snprintf(problem, sizeof problem,
             "expected the end after field %u, found another; \"extra: skip\" passes over it",
             row->child_count);
    return csv_fail(decoder, CSV_BAD_SYNTAX, &row->children[row->child_count - 1], at, problem);
  }
  while (at != NULL && is_delimiter(decoder, at))
    at = csv_field_read(decoder, NULL, at + 1, &field);
  return at;
}

// Whether nothing but a line end is left at `at`; notes a failure if there is more.
static int is_end(csv_decoder *decoder, const column_type *row, const uint8_t *at) {
  const uint8_t *end = decoder->end;
  if (at == end)
    return 1;
  at += *at == '\r' && end - at > 1 && at[1] == '\n' ? 2 : 1;
  return at == end || csv_fail(decoder, CSV_BAD_SYNTAX, &row->children[row->child_count - 1], at,
                               "expected the end behind the record's line end, found more") != NULL;
}

// Decodes the text of a row; 0, with a failure noted, if it is bad.
static int decode_text(csv_decoder *decoder, column_builder *row, int64_t slot) {
  const column_type *type = row->type;
  const uint8_t *at = decoder->start;
  for (uint32_t i = 0; i < type->child_count; i++) {
    if (i > 0 && !is_delimiter(decoder, at))
      return csv_fail_missing(decoder, &type->children[i], at, i, type->child_count) != NULL;
    at = decode_field(decoder, &row->children[i], slot, at + (i > 0));
    if (at == NULL)
      return 0;
  }
  if (is_delimiter(decoder, at) && (at = skip_extra(decoder, type, at)) == NULL)
    return 0;
  return is_end(decoder, type, at);
}

static int decode_row(void *raw_self, row_block *block, const mill_raw_batch *raw, int64_t row) {
  csv_instance *self = raw_self;
  csv_decoder *decoder = &self->decoder;
  mill_span span = (self->part == MILL_PART_KEY ? raw->keys : raw->values)[row];
  if (span.length < 0) {
    decoder->code = CSV_MISSING;
    snprintf(decoder->message, sizeof decoder->message, "the %s is null (no bytes), expected a CSV record",
             self->part == MILL_PART_KEY ? "key" : "value");
    return 0;
  }
  decoder->start = raw->data + span.offset;
  decoder->end = decoder->start + span.length;
  return decode_text(decoder, &block->row, row);
}

int32_t csv_decode(void *raw_self, const mill_raw_batch *raw, mill_batch *out, const mill_row_errors *errors,
                   mill_error *error) {
  csv_instance *self = raw_self;
  csv_decoder *decoder = &self->decoder;
  decoder->data = raw->data;
  const row_decoding how = {.pool = self->pool,
                            .type = self->type,
                            .title = "serde \"csv\": decoding a batch",
                            .decode = decode_row,
                            .self = self,
                            .is_out_of_memory = &decoder->is_out_of_memory,
                            .uses_data = &decoder->uses_data,
                            .code = &decoder->code,
                            .message = decoder->message};
  return row_loop_decode(&how, raw, out, errors, error);
}
