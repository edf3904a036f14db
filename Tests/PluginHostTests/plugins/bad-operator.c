/// An operator that does what its config says, {"do":"…"}: by default it counts the rows of each key and all
/// rows.
#include "millrace_sdk.h"

#ifndef VERSION
#define VERSION "1.0.0"
#endif

MILL_PLUGIN_NOTE("c");

typedef struct counts {
  int64_t count;
} counts;
MILL_STATIC_STRUCT(counts_schema, MILL_STATIC_FIELD("count", "l"));
static const mill_state_descriptor state = {.struct_size = sizeof(mill_state_descriptor),
                                            .kind = MILL_STATE_VALUE,
                                            .name = "counts",
                                            .schema = &counts_schema,
                                            .schema_version = 1};

static const mill_field fields[] = {{"name", "vu", 0}, {"count", "l", 0}, {"total", "l", 0}};
static const mill_field offset_fields[] = {{"name", "u", 0}};

typedef struct operator_ {
  char what[32];
  const mill_host *host;
  mill_column_ref name;
  mill_builder output;
  const mill_keyed_state *keyed_state;
  const mill_timers *timers;
  mill_state *state;
  int64_t total;
} operator_;

static int does(const operator_ *self, const char *what) { return strcmp(self->what, what) == 0; }

static int32_t create(const mill_host *host, const char *config_json, void **out_self, mill_error *error) {
  if (strstr(config_json, "\"no-instance\"") != NULL)
    return MILL_OK;
  if (strstr(config_json, "\"create-fails\"") != NULL)
    return mill_fail(error, MILL_CLASS_FATAL, 3, "no such thing");
  operator_ *self = calloc(1, sizeof *self);
  self->host = host;
  const char *at = strstr(config_json, "\"do\":\"");
  for (size_t i = 0; at != NULL && at[6 + i] != '"' && i < sizeof self->what - 1; i++)
    self->what[i] = at[6 + i];
  *out_self = self;
  return mill_builder_init(&self->output, fields, 3, error);
}

static int32_t bind(void *raw, const struct ArrowSchema *const *inputs, uint32_t input_count,
                    struct ArrowSchema *outputs, uint32_t output_count, mill_error *error) {
  operator_ *self = raw;
  (void)input_count, (void)output_count;
  if (mill_column_find(inputs[0], "name", MILL_FORMATS_UTF8, &self->name, error) != MILL_OK)
    return MILL_FAILED;
  if (does(self, "offsets"))
    return mill_schema_make(outputs, offset_fields, 1, error);
  int32_t status = mill_schema_make(outputs, fields, does(self, "no-schema") ? 0 : 3, error);
  if (does(self, "bad-schema"))
    outputs->format = "l";
  if (does(self, "no-schema"))
    outputs->format = NULL;
  return status;
}

static int32_t open_(void *raw, mill_task *task, mill_error *error) {
  operator_ *self = raw;
  if (does(self, "open-fails"))
    return mill_fail(error, MILL_CLASS_FATAL, 1, "can't open");
  self->keyed_state = task->get_extension(task, MILL_KEYED_STATE);
  self->timers = task->get_extension(task, MILL_TIMERS);
  if (self->keyed_state == NULL || task->get_extension(task, "mill.nothing/1") != NULL)
    return mill_fail(error, MILL_CLASS_FATAL, 1, "no keyed state");
  return self->keyed_state->state(task, does(self, "unknown-state") ? "other" : "counts", &self->state, error);
}

static void release_nothing(mill_batch *batch) { batch->release = NULL; }

/// Emits a batch of one row whose text is `view`, which may point anywhere.
static int32_t emit_view(mill_task *task, uint32_t port, const int32_t *view, mill_error *error) {
  static int64_t number = 1, size = 16;
  static char data[16] = "fifteen of byte";
  static const void *numbers[] = {NULL, &number}, *views[] = {NULL, NULL, data, &size}, *none[] = {NULL};
  static struct ArrowArray text = {1, 0, 0, 4, 0, views, NULL, NULL, NULL, NULL};
  static struct ArrowArray count = {1, 0, 0, 2, 0, numbers, NULL, NULL, NULL, NULL};
  static struct ArrowArray *children[] = {&text, &count, &count};
  views[1] = view;
  mill_batch batch = {.struct_size = sizeof batch, .release = release_nothing};
  batch.columns = (struct ArrowArray){1, 0, 0, 1, 3, none, children, NULL, NULL, NULL};
  int32_t status = task->emit(task, port, &batch, error);
  return batch.release == NULL ? status : mill_fail(error, MILL_CLASS_FATAL, 1, "the batch was not moved");
}

