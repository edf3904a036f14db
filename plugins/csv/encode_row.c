#include "encode.h"
#include "instance.h"

// What a row is written from and by.
typedef struct row_writer {
  csv_encoder encoder;
  const column_source *columns;
} row_writer;

static int encode_row(void *raw_self, int64_t index) {
  csv_encoder *encoder = &((row_writer *)raw_self)->encoder;
  const column_source *row = ((row_writer *)raw_self)->columns;
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
  row_writer writer = {.encoder = {.options = &self->options, .to = &self->encoded},
                       .columns = &self->rows.columns};
  column_source_open(&self->rows.columns, &batch->columns);
  const row_encoding how = {.encode = encode_row,
                            .self = &writer,
                            .is_out_of_memory = &writer.encoder.is_out_of_memory,
                            .code = CSV_NOT_WRITABLE,
                            .message = writer.encoder.message};
  return row_loop_encode(&how, &self->encoded, batch->columns.length, out, errors, error);
}
