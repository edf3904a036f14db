#include "encode.h"
#include "instance.h"

static int encode_row(csv_encoder *encoder, const column_source *row, int64_t index) {
  for (uint32_t i = 0; i < row->type->child_count; i++) {
    if (i > 0) {
      uint8_t *out = csv_encode_room(encoder, 1);
      if (out == NULL)
        return 0;
      *out = encoder->options->delimiter;
      encoder->to->size++;
    }
    if (!csv_encode_value(encoder, &row->children[i], index))
      return 0;
  }
  return 1;
}

int32_t csv_encode(void *raw_self, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                   mill_error *error) {
  csv_instance *self = raw_self;
  encoded *to = &self->encoded;
  csv_encoder encoder = {.options = &self->options, .to = to};
  int64_t rows = batch->columns.length;
  if (!encoded_begin(to, rows))
    return encoded_fail(error);
  column_source_open(&self->source, &batch->columns);
  for (int64_t row = 0; row < rows; row++) {
    int64_t start = to->size;
    to->spans[row] = (mill_span){(int32_t)start, -1};
    if (encode_row(&encoder, &self->source, row)) {
      to->spans[row].length = (int32_t)(to->size - start);
      continue;
    }
    if (encoder.is_out_of_memory)
      return encoded_fail(error);
    to->size = start;
    errors->report(errors, row, CSV_NOT_WRITABLE, encoder.message);
  }
  encoded_finish(to, rows, out);
  return MILL_OK;
}
