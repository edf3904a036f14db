/// A plugin to start from: counts the rows of each key. Input "rows" must have a column `name` of text and be
/// keyed by it; output "counts" has a row (name, count) for every input row.
#include "millrace_sdk.h"

#define VERSION "1.0.0"

MILL_PLUGIN_NOTE("c");

// State: a record per key. The struct and the schema say the same; raise schema_version when they change.
typedef struct counter_record {
  int64_t count;
} counter_record;
MILL_STATIC_STRUCT(counter_schema, MILL_STATIC_FIELD("count", "l"));
static const mill_state_descriptor counter_state = {.struct_size = sizeof(mill_state_descriptor),
                                                    .kind = MILL_STATE_VALUE,
                                                    .name = "counter",
                                                    .schema = &counter_schema,
                                                    .schema_version = 1};

static const mill_field output_fields[] = {{"name", "vu", 0}, {"count", "l", 0}};
enum { OUTPUT_NAME, OUTPUT_COUNT, OUTPUT_FIELDS };

typedef struct counter {
  mill_column_ref name;
  mill_builder output;
  const mill_keyed_state *keyed_state;
  mill_state *state;
} counter;

static int32_t counter_create(const mill_host *host, const char *config_json, void **out_self,
                              mill_error *error) {
  (void)config_json;
  counter *self = calloc(1, sizeof *self);
  if (self == NULL)
    return mill_fail_memory(error, "counter");
  if (mill_builder_init(&self->output, output_fields, OUTPUT_FIELDS, error) != MILL_OK) {
    free(self);
    return MILL_FAILED;
  }
  self->output.memory = mill_memory_of(host);
  *out_self = self;
  return MILL_OK;
}

static int32_t counter_bind(void *raw, const struct ArrowSchema *const *inputs, uint32_t input_count,
                            struct ArrowSchema *outputs, uint32_t output_count, mill_error *error) {
  counter *self = raw;
  if (input_count != 1 || output_count != 1)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "counter has 1 input and 1 output");
  if (mill_column_find(inputs[0], "name", MILL_FORMATS_UTF8, &self->name, error) != MILL_OK)
    return MILL_FAILED;
  return mill_schema_make(&outputs[0], output_fields, OUTPUT_FIELDS, error);
}

static int32_t counter_open(void *raw, mill_task *task, mill_error *error) {
  counter *self = raw;
  self->keyed_state = task->get_extension(task, MILL_KEYED_STATE);
  if (self->keyed_state == NULL)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "counter needs %s", MILL_KEYED_STATE);
  return self->keyed_state->state(task, "counter", &self->state, error);
}

static int32_t counter_process(void *raw, mill_task *task, const mill_input *input, mill_error *error) {
  counter *self = raw;
  const mill_batch *batch = input->batch;
  mill_column names = mill_column_open(batch, &self->name);
  for (int64_t row = 0; row < batch->columns.length; row++) {
    if (mill_is_null(&names, row)) {
      task->reject_row(task, row, 1, "name is null: give the row a name");
      continue;
    }
    mill_text name = mill_text_at(&names, row);
    counter_record *record = self->keyed_state->value_for_update(self->state, input->slots[row]);
    record->count++;
    mill_builder_add_row(&self->output,
                         batch->event_time_us == NULL ? MILL_NO_TIME : batch->event_time_us[row]);
    mill_put_text(&self->output, OUTPUT_NAME, name.bytes, name.size);
    mill_put_int64(&self->output, OUTPUT_COUNT, record->count);
  }
  return mill_builder_emit(&self->output, task, 0, error);
}

static void counter_close(void *raw, mill_task *task) { (void)raw, (void)task; }

static void counter_destroy(void *raw) {
  counter *self = raw;
  mill_builder_free(&self->output);
  free(self);
}

// What the plugin offers.
static const mill_port inputs[] = {{sizeof(mill_port), MILL_PORT_KEYED, "rows"}};
static const mill_port outputs[] = {{sizeof(mill_port), 0, "counts"}};
static const mill_state_descriptor *const states[] = {&counter_state};
static const mill_operator_descriptor descriptor = {.struct_size = sizeof(mill_operator_descriptor),
                                                    .id = "example.counter",
                                                    .version = VERSION,
                                                    .summary = "Counts the rows of each key.",
                                                    .inputs = inputs,
                                                    .input_count = 1,
                                                    .output_count = 1,
                                                    .outputs = outputs,
                                                    .states = states,
                                                    .state_count = 1};
static const mill_operator_vtable vtable = {.struct_size = sizeof(mill_operator_vtable),
                                            .create = counter_create,
                                            .bind = counter_bind,
                                            .open = counter_open,
                                            .process = counter_process,
                                            .close = counter_close,
                                            .destroy = counter_destroy};
static const mill_operator_type type = {sizeof(mill_operator_type), 0, &descriptor, &vtable};
static const mill_operator_type *const types[] = {&type};
static const mill_operators operators = {sizeof(mill_operators), 1, types};

static const void *get_extension(const char *id) { return strcmp(id, MILL_OPERATORS) == 0 ? &operators : NULL; }

static const mill_plugin plugin = {.struct_size = sizeof(mill_plugin),
                                   .abi_minor = MILL_ABI_MINOR,
                                   .name = "counter",
                                   .version = VERSION,
                                   .get_extension = get_extension};

const mill_plugin *mill_plugin_v1(void) { return &plugin; }
