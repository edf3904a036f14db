// Queries without state: each thread has a split of its own from end to end.
#include "hand.h"

#include <threads.h>

// As the bids' columns come.
enum { AUCTION = BID_AUCTION, BIDDER = BID_BIDDER, PRICE = BID_PRICE, DATE_TIME = BID_DATE_TIME };

typedef struct worker {
  void *source;
  int query;
  int64_t auction[HAND_BATCH_ROWS], bidder[HAND_BATCH_ROWS], price[HAND_BATCH_ROWS], date_time[HAND_BATCH_ROWS];
  int64_t event_time_us[HAND_BATCH_ROWS];
  int64_t rows;
  uint64_t checksum;
} worker;

static const int64_t *values(const mill_batch *batch, int column) {
  return batch->columns.children[column]->buffers[1];
}

static void sum_up(worker *self, const int64_t *first, const int64_t *second, int64_t rows) {
  uint64_t sum = 0;
  for (int64_t row = 0; row < rows; row++)
    sum += second == NULL ? (uint64_t)first[row] : (uint64_t)first[row] * 31 + (uint64_t)second[row];
  self->checksum += sum;
  self->rows += rows;
}

static void pass(worker *self, const mill_batch *in) {
  sum_up(self, values(in, PRICE), NULL, in->columns.length);
}

static void to_euro(worker *self, const mill_batch *in) {
  size_t size = (size_t)in->columns.length * sizeof(int64_t);
  const int64_t *prices = values(in, PRICE);
  memcpy(self->auction, values(in, AUCTION), size);
  memcpy(self->bidder, values(in, BIDDER), size);
  memcpy(self->date_time, values(in, DATE_TIME), size);
  memcpy(self->event_time_us, in->event_time_us, size);
  for (int64_t row = 0; row < in->columns.length; row++)
    self->price[row] = prices[row] * 908 / 1000;
  sum_up(self, self->price, NULL, in->columns.length);
}

static void filter(worker *self, const mill_batch *in) {
  const int64_t *auctions = values(in, AUCTION), *prices = values(in, PRICE);
  int64_t kept = 0;
  for (int64_t row = 0; row < in->columns.length; row++) {
    if (auctions[row] % 123 != 0)
      continue;
    self->auction[kept] = auctions[row];
    self->price[kept] = prices[row];
    self->event_time_us[kept++] = in->event_time_us[row];
  }
  sum_up(self, self->auction, self->price, kept);
}

static int run(void *raw) {
  static void (*const queries[])(worker *, const mill_batch *) = {pass, to_euro, filter};
  worker *self = raw;
  for (int more = 1; more;) {
    mill_batch batch;
    more = hand_poll(self->source, &batch);
    if (batch.release == NULL)
      continue;
    queries[self->query](self, &batch);
    batch.release(&batch);
  }
  return 0;
}

hand_result hand_query(int query, const char *config, uint32_t threads) {
  static worker workers[HAND_THREADS_MAX];
  hand_result result = {0};
  thrd_t other;
  for (uint32_t i = 0; i < threads; i++)
    workers[i] = (worker){.source = hand_source(config, i, threads), .query = query};
  if (threads == 2 && thrd_create(&other, run, &workers[1]) != thrd_success)
    abort();
  run(&workers[0]);
  if (threads == 2)
    thrd_join(other, NULL);
  for (uint32_t i = 0; i < threads; i++) {
    result.events += nexmark_source.vtable->position(workers[i].source);
    result.rows += workers[i].rows;
    result.checksum += workers[i].checksum;
  }
  return result;
}
