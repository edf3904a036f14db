/// "nexmark.count_by_auction" and "nexmark.count_by_key": the running count of each key's bids, a row for every
/// bid. The key is the column "auction", or "key".
#include "operators.h"

// Few enough for the first-level cache.
enum { RECORDS_AT_ONCE = 512 };
enum { OUTPUT_KEY, OUTPUT_COUNT, OUTPUT_FIELDS };

typedef struct count_record {
  int64_t count;
} count_record;
MILL_STATIC_STRUCT(count_schema, MILL_STATIC_FIELD("count", "l"));
static const mill_state_descriptor count_state = {.struct_size = sizeof(mill_state_descriptor),
                                                  .kind = MILL_STATE_VALUE,
                                                  .name = "count",
                                                  .schema = &count_schema,
                                                  .schema_version = 1};

typedef struct count {
  /// The operator's id.
  const char *id;
  mill_field fields[OUTPUT_FIELDS];
  mill_column_ref key;
  nexmark_batch_pool *pool;
  const mill_keyed_state *keyed_state;
  mill_state *state;
} count;

static int32_t make(const mill_host *host, const char *id, const char *key, void **out_self,
                    mill_error *error) {
  count *self = calloc(1, sizeof *self);
  if (self == NULL)
    return mill_fail_memory(error, id);
  *self = (count){.id = id, .fields = {{key, "l", 0}, {"count", "l", 0}}};
  self->pool = nexmark_batch_pool_make(host, self->fields, OUTPUT_FIELDS);
  if (self->pool == NULL) {
    free(self);
    return mill_fail_memory(error, id);
  }
  *out_self = self;
  return MILL_OK;
}

static int32_t create_by_auction(const mill_host *host, const char *config_json, void **out_self,
                                 mill_error *error) {
  (void)config_json;
  return make(host, "nexmark.count_by_auction", "auction", out_self, error);
}

static int32_t create_by_key(const mill_host *host, const char *config_json, void **out_self,
                             mill_error *error) {
  (void)config_json;
  return make(host, "nexmark.count_by_key", "key", out_self, error);
}

static int32_t bind(void *raw, const struct ArrowSchema *const *inputs, uint32_t input_count,
                    struct ArrowSchema *outputs, uint32_t output_count, mill_error *error) {
  count *self = raw;
  if (input_count != 1 || output_count != 1)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "%s has 1 input and 1 output", self->id);
  if (nexmark_column(inputs[0], self->fields[OUTPUT_KEY].name, "l", &self->key, error) != MILL_OK)
    return MILL_FAILED;
  return mill_schema_make(&outputs[0], self->fields, OUTPUT_FIELDS, error);
}

static int32_t open(void *raw, mill_task *task, mill_error *error) {
  count *self = raw;
  self->keyed_state = task->get_extension(task, MILL_KEYED_STATE);
  if (self->keyed_state == NULL || self->keyed_state->struct_size < sizeof(mill_keyed_state))
    return mill_fail(error, MILL_CLASS_FATAL, 0, "%s needs %s as of ABI 1.%d; use a host that has it", self->id,
                     MILL_KEYED_STATE, MILL_ABI_MINOR);
  return self->keyed_state->state(task, "count", &self->state, error);
}

/// Counts each row's key up, into `counts`.
static void count_up(count *self, const uint32_t *slots, int64_t rows, int64_t *counts) {
  void *records[RECORDS_AT_ONCE];
  for (int64_t first = 0; first < rows; first += RECORDS_AT_ONCE) {
    uint64_t left = (uint64_t)(rows - first), size = left < RECORDS_AT_ONCE ? left : RECORDS_AT_ONCE;
    // The slots are the host's own, so it can't refuse them.
    (void)self->keyed_state->values_for_update(self->state, slots + first, size, records);
    for (uint64_t i = 0; i < size; i++)
      counts[first + (int64_t)i] = ++((count_record *)records[i])->count;
  }
}

static int32_t process(void *raw, mill_task *task, const mill_input *input, mill_error *error) {
  count *self = raw;
  const mill_batch *in = input->batch;
  if (nexmark_check_inserts(in, self->id, error) != MILL_OK)
    return MILL_FAILED;
  int64_t rows = in->columns.length;
  nexmark_batch *batch = nexmark_batch_acquire(self->pool, rows);
  if (batch == NULL)
    return mill_fail_memory(error, self->id);
  count_up(self, input->slots, rows, batch->values[OUTPUT_COUNT]);
  memcpy(batch->values[OUTPUT_KEY], nexmark_values(in, &self->key), (size_t)rows * sizeof(int64_t));
  return nexmark_emit_same_rows(task, batch, in, error);
}

static void destroy(void *raw) {
  count *self = raw;
  nexmark_batch_pool_drop(self->pool);
  free(self);
}

static const mill_port inputs[] = {{sizeof(mill_port), MILL_PORT_KEYED, "bids"}};
static const mill_port outputs[] = {{sizeof(mill_port), 0, "counts"}};
static const mill_state_descriptor *const states[] = {&count_state};

#define DESCRIPTOR(operator_id, text)                                                                          \
  {.struct_size = sizeof(mill_operator_descriptor),                                                            \
   .id = operator_id,                                                                                          \
   .version = NEXMARK_VERSION,                                                                                 \
   .summary = text,                                                                                            \
   .inputs = inputs,                                                                                           \
   .input_count = 1,                                                                                           \
   .output_count = 1,                                                                                          \
   .outputs = outputs,                                                                                         \
   .states = states,                                                                                           \
   .state_count = 1}
#define VTABLE(create_function)                                                                                \
  {.struct_size = sizeof(mill_operator_vtable),                                                                \
   .create = create_function,                                                                                  \
   .bind = bind,                                                                                               \
   .open = open,                                                                                               \
   .process = process,                                                                                         \
   .close = nexmark_close_nothing,                                                                             \
   .destroy = destroy}

static const mill_operator_descriptor by_auction =
    DESCRIPTOR("nexmark.count_by_auction", "Counts the bids of each auction.");
static const mill_operator_descriptor by_key =
    DESCRIPTOR("nexmark.count_by_key", "Counts the bids of each key.");
static const mill_operator_vtable by_auction_vtable = VTABLE(create_by_auction);
static const mill_operator_vtable by_key_vtable = VTABLE(create_by_key);
const mill_operator_type nexmark_count_by_auction = {sizeof(mill_operator_type), 0, &by_auction,
                                                     &by_auction_vtable};
const mill_operator_type nexmark_count_by_key = {sizeof(mill_operator_type), 0, &by_key, &by_key_vtable};
