#include "decoder.h"
#include "instance.h"

// What a row is written from and by.
typedef struct row_writer {
  proto_encoder encoder;
  const proto_write_plan *plan;
  const column_source *columns;
} row_writer;

static int encode_row(void *raw_self, int64_t row) {
  row_writer *self = raw_self;
  const column_source *columns = self->columns->children;
  return proto_write_columns(&self->encoder, &self->plan->root, columns, row) &&
         (self->plan->unknown == NULL ||
          proto_write_unknown(&self->encoder, self->plan->unknown, columns, row));
}

static int64_t encode_run(void *raw_self, int64_t first, int64_t rows) {
  row_writer *self = raw_self;
  return proto_write_run(&self->encoder, self->plan, self->columns->children, first, rows);
}

int32_t proto_encode(void *raw_self, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                     mill_error *error) {
  proto_instance *self = raw_self;
  row_writer writer = {
      .encoder = {.to = &self->encoded}, .plan = self->write_plan, .columns = &self->rows.columns};
  column_source_open(&self->rows.columns, &batch->columns);
  const row_encoding how = {.encode = encode_row,
                            .encode_run = encode_run,
                            .self = &writer,
                            .is_out_of_memory = &writer.encoder.is_out_of_memory,
                            .code = PROTO_NOT_WRITABLE,
                            .message = writer.encoder.message};
  return row_loop_encode(&how, &self->encoded, batch->columns.length, out, errors, error);
}
