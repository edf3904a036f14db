/// "nexmark.filter_auction": auction and price of the bids on every 123rd auction, Nexmark's query 2.
#include "operators.h"

#define ID "nexmark.filter_auction"
#define EVERY 123

static const mill_field fields[] = {{"auction", "l", 0}, {"price", "l", 0}};
enum { AUCTION, PRICE, FIELDS };

typedef struct filter_auction {
  mill_column_ref columns[FIELDS];
  nexmark_batch_pool *pool;
} filter_auction;

static int32_t create(const mill_host *host, const char *config_json, void **out_self, mill_error *error) {
  (void)config_json;
  filter_auction *self = calloc(1, sizeof *self);
  nexmark_batch_pool *pool = nexmark_batch_pool_make(host, fields, FIELDS);
  if (self == NULL || pool == NULL) {
    nexmark_batch_pool_drop(pool);
    free(self);
    return mill_fail_memory(error, ID);
  }
  self->pool = pool;
  *out_self = self;
  return MILL_OK;
}

static int32_t bind(void *raw, const struct ArrowSchema *const *inputs, uint32_t input_count,
                    struct ArrowSchema *outputs, uint32_t output_count, mill_error *error) {
  filter_auction *self = raw;
  if (input_count != 1 || output_count != 1)
    return mill_fail(error, MILL_CLASS_FATAL, 0, ID " has 1 input and 1 output");
  for (int i = 0; i < FIELDS; i++)
    if (nexmark_column(inputs[0], fields[i].name, fields[i].format, &self->columns[i], error) != MILL_OK)
      return MILL_FAILED;
  return mill_schema_make(&outputs[0], fields, FIELDS, error);
}

/// Copies the rows that stay; how many.
static int64_t select(const filter_auction *self, const mill_batch *in, nexmark_batch *batch) {
  const int64_t *auctions = nexmark_values(in, &self->columns[AUCTION]);
  const int64_t *prices = nexmark_values(in, &self->columns[PRICE]);
  int64_t *kept_auctions = batch->values[AUCTION], *kept_prices = batch->values[PRICE], kept = 0;
  for (int64_t row = 0; row < in->columns.length; row++) {
    if (auctions[row] % EVERY != 0)
      continue;
    kept_auctions[kept] = auctions[row];
    kept_prices[kept] = prices[row];
    if (in->event_time_us != NULL)
      batch->event_time_us[kept] = in->event_time_us[row];
    kept++;
  }
  return kept;
}

static int32_t process(void *raw, mill_task *task, const mill_input *input, mill_error *error) {
  filter_auction *self = raw;
  const mill_batch *in = input->batch;
  if (nexmark_check_inserts(in, ID, error) != MILL_OK)
    return MILL_FAILED;
  nexmark_batch *batch = nexmark_batch_acquire(self->pool, in->columns.length);
  if (batch == NULL)
    return mill_fail_memory(error, ID);
  int64_t kept = select(self, in, batch);
  if (kept == 0) {
    nexmark_batch_give_back(batch);
    return MILL_OK;
  }
  mill_batch out;
  nexmark_batch_finish(batch, kept, in->event_time_us != NULL, &out);
  return task->emit(task, 0, &out, error);
}

static void destroy(void *raw) {
  filter_auction *self = raw;
  nexmark_batch_pool_drop(self->pool);
  free(self);
}

static const mill_port inputs[] = {{sizeof(mill_port), 0, "bids"}};
static const mill_port outputs[] = {{sizeof(mill_port), 0, "kept"}};
static const mill_operator_descriptor descriptor = {.struct_size = sizeof(mill_operator_descriptor),
                                                    .id = ID,
                                                    .version = NEXMARK_VERSION,
                                                    .summary = "Keeps the bids on every 123rd auction.",
                                                    .inputs = inputs,
                                                    .input_count = 1,
                                                    .output_count = 1,
                                                    .outputs = outputs};
static const mill_operator_vtable vtable = {.struct_size = sizeof(mill_operator_vtable),
                                            .create = create,
                                            .bind = bind,
                                            .open = nexmark_open_nothing,
                                            .process = process,
                                            .close = nexmark_close_nothing,
                                            .destroy = destroy};
const mill_operator_type nexmark_filter_auction = {sizeof(mill_operator_type), 0, &descriptor, &vtable};
