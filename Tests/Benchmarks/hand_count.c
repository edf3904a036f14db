// The running count of each key's bids. Each thread is what a worker of the engine is: it generates its split,
// cuts each batch by key, counts its own part, and hands the other to the other thread as row indices. For
// every bid a row (key, count, event time) is written, and a checksum taken of it.
#include "count_table.h"
#include "hand.h"

#include <threads.h>

enum { RING_SIZE = 16, BATCHES_OUT = 32 };

/// A batch and which of its rows are whose.
typedef struct shared_batch {
  mill_batch batch;
  /// Threads that have yet to count their part, and one for releasing it then; 0: free.
  atomic_int users;
  int64_t counts[HAND_THREADS_MAX];
  uint32_t rows[HAND_THREADS_MAX][HAND_BATCH_ROWS];
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
  int64_t output_key[HAND_BATCH_ROWS], output_count[HAND_BATCH_ROWS], output_time_us[HAND_BATCH_ROWS];
  int64_t rows;
  uint64_t checksum;
} worker;

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
  const int64_t *keys = batch->columns.children[0]->buffers[1];
  for (int64_t i = 0; i < count; i++) {
    int64_t row = rows == NULL ? i : rows[i];
    self->output_key[i] = keys[row];
    self->output_count[i] = count_table_add(&self->table, keys[row]);
    self->output_time_us[i] = batch->event_time_us[row];
  }
  for (int64_t i = 0; i < count; i++)
    self->checksum += (uint64_t)self->output_key[i] * 31 + (uint64_t)self->output_count[i];
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
  const int64_t *keys = shared->batch.columns.children[0]->buffers[1];
  int64_t counts[HAND_THREADS_MAX] = {0, 0};
  for (int64_t row = 0; row < shared->batch.columns.length; row++) {
    uint32_t owner = count_hash(keys[row]) >> 63;
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
  for (int more = 1; more;) {
    shared_batch *shared = free_batch(self);
    more = hand_poll(self->source, &shared->batch);
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

static void start(worker *self, uint32_t index, uint32_t count, const char *config, ring *rings) {
  *self = (worker){.index = index, .count = count, .in = &rings[index], .out = &rings[(index + 1) % count]};
  self->batches = calloc(BATCHES_OUT, sizeof *self->batches);
  if (self->batches == NULL)
    abort();
  self->table = count_table_make(1 << 16);
  self->source = hand_source(config, index, count);
}

hand_result hand_count(const char *config, uint32_t threads) {
  static worker workers[HAND_THREADS_MAX];
  static ring rings[HAND_THREADS_MAX];
  hand_result result = {0};
  thrd_t other;
  for (uint32_t i = 0; i < threads; i++)
    start(&workers[i], i, threads, config, rings);
  if (threads == 2 && thrd_create(&other, run_worker, &workers[1]) != thrd_success)
    abort();
  run_worker(&workers[0]);
  if (threads == 2)
    thrd_join(other, NULL);
  for (uint32_t i = 0; i < threads; i++) {
    result.events += nexmark_source.vtable->position(workers[i].source);
    result.rows += workers[i].rows;
    result.checksum += workers[i].checksum;
  }
  return result;
}
