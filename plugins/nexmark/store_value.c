/// "nexmark.store_value": a value of a wanted size for each key, read and replaced at every row. It counts the
/// key's rows, so that results can be checked: at its start and at its end it holds the count so far.
#include "generator.h"
#include "operators.h"

#define ID "nexmark.store_value"
#define SIZE_MAX_BYTES (16 << 20)

static const mill_field output_fields[] = {{"key", "l", 0}, {"count", "l", 0}};
enum { OUTPUT_KEY, OUTPUT_COUNT, OUTPUT_FIELDS };

static const struct ArrowSchema value_schema = {.format = "vz", .name = "value"};
static const mill_state_descriptor value_state = {.struct_size = sizeof(mill_state_descriptor),
                                                  .kind = MILL_STATE_BYTES,
                                                  .name = "value",
                                                  .schema = &value_schema,
                                                  .schema_version = 1};

typedef struct store_value {
  mill_column_ref key;
  nexmark_batch_pool *pool;
  const mill_keyed_state *keyed_state;
  mill_state *state;
  /// Of a value, in bytes.
  int64_t size;
  /// What is stored next: `size` bytes, random ones but for the counts at both ends.
  uint8_t *value;
} store_value;

static void destroy(void *raw) {
  store_value *self = raw;
  nexmark_batch_pool_drop(self->pool);
  free(self->value);
  free(self);
}

static int32_t create(const mill_host *host, const char *config_json, void **out_self, mill_error *error) {
  int64_t size = 1024;
  if (mill_json_integer(config_json, "size", 16, SIZE_MAX_BYTES, &size, error) != MILL_OK)
    return MILL_FAILED;
  store_value *self = calloc(1, sizeof *self);
  if (self == NULL)
    return mill_fail_memory(error, ID);
  self->size = size;
  self->value = malloc((size_t)size);
  self->pool = nexmark_batch_pool_make(host, output_fields, OUTPUT_FIELDS);
  if (self->value == NULL || self->pool == NULL) {
    destroy(self);
    return mill_fail_memory(error, ID);
  }
  // So that nobody gets by with compressing them.
  for (int64_t i = 0; i < size; i++)
    self->value[i] = (uint8_t)nexmark_mix((uint64_t)i);
  *out_self = self;
  return MILL_OK;
}

static int32_t bind(void *raw, const struct ArrowSchema *const *inputs, uint32_t input_count,
                    struct ArrowSchema *outputs, uint32_t output_count, mill_error *error) {
  store_value *self = raw;
  if (input_count != 1 || output_count != 1)
    return mill_fail(error, MILL_CLASS_FATAL, 0, ID " has 1 input and 1 output");
  if (nexmark_column(inputs[0], "key", "l", &self->key, error) != MILL_OK)
    return MILL_FAILED;
  return mill_schema_make(&outputs[0], output_fields, OUTPUT_FIELDS, error);
}

static int32_t open(void *raw, mill_task *task, mill_error *error) {
  store_value *self = raw;
  self->keyed_state = task->get_extension(task, MILL_KEYED_STATE);
  if (self->keyed_state == NULL)
    return mill_fail(error, MILL_CLASS_FATAL, 0, ID " needs %s; use a host that has it", MILL_KEYED_STATE);
  return self->keyed_state->state(task, "value", &self->state, error);
}

/// The count that a key's value holds, 0 without one. Fails if it is not a value as this operator makes them.
static int32_t read_count(store_value *self, uint32_t slot, int64_t *out, mill_error *error) {
  uint64_t size = 0;
  int64_t at_end = 0;
  const uint8_t *value = self->keyed_state->bytes(self->state, slot, &size);
  *out = 0;
  if (value == NULL)
    return MILL_OK;
  if (size >= sizeof *out) {
    memcpy(out, value, sizeof *out);
    memcpy(&at_end, value + size - sizeof at_end, sizeof at_end);
  }
  if (size != (uint64_t)self->size || *out != at_end)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     ID
                     ": a value has %llu bytes and counts %lld at its start, %lld at its end; it should have "
                     "%lld bytes and count alike. Start the job anew if \"size\" has changed",
                     (unsigned long long)size, (long long)*out, (long long)at_end, (long long)self->size);
  return MILL_OK;
}

static int32_t store_count(store_value *self, uint32_t slot, int64_t count, mill_error *error) {
  memcpy(self->value, &count, sizeof count);
  memcpy(self->value + self->size - sizeof count, &count, sizeof count);
  if (self->keyed_state->set_bytes(self->state, slot, self->value, (uint64_t)self->size) != MILL_OK)
    return mill_fail(error, MILL_CLASS_FATAL, 0, ID ": the host refused a value of %lld bytes",
                     (long long)self->size);
  return MILL_OK;
}

static int32_t process(void *raw, mill_task *task, const mill_input *input, mill_error *error) {
  store_value *self = raw;
  const mill_batch *in = input->batch;
  if (nexmark_check_inserts(in, ID, error) != MILL_OK)
    return MILL_FAILED;
  int64_t rows = in->columns.length;
  nexmark_batch *batch = nexmark_batch_acquire(self->pool, rows);
  if (batch == NULL)
    return mill_fail_memory(error, ID);
  int64_t *counts = batch->values[OUTPUT_COUNT];
  for (int64_t row = 0; row < rows; row++) {
    if (read_count(self, input->slots[row], &counts[row], error) != MILL_OK ||
        store_count(self, input->slots[row], ++counts[row], error) != MILL_OK) {
      nexmark_batch_give_back(batch);
      return MILL_FAILED;
    }
  }
  memcpy(batch->values[OUTPUT_KEY], nexmark_values(in, &self->key), (size_t)rows * sizeof(int64_t));
  return nexmark_emit_same_rows(task, batch, in, error);
}

static const mill_port inputs[] = {{sizeof(mill_port), MILL_PORT_KEYED, "bids"}};
static const mill_port outputs[] = {{sizeof(mill_port), 0, "counts"}};
static const mill_state_descriptor *const states[] = {&value_state};
static const mill_operator_descriptor descriptor = {
    .struct_size = sizeof(mill_operator_descriptor),
    .id = ID,
    .version = NEXMARK_VERSION,
    .summary = "Reads and replaces a value of a wanted size for each key.",
    .config_schema = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
                     "\"size\":{\"type\":\"integer\",\"minimum\":16,\"maximum\":16777216,\"default\":1024}}}",
    .inputs = inputs,
    .input_count = 1,
    .output_count = 1,
    .outputs = outputs,
    .states = states,
    .state_count = 1};
static const mill_operator_vtable vtable = {.struct_size = sizeof(mill_operator_vtable),
                                            .create = create,
                                            .bind = bind,
                                            .open = open,
                                            .process = process,
                                            .close = nexmark_close_nothing,
                                            .destroy = destroy};
const mill_operator_type nexmark_store_value = {sizeof(mill_operator_type), 0, &descriptor, &vtable};
