#include "instance.h"
#include "read.h"
#include "run.h"
#include "unknown.h"

static int fail_row(proto_decoder *decoder, int32_t code, const char *message) {
  decoder->code = code;
  snprintf(decoder->message, sizeof decoder->message, "%s", message);
  return 0;
}

// Decodes a row's message by a plan; 0, with a failure noted, if it is bad.
static int decode_message(proto_decoder *decoder, const proto_plan *plan, row_block *block, int64_t row,
                          const uint8_t *at, const uint8_t *end) {
  if (plan->root == NULL)
    return fail_row(decoder, plan->is_bad_index ? PROTO_BAD_DATA : MILL_ROW_SCHEMA, plan->problem);
  column_builder *columns = &block->row;
  for (uint32_t word = 0; word <= plan->root->column_count / 64; word++)
    columns->seen[word] = 0;
  decoder->cells_left = PROTO_CELLS_PER_BYTE * (end - at) + PROTO_CELLS_MORE;
  if (proto_read_fields(decoder, plan->root, columns->children, columns->seen, row, at, end) == NULL)
    return 0;
  return plan->unknown == NULL ||
         proto_read_unknown(decoder, plan->unknown, &columns->children[plan->unknown->column], row, at, end) !=
             NULL;
}

// The plan for a row, with its message's index gone past; NULL, with a failure noted, if there is none.
static const proto_plan *plan_for(proto_instance *self, int64_t row, const uint8_t **at, const uint8_t *end) {
  proto_index index;
  const mill_schema *written = self->written == NULL ? NULL : self->written[row];
  if (written == NULL) {
    if (self->own_plan == NULL || self->written != NULL)
      fail_row(
          &self->decoder, MILL_ROW_SCHEMA,
          "the message doesn't say what schema it was written with; set `registry` of the topic, or `schema`");
    return self->written != NULL ? NULL : self->own_plan;
  }
  *at = proto_index_read(*at, end, &index);
  if (*at == NULL) {
    fail_row(
        &self->decoder, PROTO_BAD_DATA,
        "no message index between the schema's id and the payload; was it written by a Protobuf serializer?");
    return NULL;
  }
  if (self->own_plan != NULL)
    return self->own_plan;
  const proto_plan *plan = proto_plans_get(&self->plans, written, &index, self->type);
  self->decoder.is_out_of_memory = plan == NULL;
  return plan;
}

static const mill_span *spans_of(const proto_instance *self, const mill_raw_batch *raw) {
  return self->part == MILL_PART_KEY ? raw->keys : raw->values;
}

static int decode_row(void *raw_self, row_block *block, const mill_raw_batch *raw, int64_t row) {
  proto_instance *self = raw_self;
  proto_decoder *decoder = &self->decoder;
  mill_span span = spans_of(self, raw)[row];
  if (span.length < 0)
    return fail_row(decoder, PROTO_MISSING,
                    self->part == MILL_PART_KEY ? "the key is null (no bytes), expected a Protobuf message"
                                                : "the value is null (no bytes), expected a Protobuf message");
  decoder->start = raw->data + span.offset;
  decoder->end = decoder->start + span.length;
  const uint8_t *at = decoder->start, *end = decoder->end;
  const proto_plan *plan = plan_for(self, row, &at, end);
  return plan != NULL && decode_message(decoder, plan, block, row, at, end);
}

// Makes a run of the rows from `first`, which begin as it does: with `lead` bytes, of one schema.
static void make_run(const proto_instance *self, const mill_raw_batch *raw, int64_t first, int64_t lead,
                     row_run *run) {
  const mill_span *spans = spans_of(self, raw) + first;
  const mill_schema *const *schemas = self->written == NULL ? NULL : self->written + first;
  const uint8_t *start = raw->data + spans[0].offset;
  int room = row_run_room(first, raw->length);
  row_run_begin(run, first);
  for (int i = 0; i < room; i++) {
    const uint8_t *at = raw->data + spans[i].offset;
    if (spans[i].length < lead || (schemas != NULL && schemas[i] != schemas[0]) ||
        (lead > 0 && memcmp(at, start, (size_t)lead) != 0))
      break;
    row_run_add(run, at + lead, at + spans[i].length);
  }
}

static int64_t decode_run(void *raw_self, row_block *block, const mill_raw_batch *raw, int64_t first,
                          uint64_t *left) {
  proto_instance *self = raw_self;
  mill_span span = spans_of(self, raw)[first];
  const uint8_t *start = raw->data + span.offset, *at = start;
  row_run run;
  const proto_plan *plan =
      span.length < 0 || self->is_row_by_row ? NULL : plan_for(self, first, &at, start + span.length);
  self->is_row_by_row |= plan != NULL && plan->places == NULL;
  if (plan == NULL || plan->places == NULL)
    return 1;
  make_run(self, raw, first, at - start, &run);
  proto_run_read(&self->decoder, plan, &block->row, &run);
  *left = run.odd;
  self->is_row_by_row = 2 * __builtin_popcountll(run.odd) > run.count;
  return run.count;
}

int32_t proto_decode(void *raw_self, const mill_raw_batch *raw, mill_batch *out, const mill_row_errors *errors,
                     mill_error *error) {
  proto_instance *self = raw_self;
  proto_decoder *decoder = &self->decoder;
  text_source_begin(&decoder->source, raw);
  self->written = mill_schemas_of(raw, self->part);
  self->is_row_by_row = 0;
  const row_decoding how = {.pool = self->pool,
                            .type = self->type,
                            .title = "serde \"protobuf\": decoding a batch",
                            .decode = decode_row,
                            .decode_run = decode_run,
                            .self = self,
                            .is_out_of_memory = &decoder->is_out_of_memory,
                            .uses_data = &decoder->source.uses_data,
                            .code = &decoder->code,
                            .message = decoder->message};
  return row_loop_decode(&how, raw, out, errors, error);
}
