#include "instance.h"
#include "run.h"

static int fail_row(avro_decoder *decoder, int32_t code, const char *message) {
  decoder->code = code;
  snprintf(decoder->message, sizeof decoder->message, "%s", message);
  return 0;
}

// Decodes a row's message by a plan; 0, with a failure noted, if it is bad.
static int decode_message(avro_decoder *decoder, avro_plan *plan, row_block *block, int64_t row) {
  static const avro_step nothing = {.column = -1};
  if (plan->root == NULL)
    return fail_row(decoder, MILL_ROW_SCHEMA, plan->message);
  decoder->items_left = avro_items_max(decoder->end - decoder->start);
  const uint8_t *at = avro_plan_read(decoder, plan, &block->row, row);
  if (at == NULL)
    return 0;
  return at == decoder->end || avro_fail(decoder, &nothing, NULL, at, AVRO_BAD_DATA,
                                         "%lld bytes are left behind the datum of schema \"%.100s\"",
                                         (long long)(decoder->end - at), plan->written->title) != NULL;
}

// The plan for a row, NULL, with a failure noted, if there is none.
static avro_plan *plan_for(avro_instance *self, int64_t row) {
  const mill_schema *const *schemas = self->written;
  avro_plan *plan = self->own_plan;
  if (schemas != NULL && schemas[row] != NULL) {
    plan = avro_plans_get(&self->plans, schemas[row], self->schema, self->type);
    self->decoder.is_out_of_memory = plan == NULL;
  } else if (plan == NULL || schemas != NULL) {
    plan = NULL;
    fail_row(
        &self->decoder, MILL_ROW_SCHEMA,
        "the message doesn't say what schema it was written with; set `registry` of the topic, or `schema`");
  }
  return plan;
}

static const mill_span *spans_of(const avro_instance *self, const mill_raw_batch *raw) {
  return self->part == MILL_PART_KEY ? raw->keys : raw->values;
}

static int decode_row(void *raw_self, row_block *block, const mill_raw_batch *raw, int64_t row) {
  avro_instance *self = raw_self;
  avro_decoder *decoder = &self->decoder;
  mill_span span = spans_of(self, raw)[row];
  if (span.length < 0)
    return fail_row(decoder, AVRO_MISSING,
                    self->part == MILL_PART_KEY ? "the key is null (no bytes), expected an Avro datum"
                                                : "the value is null (no bytes), expected an Avro datum");
  avro_plan *plan = plan_for(self, row);
  if (plan == NULL)
    return 0;
  decoder->start = raw->data + span.offset;
  decoder->end = decoder->start + span.length;
  return decode_message(decoder, plan, block, row);
}

// Makes a run of the rows from `first` that were written with one schema.
static void make_run(const avro_instance *self, const mill_raw_batch *raw, int64_t first, row_run *run) {
  const mill_span *spans = spans_of(self, raw) + first;
  const mill_schema *const *schemas = self->written == NULL ? NULL : self->written + first;
  int room = row_run_room(first, raw->length);
  row_run_begin(run, first);
  for (int i = 0; i < room; i++) {
    const uint8_t *at = raw->data + spans[i].offset;
    if (spans[i].length < 0 || (schemas != NULL && schemas[i] != schemas[0]))
      break;
    row_run_add(run, at, at + spans[i].length);
  }
}

static int64_t decode_run(void *raw_self, row_block *block, const mill_raw_batch *raw, int64_t first,
                          uint64_t *left) {
  avro_instance *self = raw_self;
  avro_plan *plan = spans_of(self, raw)[first].length < 0 ? NULL : plan_for(self, first);
  row_run run;
  if (plan == NULL || plan->places == NULL)
    return 1;
  make_run(self, raw, first, &run);
  avro_run_read(&self->decoder, plan, &block->row, &run);
  *left = run.odd;
  return run.count;
}

int32_t avro_decode(void *raw_self, const mill_raw_batch *raw, mill_batch *out, const mill_row_errors *errors,
                    mill_error *error) {
  avro_instance *self = raw_self;
  avro_decoder *decoder = &self->decoder;
  text_source_begin(&decoder->source, raw);
  self->written = mill_schemas_of(raw, self->part);
  const row_decoding how = {.pool = self->pool,
                            .type = self->type,
                            .title = "serde \"avro\": decoding a batch",
                            .decode = decode_row,
                            .decode_run = decode_run,
                            .self = self,
                            .is_out_of_memory = &decoder->is_out_of_memory,
                            .uses_data = &decoder->source.uses_data,
                            .code = &decoder->code,
                            .message = decoder->message};
  return row_loop_decode(&how, raw, out, errors, error);
}
