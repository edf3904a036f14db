#include "check.h"
#include "decode.h"
#include "instance.h"

// Decodes the text of a row; 0, with a failure noted, if it is bad.
static int decode_text(json_decoder *decoder, row_block *block, int64_t row) {
  const uint8_t *at = json_space(decoder->start);
  if (at >= decoder->end)
    return json_fail_text(decoder, at, "") != NULL;
  if (*at != '{')
    return json_fail_text(decoder, at, "expected an object, whose members are the fields") != NULL;
  at = json_decode_struct(decoder, &block->row, row, at);
  if (at == NULL)
    return 0;
  if (at > decoder->end)
    return json_fail_text(decoder, at, "") != NULL;
  at = json_space(at);
  return at >= decoder->end ||
         json_fail_text(decoder, at, "expected the end, found more after the object") != NULL;
}

static void note_null(json_decoder *decoder, uint32_t part) {
  decoder->code = JSON_MISSING;
  snprintf(decoder->message, sizeof decoder->message, "the %s is null (no bytes), expected a JSON object",
           part == MILL_PART_KEY ? "key" : "value");
}

// Whether the columns suit what a row was written with; 0, noted, if not.
static int is_readable(json_instance *self, int64_t row) {
  json_decoder *decoder = &self->decoder;
  if (self->written[row] == NULL)
    return 1;
  const char *problem = json_plans_get(&self->plans, self->written[row], self->type);
  decoder->is_out_of_memory = problem == NULL;
  if (problem != NULL && problem[0] == '\0')
    return 1;
  decoder->code = MILL_ROW_SCHEMA;
  snprintf(decoder->message, sizeof decoder->message, "%s", problem == NULL ? "" : problem);
  return 0;
}

static int decode_row(void *raw_self, row_block *block, const mill_raw_batch *raw, int64_t row) {
  json_instance *self = raw_self;
  json_decoder *decoder = &self->decoder;
  mill_span span = (self->part == MILL_PART_KEY ? raw->keys : raw->values)[row];
  if (span.length < 0) {
    note_null(decoder, self->part);
    return 0;
  }
  if (self->written != NULL && !is_readable(self, row))
    return 0;
  decoder->start = raw->data + span.offset;
  decoder->end = decoder->start + span.length;
  decoder->depth = 0;
  return decode_text(decoder, block, row) &&
         (self->schema == NULL || json_check(decoder, &self->room, self->schema, 0));
}

int32_t json_decode(void *raw_self, const mill_raw_batch *raw, mill_batch *out, const mill_row_errors *errors,
                    mill_error *error) {
  json_instance *self = raw_self;
  json_decoder *decoder = &self->decoder;
  decoder->data = raw->data;
  self->written = mill_schemas_of(raw, self->part);
  const row_decoding how = {.pool = self->pool,
                            .type = self->type,
                            .title = "serde \"json\": decoding a batch",
                            .decode = decode_row,
                            .self = self,
                            .is_out_of_memory = &decoder->is_out_of_memory,
                            .uses_data = &decoder->uses_data,
                            .code = &decoder->code,
                            .message = decoder->message};
  return row_loop_decode(&how, raw, out, errors, error);
}
