#include "../common/row_loop.h"
#include "decoder.h"
#include "encode.h"

// What a row is written from and by.
typedef struct row_writer {
  avro_encoder encoder;
  const avro_write_plan *plan;
  const column_source *columns;
  int64_t row_size_max;
} row_writer;

static int write_row(row_writer *self, int64_t row) {
  const avro_writing *root = self->plan->root;
  return self->plan->is_row ? root->write(&self->encoder, root, self->columns, row)
                            : avro_write_value(&self->encoder, root, &self->columns->children[0], row);
}

static int encode_row(void *raw_self, int64_t row) {
  row_writer *self = raw_self;
  int64_t start = self->encoder.to->size;
  if (!write_row(self, row))
    return 0;
  int64_t size = self->encoder.to->size - start;
  if (size <= self->row_size_max)
    return 1;
  snprintf(self->encoder.message, sizeof self->encoder.message, "a row of %lld bytes, expected at most %lld",
           (long long)size, (long long)self->row_size_max);
  return 0;
}

// Rows that may be longer than they should be are left to encode_row.
static int64_t encode_run(void *raw_self, int64_t first, int64_t rows) {
  row_writer *self = raw_self;
  encoded *to = self->encoder.to;
  int64_t start = to->size, count = avro_write_run(&self->encoder, self->plan, self->columns, first, rows);
  if (to->size - start <= self->row_size_max)
    return count;
  to->size = start;
  return 0;
}

int32_t avro_encode_rows(const avro_write_plan *plan, column_source *columns, const mill_batch *batch,
                         int64_t row_size_max, encoded *to, mill_encoded *out, const mill_row_errors *errors,
                         mill_error *error) {
  row_writer writer = {.encoder = {.to = to}, .plan = plan, .columns = columns, .row_size_max = row_size_max};
  column_source_open(columns, &batch->columns);
  const row_encoding how = {.encode = encode_row,
                            .encode_run = encode_run,
                            .self = &writer,
                            .is_out_of_memory = &writer.encoder.is_out_of_memory,
                            .code = AVRO_NOT_WRITABLE,
                            .message = writer.encoder.message};
  return row_loop_encode(&how, to, batch->columns.length, out, errors, error);
}
