#include "encode.h"
#include "instance.h"

int32_t json_encode(void *raw_self, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                    mill_error *error) {
  json_instance *self = raw_self;
  encoded *to = &self->encoded;
  json_encoder encoder = {.to = to};
  int64_t rows = batch->columns.length;
  if (!encoded_begin(to, rows))
    return encoded_fail(error);
  column_source_open(&self->source, &batch->columns);
  for (int64_t row = 0; row < rows; row++) {
    int64_t start = to->size;
    to->spans[row] = (mill_span){(int32_t)start, -1};
    if (!encoded_begin_row(to))
      return encoded_fail(error);
    if (json_encode_struct(&encoder, &self->source, row)) {
      to->spans[row].length = (int32_t)(to->size - start);
      continue;
    }
    if (encoder.is_out_of_memory)
      return encoded_fail(error);
    to->size = start;
    errors->report(errors, row, JSON_NOT_WRITABLE, encoder.message);
  }
  encoded_finish(to, rows, out);
  return MILL_OK;
}
