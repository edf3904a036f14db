/// Operator "bench.count": the running count of each key's rows, a row (key, count) for every row. Key and
/// count are bytes, the count 8 of them, big-endian, as Kafka Streams writes one.
#include "millrace_sdk.h"

#define VERSION "1.0.0"

MILL_PLUGIN_NOTE("c");

enum { COUNT_SIZE = 8, RECORDS_AT_ONCE = 512 };

typedef struct count_record {
  int64_t count;
} count_record;
MILL_STATIC_STRUCT(count_schema, MILL_STATIC_FIELD("count", "l"));
static const mill_state_descriptor count_state = {.struct_size = sizeof(mill_state_descriptor),
                                                  .kind = MILL_STATE_VALUE,
                                                  .name = "count",
                                                  .schema = &count_schema,
                                                  .schema_version = 1};

enum { OUTPUT_KEY, OUTPUT_COUNT, OUTPUT_FIELDS };
static const mill_field output_fields[] = {{"key", "vz", 0}, {"count", "vz", 0}};

typedef struct count {
  mill_column_ref key;
  mill_builder output;
  const mill_keyed_state *keyed_state;
  mill_state *state;
} count;

static int32_t create(const mill_host *host, const char *config_json, void **out_self, mill_error *error) {
  (void)config_json;
  count *self = calloc(1, sizeof *self);
  if (self == NULL)
    return mill_fail_memory(error, "bench.count");
  if (mill_builder_init(&self->output, output_fields, OUTPUT_FIELDS, error) != MILL_OK) {
    free(self);
    return MILL_FAILED;
  }
  self->output.memory = mill_memory_of(host);
  *out_self = self;
  return MILL_OK;
}

static int32_t bind(void *raw, const struct ArrowSchema *const *inputs, uint32_t input_count,
                    struct ArrowSchema *outputs, uint32_t output_count, mill_error *error) {
  count *self = raw;
  if (input_count != 1 || output_count != 1)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "bench.count has 1 input and 1 output");
  if (mill_column_find(inputs[0], "key", MILL_FORMATS_BINARY, &self->key, error) != MILL_OK)
    return MILL_FAILED;
  return mill_schema_make(&outputs[0], output_fields, OUTPUT_FIELDS, error);
}

static int32_t open(void *raw, mill_task *task, mill_error *error) {
  count *self = raw;
  self->keyed_state = task->get_extension(task, MILL_KEYED_STATE);
  if (self->keyed_state == NULL || self->keyed_state->struct_size < sizeof(mill_keyed_state))
    return mill_fail(error, MILL_CLASS_FATAL, 0, "bench.count needs %s; use a host that has it",
                     MILL_KEYED_STATE);
  return self->keyed_state->state(task, "count", &self->state, error);
}

static void add(count *self, const mill_column *keys, int64_t row, int64_t number) {
  mill_text key = mill_text_at(keys, row);
  char bytes[COUNT_SIZE];
  for (int i = 0; i < COUNT_SIZE; i++)
    bytes[i] = (char)(uint8_t)((uint64_t)number >> (8 * (COUNT_SIZE - 1 - i)));
  mill_builder_add_row(&self->output, MILL_NO_TIME);
  mill_put_text(&self->output, OUTPUT_KEY, key.bytes, key.size);
  mill_put_text(&self->output, OUTPUT_COUNT, bytes, COUNT_SIZE);
}

static int32_t process(void *raw, mill_task *task, const mill_input *input, mill_error *error) {
  count *self = raw;
  int64_t rows = input->batch->columns.length;
  mill_column keys = mill_column_open(input->batch, &self->key);
  void *records[RECORDS_AT_ONCE];
  for (int64_t first = 0; first < rows; first += RECORDS_AT_ONCE) {
    int64_t size = rows - first < RECORDS_AT_ONCE ? rows - first : RECORDS_AT_ONCE;
    // The slots are the host's own, so it can't refuse them.
    (void)self->keyed_state->values_for_update(self->state, input->slots + first, (uint64_t)size, records);
    for (int64_t i = 0; i < size; i++)
      add(self, &keys, first + i, ++((count_record *)records[i])->count);
  }
  return mill_builder_emit(&self->output, task, 0, error);
}

static void close(void *raw, mill_task *task) { (void)raw, (void)task; }

static void destroy(void *raw) {
  count *self = raw;
  mill_builder_free(&self->output);
  free(self);
}

static const mill_port inputs[] = {{sizeof(mill_port), MILL_PORT_KEYED, "rows"}};
static const mill_port outputs[] = {{sizeof(mill_port), 0, "counts"}};
static const mill_state_descriptor *const states[] = {&count_state};
static const mill_operator_descriptor descriptor = {.struct_size = sizeof(mill_operator_descriptor),
                                                    .id = "bench.count",
                                                    .version = VERSION,
                                                    .summary = "Counts the rows of each key.",
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
                                            .close = close,
                                            .destroy = destroy};
static const mill_operator_type type = {sizeof(mill_operator_type), 0, &descriptor, &vtable};
static const mill_operator_type *const types[] = {&type};
static const mill_operators operators = {sizeof(mill_operators), 1, types};

static const void *get_extension(const char *id) { return strcmp(id, MILL_OPERATORS) == 0 ? &operators : NULL; }

static const mill_plugin plugin = {.struct_size = sizeof(mill_plugin),
                                   .abi_minor = MILL_ABI_MINOR,
                                   .name = "bench-count",
                                   .version = VERSION,
                                   .get_extension = get_extension};

const mill_plugin *mill_plugin_v1(void) { return &plugin; }
