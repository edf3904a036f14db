#include "sink_slot.h"

#include "sink_options.h"

#include <unistd.h>

static void recount(sink_slot *own) {
  mill_recount(own->memory, &own->counted,
               (size_t)(own->encoded.capacity + container_writer_memory(&own->writer)));
}

// Writes whole blocks.
static int32_t write_blocks(sink_slot *own, mill_error *error) {
  if (own->writer.out.size == 0)
    return MILL_OK;
  if (own->fd < 0 && (own->fd = sink_directory_make(own->directory, own->file, error)) < 0)
    return MILL_FAILED;
  return container_writer_write(&own->writer, own->fd)
             ? MILL_OK
             : sink_directory_fail(own->directory, own->file, "written", error);
}

// The files hold what was inserted; they have no way to take a row back.
static int32_t refuse_revisions(const mill_batch *batch, mill_error *error) {
  for (int64_t row = 0; batch->row_kind != NULL && row < batch->columns.length; row++)
    if (batch->row_kind[row] != MILL_ROW_INSERT)
      return mill_fail(error, MILL_CLASS_FATAL, 0,
                       SINK_TITLE
                       ": a row of kind %d: it takes inserts only; let the step before emit final results",
                       batch->row_kind[row]);
  return MILL_OK;
}

static int add_rows(sink_slot *own, const mill_encoded *rows) {
  for (int64_t row = 0; row < rows->length; row++) {
    mill_span span = rows->spans[row];
    if (span.length >= 0 && !container_writer_add(&own->writer, rows->data + span.offset, span.length))
      return 0;
  }
  return 1;
}

int32_t sink_slot_take(sink_slot *own, uint64_t epoch, const mill_batch *batch, const mill_row_errors *errors,
                       mill_error *error) {
  mill_encoded rows;
  // What comes behind this can't fail in passing: so nothing is taken if this does.
  if (refuse_revisions(batch, error) != MILL_OK || write_blocks(own, error) != MILL_OK)
    return MILL_FAILED;
  own->file.epoch = epoch;
  if (avro_encode_rows(own->plan, &own->columns, batch, ROW_SIZE_MAX, &own->encoded, &rows, errors, error) !=
      MILL_OK)
    return MILL_FAILED;
  int is_good = add_rows(own, &rows);
  recount(own);
  return is_good ? MILL_OK : mill_fail_memory(error, SINK_TITLE);
}

int32_t sink_slot_finish(sink_slot *own, mill_error *error) {
  if (!container_writer_end_block(&own->writer))
    return mill_fail_memory(error, SINK_TITLE);
  recount(own);
  if (write_blocks(own, error) != MILL_OK ||
      sink_directory_sync_file(own->directory, own->file, own->fd, error) != MILL_OK)
    return MILL_FAILED;
  close(own->fd);
  own->fd = -1;
  container_writer_reset(&own->writer);
  return MILL_OK;
}

void sink_slot_free(sink_slot *own) {
  if (own->fd >= 0)
    close(own->fd);
  container_writer_free(&own->writer);
  column_source_free(&own->columns);
  encoded_free(&own->encoded);
  mill_recount(own->memory, &own->counted, 0);
}