static int32_t emit_released(mill_task *task, mill_error *error) {
  mill_batch batch = {.struct_size = sizeof batch};
  return task->emit(task, 0, &batch, error);
}

/// Frees what a batch of offsets points to: a host that does not keep it alive reads freed memory.
static void release_offsets(mill_batch *batch) {
  free(batch->private_data);
  batch->release = NULL;
}

static int32_t emit_offsets(operator_ *self, mill_task *task, const mill_batch *input, mill_error *error) {
  mill_column names = mill_column_open(input, &self->name);
  typedef struct block {
    int32_t offsets[17];
    char data[1024];
    const void *buffers[3], *none[1];
    struct ArrowArray text, *children[1];
  } block;
  block *own = calloc(1, sizeof *own);
  int64_t rows = input->columns.length < 16 ? input->columns.length : 16;
  for (int64_t row = 0; row < rows; row++) {
    mill_text name = mill_text_at(&names, row);
    memcpy(own->data + own->offsets[row], name.bytes, (size_t)name.size);
    own->offsets[row + 1] = own->offsets[row] + (int32_t)name.size;
  }
  own->buffers[1] = own->offsets;
  own->buffers[2] = own->data;
  own->text = (struct ArrowArray){rows, 0, 0, 3, 0, own->buffers, NULL, NULL, NULL, NULL};
  own->children[0] = &own->text;
  mill_batch batch = {.struct_size = sizeof batch, .private_data = own, .release = release_offsets};
  batch.columns = (struct ArrowArray){rows, 0, 0, 1, 1, own->none, own->children, NULL, NULL, NULL};
  return task->emit(task, 0, &batch, error);
}

static int32_t count(operator_ *self, mill_task *task, const mill_input *input, mill_error *error) {
  mill_column names = mill_column_open(input->batch, &self->name);
  for (int64_t row = 0; row < input->batch->columns.length; row++) {
    mill_text name = mill_text_at(&names, row);
    counts *record = self->keyed_state->value_for_update(self->state, input->slots[row]);
    record->count++;
    self->total++;
    if (self->timers->set(task, input->slots[row], MILL_TIME_EVENT, record->count * 1000, error) != MILL_OK)
      return MILL_FAILED;
    mill_builder_add_row(&self->output, MILL_NO_TIME);
    mill_put_text(&self->output, 0, name.bytes, name.size);
    mill_put_int64(&self->output, 1, record->count);
    mill_put_int64(&self->output, 2, self->total);
  }
  return mill_builder_emit(&self->output, task, 0, error);
}

static int32_t process(void *raw, mill_task *task, const mill_input *input, mill_error *error) {
  operator_ *self = raw;
  static const int32_t good[] = {5, 0x6c6c6568, 0x6f, 0}, wild[] = {100, 0, 0, 0}, elsewhere[] = {16, 0, 7, 0};
  if (does(self, "fail"))
    return mill_fail(error, MILL_CLASS_FATAL, 7, "broken on purpose");
  if (does(self, "retry"))
    return mill_fail(error, MILL_CLASS_RETRY, 7, "away for a while");
  if (does(self, "silent"))
    return 5;
  if (does(self, "unterminated")) {
    memset(error->message, 'x', sizeof error->message);
    return MILL_FAILED;
  }
  if (does(self, "wrong-port"))
    return emit_view(task, 9, good, error);
  if (does(self, "ignore")) {
    emit_view(task, 9, good, error);
    return MILL_OK;
  }
  if (does(self, "wild-view"))
    return emit_view(task, 0, wild, error);
  if (does(self, "wild-buffer"))
    return emit_view(task, 0, elsewhere, error);
  if (does(self, "good-view"))
    return emit_view(task, 0, good, error);
  if (does(self, "released"))
    return emit_released(task, error);
  if (does(self, "offsets"))
    return emit_offsets(self, task, input->batch, error);
  if (does(self, "reject")) {
    for (int64_t row = -1; row <= input->batch->columns.length; row++)
      task->reject_row(task, row, (int32_t)row + 40, row == 1 ? NULL : "not wanted");
    task->reject_row(task, INT64_MAX, 1, "far away");
    return MILL_OK;
  }
  if (does(self, "bad-timer"))
    return self->timers->set(task, 1u << 30, MILL_TIME_EVENT, 0, error);
  if (does(self, "log")) {
    const mill_log *log = self->host->get_extension(self->host, MILL_LOG);
    for (int line = 0; line < 150; line++)
      log->write(MILL_LOG_WARNING, "bad.operator", "a line");
    log->write(MILL_LOG_ERROR, "another", NULL);
    return MILL_OK;
  }
  return count(self, task, input, error);
}

