#include "decoder.h"
#include "instance.h"

static int encode_row(avro_instance *self, avro_encoder *encoder, int64_t row) {
  const avro_write_plan *plan = self->write_plan;
  return plan->is_row ? plan->root->write(encoder, plan->root, &self->source, row)
                      : avro_write_value(encoder, plan->root, &self->source.children[0], row);
}

int32_t avro_encode(void *raw_self, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                    mill_error *error) {
  avro_instance *self = raw_self;
  encoded *to = &self->encoded;
  avro_encoder encoder = {.to = to};
  int64_t rows = batch->columns.length;
  if (!encoded_begin(to, rows))
    return encoded_fail(error);
  column_source_open(&self->source, &batch->columns);
  for (int64_t row = 0; row < rows; row++) {
    int64_t start = to->size;
    to->spans[row] = (mill_span){(int32_t)start, -1};
    if (!encoded_begin_row(to))
      return encoded_fail(error);
    if (encode_row(self, &encoder, row)) {
      to->spans[row].length = (int32_t)(to->size - start);
      continue;
    }
    if (encoder.is_out_of_memory)
      return encoded_fail(error);
    to->size = start;
    errors->report(errors, row, AVRO_NOT_WRITABLE, encoder.message);
  }
  encoded_finish(to, rows, out);
  return MILL_OK;
}
