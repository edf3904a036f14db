/// The source: split `i` of `p` has the blocks `b` of 50 events with b % p == i, in order.
#include "clock.h"
#include "nexmark.h"
#include "source_config.h"

/// The most rows of a batch, whatever the host asks for: memory for them is kept.
#define ROWS_MAX 65536

typedef struct source {
  nexmark_source_config config;
  mill_field fields[NEXMARK_COLUMNS_MAX];
  nexmark_batch_pool *pool;
  int64_t split_index;
  int64_t split_count;
  /// Events of this split that are done, and how many it has.
  int64_t position;
  int64_t end;
  /// When and where the rate counts from; -1 before the first poll.
  int64_t start_ns;
  int64_t start_position;
} source;

static int32_t create(const struct mill_host *host, const char *config_json, uint32_t split_index,
                      uint32_t split_count, void **out_self, mill_error *error) {
  nexmark_source_config config;
  if (nexmark_source_config_read(config_json, &config, error) != MILL_OK)
    return MILL_FAILED;
  source *self = calloc(1, sizeof *self);
  if (self == NULL)
    return mill_fail_memory(error, "nexmark source");
  self->config = config;
  for (uint32_t i = 0; i < config.column_count; i++)
    self->fields[i] = config.kind->fields[config.columns[i]];
  self->pool = nexmark_batch_pool_make(host, self->fields, config.column_count);
  if (self->pool == NULL) {
    free(self);
    return mill_fail_memory(error, "nexmark source");
  }
  self->split_index = split_index;
  self->split_count = split_count;
  self->end = config.events / split_count / NEXMARK_BLOCK_SIZE * NEXMARK_BLOCK_SIZE;
  self->start_ns = -1;
  *out_self = self;
  return MILL_OK;
}

static int32_t schema(void *raw, struct ArrowSchema *out, mill_error *error) {
  source *self = raw;
  return mill_schema_make(out, self->fields, self->config.column_count, error);
}

static int32_t seek(void *raw, int64_t position, mill_error *error) {
  source *self = raw;
  if (position < 0 || position > self->end)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "nexmark: position %lld is not in this split of %lld events; keep \"events\" and the "
                     "number of splits, or start the job anew",
                     (long long)position, (long long)self->end);
  self->position = position;
  self->start_ns = -1;
  return MILL_OK;
}

/// The position up to which events may come now.
static int64_t limit(source *self) {
  if (self->config.rate == 0)
    return self->end;
  int64_t now = nexmark_clock_ns();
  if (self->start_ns < 0) {
    self->start_ns = now;
    self->start_position = self->position;
  }
  double seconds = (double)(now - self->start_ns) * 1e-9;
  double due = seconds * (double)self->config.rate / (double)self->split_count;
  return due >= (double)(self->end - self->start_position) ? self->end : self->start_position + (int64_t)due;
}

static void fill_times(int64_t *event_time_us, int64_t row, int32_t count, int64_t block) {
  nexmark_repeat(event_time_us, row, count, nexmark_time_ms(block) * 1000);
}

/// Makes the rows of the block at the position, at most `room`, and moves past them; how many there were.
static int32_t fill_block(source *self, nexmark_batch *batch, void *const *columns, int64_t row, int64_t room,
                          int64_t limit) {
  const nexmark_kind *kind = self->config.kind;
  int64_t block = self->position / NEXMARK_BLOCK_SIZE * self->split_count + self->split_index;
  int64_t start = self->position - self->position % NEXMARK_BLOCK_SIZE;
  int64_t place = self->position - start, end = kind->first + kind->count;
  if (place < kind->first)
    place = kind->first;
  if (end > limit - start)
    end = limit - start;
  if (place >= end) {
    int64_t next = start + NEXMARK_BLOCK_SIZE;
    self->position = next < limit ? next : limit;
    return 0;
  }
  int32_t count = (int32_t)(end - place < room ? end - place : room);
  kind->fill(columns, row, block, (int32_t)place, count);
  if (self->config.keys.count > 0 && columns[BID_KEY] != NULL)
    nexmark_keys_fill(&self->config.keys, (int64_t *)columns[BID_KEY] + row, block, (int32_t)place, count);
  fill_times(batch->event_time_us, row, count, block);
  self->position = start + place + count;
  return count;
}

static int64_t fill(source *self, nexmark_batch *batch, int64_t rows_max, int64_t limit) {
  void *columns[NEXMARK_COLUMNS_MAX] = {NULL};
  for (uint32_t i = 0; i < self->config.column_count; i++)
    columns[self->config.columns[i]] = batch->values[i];
  int64_t rows = 0;
  while (rows < rows_max && self->position < limit)
    rows += fill_block(self, batch, columns, rows, rows_max - rows, limit);
  return rows;
}

static int32_t poll(void *raw, int64_t max_rows, mill_batch *out, int32_t *ended, mill_error *error) {
  source *self = raw;
  int64_t rows_max = max_rows < ROWS_MAX ? max_rows : ROWS_MAX, to = limit(self);
  out->release = NULL;
  if (rows_max > 0 && self->position < to) {
    nexmark_batch *batch = nexmark_batch_acquire(self->pool, rows_max);
    if (batch == NULL)
      return mill_fail_memory(error, "nexmark source");
    int64_t rows = fill(self, batch, rows_max, to);
    if (rows > 0)
      nexmark_batch_finish(batch, rows, 1, out);
    else
      nexmark_batch_give_back(batch);
  }
  *ended = self->position >= self->end;
  return MILL_OK;
}

static int64_t position(void *raw) { return ((source *)raw)->position; }

static void destroy(void *raw) {
  source *self = raw;
  nexmark_batch_pool_drop(self->pool);
  free(self);
}

static const mill_source_descriptor descriptor = {
    .struct_size = sizeof(mill_source_descriptor),
    .id = "nexmark",
    .version = NEXMARK_VERSION,
    .summary = "Nexmark's auctions, bids and people, made up: the same rows on every run.",
    .config_schema = nexmark_source_config_schema};
static const mill_source_vtable vtable = {.struct_size = sizeof(mill_source_vtable),
                                          .create = create,
                                          .schema = schema,
                                          .seek = seek,
                                          .poll = poll,
                                          .position = position,
                                          .destroy = destroy};
const mill_source_type nexmark_source = {sizeof(mill_source_type), 0, &descriptor, &vtable};
