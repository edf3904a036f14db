/// The running count of each auction's bids, written by hand: what the engine's figure is held against.
///
///     kc EVENTS THREADS(1 or 2)
///
/// Each thread is what a worker of the engine is: it generates its split, cuts each batch by key, counts its
/// own part, and hands the other to the other thread as row indices. For every bid a row (auction, count, event
/// time) is written, and a checksum taken of it. Prints, with tabs between: threads, events, seconds, events a
/// second, CPU seconds per million events, peak RSS in MB, rows, checksum.
#include "clock.h"
#include "count_table.h"
#include "nexmark.h"

#include <inttypes.h>
#include <sys/resource.h>
#include <threads.h>

enum { BATCH_ROWS = 4096, THREADS_MAX = 2, RING_SIZE = 16, BATCHES_OUT = 32 };

/// A batch and which of its rows are whose.
typedef struct shared_batch {
  mill_batch batch;
  /// Threads that have yet to count their part, and one for releasing it then; 0: free.
  atomic_int users;
  int64_t counts[THREADS_MAX];
  uint32_t rows[THREADS_MAX][BATCH_ROWS];
} shared_batch;

/// Batches on their way from one thread to the other; the producer's and the consumer's ends on their own
/// lines.
typedef struct ring {
  shared_batch *items[RING_SIZE];
  _Alignas(64) atomic_uint_fast64_t head;
  _Alignas(64) atomic_uint_fast64_t tail;
  atomic_int is_ended;
} ring;

typedef struct worker {
  uint32_t index, count;
  void *source;
  ring *in, *out;
  shared_batch *batches;
  count_table table;
  int64_t output_auction[BATCH_ROWS], output_count[BATCH_ROWS], output_time_us[BATCH_ROWS];
  int64_t rows;
  uint64_t checksum;
} worker;

static void must(int32_t status, const mill_error *error) {
  if (status == MILL_OK)
    return;
  fprintf(stderr, "%s\n", error->message);
  exit(1);
}

static int push(ring *ring, shared_batch *batch) {
  uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  if (tail - atomic_load_explicit(&ring->head, memory_order_acquire) == RING_SIZE)
    return 0;
  ring->items[tail % RING_SIZE] = batch;
  atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
  return 1;
}

static shared_batch *pop(ring *ring) {
  uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
  if (head == atomic_load_explicit(&ring->tail, memory_order_acquire))
    return NULL;
  shared_batch *batch = ring->items[head % RING_SIZE];
  atomic_store_explicit(&ring->head, head + 1, memory_order_release);
  return batch;
}

/// Counts `count` rows; `rows` NULL: the first ones.
static void count_rows(worker *self, const mill_batch *batch, const uint32_t *rows, int64_t count) {
  const int64_t *auctions = batch->columns.children[0]->buffers[1];
  for (int64_t i = 0; i < count; i++) {
    int64_t row = rows == NULL ? i : rows[i];
    self->output_auction[i] = auctions[row];
    self->output_count[i] = count_table_add(&self->table, auctions[row]);
    self->output_time_us[i] = batch->event_time_us[row];
  }
  for (int64_t i = 0; i < count; i++)
    self->checksum += (uint64_t)self->output_auction[i] * 31 + (uint64_t)self->output_count[i];
  self->rows += count;
}

static void count_part(worker *self, shared_batch *shared) {
  count_rows(self, &shared->batch, shared->rows[self->index], shared->counts[self->index]);
  if (atomic_fetch_sub_explicit(&shared->users, 1, memory_order_acq_rel) != 2)
    return;
  shared->batch.release(&shared->batch);
  atomic_store_explicit(&shared->users, 0, memory_order_release);
}

static int drain(worker *self) {
  shared_batch *shared = pop(self->in);
  if (shared != NULL)
    count_part(self, shared);
  return shared != NULL;
}

/// Does what there is to do while waiting for the other thread; lets others run if that is nothing.
static void wait(worker *self) {
  if (!drain(self))
    thrd_yield();
}

