/// "nexmark.checksum": how many rows came, and a sum over them that does not depend on their order. When all
/// have come, it logs both, and puts out one row with them.
#include "clock.h"
#include "millrace/log.h"
#include "millrace/plugin.h"
#include "operators.h"
#include "source_config.h"

#include <inttypes.h>

#define ID "nexmark.checksum"
#define NAME_SIZE 64

static const mill_field output_fields[] = {{"rows", "l", 0}, {"checksum", "l", 0}};
enum { OUTPUT_ROWS, OUTPUT_CHECKSUM, OUTPUT_FIELDS };

/// What is kept in a checkpoint.
typedef struct totals {
  int64_t rows;
  uint64_t checksum;
} totals;

typedef struct checksum {
  const mill_log *log;
  char names[2][NAME_SIZE];
  uint32_t column_count;
  mill_column_ref columns[2];
  nexmark_batch_pool *pool;
  totals totals;
  /// Events whose rows come before the clock starts.
  int64_t skip_events;
  /// When the clock started, and the processor time then; 0 before.
  int64_t start_ns, start_cpu_ns;
  /// Rows since then.
  int64_t timed_rows;
  int is_told;
} checksum;

static int32_t take_name(void *context, const char *name, size_t size, mill_error *error) {
  checksum *self = context;
  if (self->column_count == 2 || size >= NAME_SIZE)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "config: \"columns\" of " ID " takes one or two names of at most %d bytes", NAME_SIZE - 1);
  memcpy(self->names[self->column_count++], name, size);
  return MILL_OK;
}

static int32_t read_config(checksum *self, const char *config_json, mill_error *error) {
  if (nexmark_config_strings(config_json, "columns", take_name, self, error) != MILL_OK)
    return MILL_FAILED;
  if (self->column_count == 0)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"columns\" of " ID " names one or two columns");
  return mill_json_integer(config_json, "skip_events", 0, NEXMARK_EVENTS_MAX, &self->skip_events, error);
}

static void destroy(void *raw) {
  checksum *self = raw;
  nexmark_batch_pool_drop(self->pool);
  free(self);
}

static int32_t create(const mill_host *host, const char *config_json, void **out_self, mill_error *error) {
  checksum *self = calloc(1, sizeof *self);
  if (self == NULL || (self->pool = nexmark_batch_pool_make(host, output_fields, OUTPUT_FIELDS)) == NULL) {
    free(self);
    return mill_fail_memory(error, ID);
  }
  self->log = host->get_extension(host, MILL_LOG);
  if (read_config(self, config_json, error) != MILL_OK) {
    destroy(self);
    return MILL_FAILED;
  }
  *out_self = self;
  return MILL_OK;
}

static int32_t bind(void *raw, const struct ArrowSchema *const *inputs, uint32_t input_count,
                    struct ArrowSchema *outputs, uint32_t output_count, mill_error *error) {
  checksum *self = raw;
  if (input_count != 1 || output_count != 1)
    return mill_fail(error, MILL_CLASS_FATAL, 0, ID " has 1 input and 1 output");
  for (uint32_t i = 0; i < self->column_count; i++)
    if (nexmark_column(inputs[0], self->names[i], "l", &self->columns[i], error) != MILL_OK)
      return MILL_FAILED;
  return mill_schema_make(&outputs[0], output_fields, OUTPUT_FIELDS, error);
}

/// Starts the clock, or counts rows while it runs.
static void time_rows(checksum *self, const mill_batch *in) {
  int64_t rows = in->columns.length, start_us = nexmark_time_ms(self->skip_events / NEXMARK_BLOCK_SIZE) * 1000;
  if (self->start_ns == 0) {
    if (self->skip_events > 0 &&
        (in->event_time_us == NULL || rows == 0 || in->event_time_us[rows - 1] < start_us))
      return;
    self->start_ns = nexmark_clock_ns();
    self->start_cpu_ns = nexmark_clock_cpu_ns();
  }
  self->timed_rows += rows;
}

