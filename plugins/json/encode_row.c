#include "encode.h"
#include "instance.h"

// What a row is written from and by.
typedef struct row_writer {
  json_encoder encoder;
  const column_source *columns;
} row_writer;

static int encode_row(void *raw_self, int64_t row) {
  row_writer *self = raw_self;
  return json_encode_struct(&self->encoder, self->columns, row);
}

int32_t json_encode(void *raw_self, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                    mill_error *error) {
  json_instance *self = raw_self;
  row_writer writer = {.encoder = {.to = &self->encoded}, .columns = &self->rows.columns};
  column_source_open(&self->rows.columns, &batch->columns);
  const row_encoding how = {.encode = encode_row,
                            .self = &writer,
                            .is_out_of_memory = &writer.encoder.is_out_of_memory,
                            .code = JSON_NOT_WRITABLE,
                            .message = writer.encoder.message};
  return row_loop_encode(&how, &self->encoded, batch->columns.length, out, errors, error);
}