/// Cuts a batch by key, without a branch on whose a row is.
static void cut(shared_batch *shared) {
  const int64_t *auctions = shared->batch.columns.children[0]->buffers[1];
  int64_t counts[THREADS_MAX] = {0, 0};
  for (int64_t row = 0; row < shared->batch.columns.length; row++) {
    uint32_t owner = count_hash(auctions[row]) >> 63;
    shared->rows[owner][counts[owner]++] = (uint32_t)row;
  }
  memcpy(shared->counts, counts, sizeof counts);
}

static shared_batch *free_batch(worker *self) {
  for (;;) {
    for (int i = 0; i < BATCHES_OUT; i++)
      if (atomic_load_explicit(&self->batches[i].users, memory_order_acquire) == 0)
        return &self->batches[i];
    wait(self);
  }
}

static int run_worker(void *raw) {
  worker *self = raw;
  mill_error error = {.struct_size = sizeof error};
  for (int32_t ended = 0; !ended;) {
    shared_batch *shared = free_batch(self);
    must(nexmark_source.vtable->poll(self->source, BATCH_ROWS, &shared->batch, &ended, &error), &error);
    if (shared->batch.release != NULL && self->count == 1) {
      count_rows(self, &shared->batch, NULL, shared->batch.columns.length);
      shared->batch.release(&shared->batch);
    } else if (shared->batch.release != NULL) {
      cut(shared);
      atomic_store_explicit(&shared->users, 3, memory_order_relaxed);
      while (!push(self->out, shared))
        wait(self);
      count_part(self, shared);
    }
    while (drain(self))
      continue;
  }
  atomic_store_explicit(&self->out->is_ended, 1, memory_order_release);
  while (!atomic_load_explicit(&self->in->is_ended, memory_order_acquire))
    wait(self);
  while (drain(self))
    continue;
  return 0;
}

static void start(worker *self, uint32_t index, uint32_t count, const char *events, ring *rings) {
  mill_error error = {.struct_size = sizeof error};
  char config[96];
  snprintf(config, sizeof config, "{\"events\":%s,\"columns\":[\"auction\"]}", events);
  *self = (worker){.index = index, .count = count, .in = &rings[index], .out = &rings[(index + 1) % count]};
  self->batches = calloc(BATCHES_OUT, sizeof *self->batches);
  self->table = count_table_make(1 << 16);
  must(nexmark_source.vtable->create(NULL, config, index, count, &self->source, &error), &error);
}

static double cpu_seconds(const struct rusage *usage) {
  return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
         (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1e-6;
}

int main(int argc, char **argv) {
  static worker workers[THREADS_MAX];
  static ring rings[THREADS_MAX];
  uint32_t count = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
  if (count < 1 || count > THREADS_MAX) {
    fprintf(stderr, "usage: kc EVENTS THREADS, with 1 or 2 threads\n");
    return 2;
  }
  struct rusage before, after;
  for (uint32_t i = 0; i < count; i++)
    start(&workers[i], i, count, argv[1], rings);
  getrusage(RUSAGE_SELF, &before);
  int64_t start_ns = nexmark_clock_ns(), events = 0, rows = 0;
  uint64_t checksum = 0;
  thrd_t other;
  if (count == 2 && thrd_create(&other, run_worker, &workers[1]) != thrd_success)
    return 1;
  run_worker(&workers[0]);
  if (count == 2)
    thrd_join(other, NULL);
  double seconds = (double)(nexmark_clock_ns() - start_ns) * 1e-9;
  getrusage(RUSAGE_SELF, &after);
  for (uint32_t i = 0; i < count; i++) {
    events += nexmark_source.vtable->position(workers[i].source);
    rows += workers[i].rows;
    checksum += workers[i].checksum;
  }
  printf("%u\t%" PRId64 "\t%.3f\t%.0f\t%.4f\t%ld\t%" PRId64 "\t%" PRId64 "\n", count, events, seconds,
         (double)events / seconds, (cpu_seconds(&after) - cpu_seconds(&before)) / (double)events * 1e6,
         after.ru_maxrss / 1024, rows, (int64_t)checksum);
  return 0;
}
