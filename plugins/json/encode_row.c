#include "check.h"
#include "encode.h"
#include "instance.h"

// What a row is written from and by.
typedef struct row_writer {
  json_encoder encoder;
  const column_source *columns;
  json_instance *instance;
} row_writer;

// Holds what was written from `start` on against the schema in use.
static int check_written(row_writer *self, int64_t start) {
  enum { PADDING = 64 }; // which a message that is read has, too
  json_decoder *decoder = &self->instance->decoder;
  json_encoder *encoder = &self->encoder;
  uint8_t *end = json_encode_room(encoder, PADDING);
  if (end == NULL)
    return 0;
  memset(end, 0, PADDING);
  decoder->data = decoder->start = encoder->to->bytes + start;
  decoder->end = end;
  decoder->is_out_of_memory = 0;
  if (json_check(decoder, &self->instance->room, self->instance->schema, 1))
    return 1;
  encoder->is_out_of_memory = decoder->is_out_of_memory;
  memcpy(encoder->message, decoder->message, sizeof encoder->message);
  return 0;
}

static int encode_row(void *raw_self, int64_t row) {
  row_writer *self = raw_self;
  int64_t start = self->encoder.to->size;
  return json_encode_struct(&self->encoder, self->columns, row) &&
         (self->instance->schema == NULL || check_written(self, start));
}

int32_t json_encode(void *raw_self, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                    mill_error *error) {
  json_instance *self = raw_self;
  row_writer writer = {.encoder = {.to = &self->encoded}, .columns = &self->rows.columns, .instance = self};
  column_source_open(&self->rows.columns, &batch->columns);
  const row_encoding how = {.encode = encode_row,
                            .self = &writer,
                            .is_out_of_memory = &writer.encoder.is_out_of_memory,
                            .code = JSON_NOT_WRITABLE,
                            .message = writer.encoder.message};
  return row_loop_encode(&how, &self->encoded, batch->columns.length, out, errors, error);
}