static int32_t on_timers(void *raw, mill_task *task, const mill_timer *timers, uint64_t timer_count,
                         mill_error *error) {
  operator_ *self = raw;
  for (uint64_t i = 0; i < timer_count; i++) {
    const counts *record = self->keyed_state->value(self->state, timers[i].slot);
    mill_builder_add_row(&self->output, timers[i].time_us);
    if (does(self, "rearm")) {
      int64_t again_us = timers[i].time_us + 1000;
      if (self->timers->set(task, timers[i].slot, MILL_TIME_EVENT, again_us, error) != MILL_OK)
        return MILL_FAILED;
    }
    mill_put_text(&self->output, 0, "timer", 5);
    mill_put_int64(&self->output, 1, record == NULL ? -1 : record->count);
    mill_put_int64(&self->output, 2, self->total);
  }
  return mill_builder_emit(&self->output, task, 0, error);
}

static int32_t snapshot(void *raw, mill_task *task, const mill_snapshot_writer *writer, mill_error *error) {
  operator_ *self = raw;
  (void)task;
  if (does(self, "snapshot-fails"))
    return mill_fail(error, MILL_CLASS_FATAL, 1, "can't say");
  if (does(self, "snapshot-large"))
    return writer->write(writer, (const uint8_t *)"", (uint64_t)1 << 40, error);
  return writer->write(writer, (const uint8_t *)&self->total, sizeof self->total, error);
}

static int32_t restore(void *raw, mill_task *task, const mill_snapshot_reader *reader, mill_error *error) {
  operator_ *self = raw;
  (void)task;
  if (does(self, "restore-fails"))
    return mill_fail(error, MILL_CLASS_FATAL, 1, "can't read what %s wrote", reader->version);
  memcpy(&self->total, reader->bytes, sizeof self->total);
  return MILL_OK;
}

static void close_(void *raw, mill_task *task) { (void)raw, (void)task; }

static void destroy(void *raw) {
  operator_ *self = raw;
  mill_builder_free(&self->output);
  free(self);
}

static const mill_state_descriptor *const states[] = {&state};
static const mill_port inputs[] = {{sizeof(mill_port), MILL_PORT_KEYED, "rows"}};
static const mill_port outputs[] = {{sizeof(mill_port), 0, "counts"}};
static const mill_operator_descriptor descriptor = {.struct_size = sizeof(mill_operator_descriptor),
                                                    .id = "bad.operator",
                                                    .version = VERSION,
                                                    .summary = "Does what it is told.",
                                                    .config_schema = "{\"type\":\"object\"}",
                                                    .inputs = inputs,
                                                    .input_count = 1,
                                                    .output_count = 1,
                                                    .outputs = outputs,
                                                    .states = states,
                                                    .state_count = 1};
static const mill_operator_vtable vtable = {.struct_size = sizeof(mill_operator_vtable),
                                            .create = create,
                                            .bind = bind,
                                            .open = open_,
                                            .process = process,
                                            .on_timers = on_timers,
                                            .snapshot = snapshot,
                                            .restore = restore,
                                            .close = close_,
                                            .destroy = destroy};
static const mill_operator_type type = {sizeof(mill_operator_type), 0, &descriptor, &vtable};
static const mill_operator_type *const types[] = {&type};
static const mill_operators operators = {sizeof(mill_operators), 1, types};

static const void *get_extension(const char *id) { return strcmp(id, MILL_OPERATORS) == 0 ? &operators : NULL; }

static const mill_plugin plugin = {.struct_size = sizeof(mill_plugin),
                                   .abi_minor = MILL_ABI_MINOR,
                                   .name = "bad operator",
                                   .version = VERSION,
                                   .get_extension = get_extension};

const mill_plugin *mill_plugin_v1(void) { return &plugin; }