static int32_t process(void *raw, mill_task *task, const mill_input *input, mill_error *error) {
  checksum *self = raw;
  (void)task, (void)error;
  const mill_batch *in = input->batch;
  time_rows(self, in);
  const int64_t *first = nexmark_values(in, &self->columns[0]);
  const int64_t *second = self->column_count == 2 ? nexmark_values(in, &self->columns[1]) : NULL;
  uint64_t sum = 0;
  for (int64_t row = 0; second != NULL && row < in->columns.length; row++)
    sum += (uint64_t)first[row] * 31 + (uint64_t)second[row];
  for (int64_t row = 0; second == NULL && row < in->columns.length; row++)
    sum += (uint64_t)first[row];
  self->totals.rows += in->columns.length;
  self->totals.checksum += sum;
  return MILL_OK;
}

/// Logs the totals once.
static void tell(checksum *self, mill_task *task) {
  if (self->is_told || self->log == NULL)
    return;
  self->is_told = 1;
  int is_timed = self->start_ns != 0;
  double seconds = is_timed ? (double)(nexmark_clock_ns() - self->start_ns) * 1e-9 : 0;
  double cpu_seconds = is_timed ? (double)(nexmark_clock_cpu_ns() - self->start_cpu_ns) * 1e-9 : 0;
  char message[200];
  snprintf(message, sizeof message,
           "worker=%u rows=%" PRId64 " checksum=%" PRId64 " seconds=%.6f timed_rows=%" PRId64
           " cpu_seconds=%.6f",
           task->worker_index, self->totals.rows, (int64_t)self->totals.checksum, seconds, self->timed_rows,
           cpu_seconds);
  self->log->write(MILL_LOG_INFO, ID, message);
}

static int32_t on_watermark(void *raw, mill_task *task, int64_t watermark_us, mill_error *error) {
  checksum *self = raw;
  if (watermark_us != INT64_MAX || self->is_told)
    return MILL_OK;
  tell(self, task);
  nexmark_batch *batch = nexmark_batch_acquire(self->pool, 1);
  if (batch == NULL)
    return mill_fail_memory(error, ID);
  *(int64_t *)batch->values[OUTPUT_ROWS] = self->totals.rows;
  *(int64_t *)batch->values[OUTPUT_CHECKSUM] = (int64_t)self->totals.checksum;
  mill_batch out;
  nexmark_batch_finish(batch, 1, 0, &out);
  return task->emit(task, 0, &out, error);
}

static int32_t snapshot(void *raw, mill_task *task, const mill_snapshot_writer *writer, mill_error *error) {
  checksum *self = raw;
  (void)task;
  return writer->write(writer, (const uint8_t *)&self->totals, sizeof self->totals, error);
}

static int32_t restore(void *raw, mill_task *task, const mill_snapshot_reader *reader, mill_error *error) {
  checksum *self = raw;
  totals earlier;
  (void)task;
  if (reader->size != sizeof earlier)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     ID ": the checkpoint has %llu bytes, expected %zu; start the job anew",
                     (unsigned long long)reader->size, sizeof earlier);
  memcpy(&earlier, reader->bytes, sizeof earlier);
  self->totals.rows += earlier.rows;
  self->totals.checksum += earlier.checksum;
  return MILL_OK;
}

static void close(void *raw, mill_task *task) { tell(raw, task); }

static const mill_port inputs[] = {{sizeof(mill_port), 0, "rows"}};
static const mill_port outputs[] = {{sizeof(mill_port), 0, "totals"}};
static const mill_operator_descriptor descriptor = {
    .struct_size = sizeof(mill_operator_descriptor),
    .id = ID,
    .version = NEXMARK_VERSION,
    .summary = "Counts rows and sums them up, to compare results by.",
    .config_schema = "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"columns\"],"
                     "\"properties\":{\"columns\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
                     "\"skip_events\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":1000000000000000,"
                     "\"default\":0}}}",
    .inputs = inputs,
    .input_count = 1,
    .output_count = 1,
    .outputs = outputs};
static const mill_operator_vtable vtable = {.struct_size = sizeof(mill_operator_vtable),
                                            .create = create,
                                            .bind = bind,
                                            .open = nexmark_open_nothing,
                                            .process = process,
                                            .on_watermark = on_watermark,
                                            .snapshot = snapshot,
                                            .restore = restore,
                                            .close = close,
                                            .destroy = destroy};
const mill_operator_type nexmark_checksum = {sizeof(mill_operator_type), 0, &descriptor, &vtable};
