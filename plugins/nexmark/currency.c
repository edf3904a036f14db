/// "nexmark.currency": prices from dollars to euros, Nexmark's query 1.
#include "operators.h"

#define ID "nexmark.currency"

static const mill_field fields[] = {
    {"auction", "l", 0}, {"bidder", "l", 0}, {"price", "l", 0}, {"date_time", NEXMARK_TIMESTAMP, 0}};
enum { AUCTION, BIDDER, PRICE, DATE_TIME, FIELDS };

typedef struct currency {
  mill_column_ref columns[FIELDS];
  nexmark_batch_pool *pool;
} currency;

static int32_t create(const mill_host *host, const char *config_json, void **out_self, mill_error *error) {
  (void)config_json;
  currency *self = calloc(1, sizeof *self);
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
  currency *self = raw;
  if (input_count != 1 || output_count != 1)
    return mill_fail(error, MILL_CLASS_FATAL, 0, ID " has 1 input and 1 output");
  for (int i = 0; i < FIELDS; i++)
    if (nexmark_column(inputs[0], fields[i].name, fields[i].format, &self->columns[i], error) != MILL_OK)
      return MILL_FAILED;
  return mill_schema_make(&outputs[0], fields, FIELDS, error);
}

static int32_t process(void *raw, mill_task *task, const mill_input *input, mill_error *error) {
  currency *self = raw;
  const mill_batch *in = input->batch;
  if (nexmark_check_inserts(in, ID, error) != MILL_OK)
    return MILL_FAILED;
  int64_t rows = in->columns.length;
  nexmark_batch *batch = nexmark_batch_acquire(self->pool, rows);
  if (batch == NULL)
    return mill_fail_memory(error, ID);
  for (int i = 0; i < FIELDS; i++)
    memcpy(batch->values[i], nexmark_values(in, &self->columns[i]), (size_t)rows * sizeof(int64_t));
  int64_t *prices = batch->values[PRICE];
  // Unsigned: a price beyond all sense must not overflow.
  for (int64_t row = 0; row < rows; row++)
    prices[row] = (int64_t)((uint64_t)prices[row] * 908) / 1000;
  return nexmark_emit_same_rows(task, batch, in, error);
}

static void destroy(void *raw) {
  currency *self = raw;
  nexmark_batch_pool_drop(self->pool);
  free(self);
}

static const mill_port inputs[] = {{sizeof(mill_port), 0, "bids"}};
static const mill_port outputs[] = {{sizeof(mill_port), 0, "euros"}};
static const mill_operator_descriptor descriptor = {.struct_size = sizeof(mill_operator_descriptor),
                                                    .id = ID,
                                                    .version = NEXMARK_VERSION,
                                                    .summary = "Turns the bids' prices from dollars to euros.",
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
const mill_operator_type nexmark_currency = {sizeof(mill_operator_type), 0, &descriptor, &vtable};
