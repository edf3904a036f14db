/// Operator "test.ledger": uses every kind of keyed state and event-time timers, and tells all that it
/// remembers, so that a lost, doubled or stale piece of state shows in the results. ledger_job.py computes the
/// same without Millrace.
///
/// Each row (key, n) makes a row "row": the key's count and a digest of its sum, its last payload and its list.
/// At CLEAR_AT + key mod 4 rows the key's state is cleared. Rows are also counted per window of event time in a
/// map; at the window's end a timer emits a row "window" and removes the entry. Results depend on the order of
/// the rows of a key, and on nothing else, as long as no row is late.
#include "millrace_sdk.h"

MILL_PLUGIN_NOTE("c");

#ifndef TTL_MS
#define TTL_MS 0
#endif
#ifndef LAST_TTL_MS
#define LAST_TTL_MS 0
#endif

/// Rows after which a key is cleared, at least.
#define CLEAR_AT 4
/// Items of a list before it starts again.
#define LIST_MAX 6
/// Words of the longest payload, less one.
#define PAYLOAD_WORDS 256
/// Length of a window, in microseconds.
#define WINDOW_US INT64_C(1000000)

enum { ROW = 0, WINDOW = 1 };
enum { OUT_KEY, OUT_KIND, OUT_N, OUT_COUNT, OUT_DIGEST, OUT_FIELDS };
static const mill_field output_fields[] = {
    {"key", "l", 0}, {"kind", "i", 0}, {"n", "l", 0}, {"count", "l", 0}, {"digest", "l", 0}};

MILL_STATIC_STRUCT(total_schema, MILL_STATIC_FIELD("count", "l"), MILL_STATIC_FIELD("sum", "l"));
typedef struct total {
  int64_t count;
  int64_t sum;
} total;
static const struct ArrowSchema bytes_schema = {.format = "z", .name = ""};

#define STATE(KIND, NAME, SCHEMA, KEY, TTL)                                                                    \
  {.struct_size = sizeof(mill_state_descriptor),                                                               \
   .kind = (KIND),                                                                                             \
   .name = (NAME),                                                                                             \
   .schema = (SCHEMA),                                                                                         \
   .map_key_schema = (KEY),                                                                                    \
   .schema_version = 1,                                                                                        \
   .ttl_ms = (TTL)}
static const mill_state_descriptor total_state = STATE(MILL_STATE_VALUE, "total", &total_schema, NULL, TTL_MS);
static const mill_state_descriptor last_state =
    STATE(MILL_STATE_BYTES, "last", &bytes_schema, NULL, LAST_TTL_MS);
static const mill_state_descriptor recent_state = STATE(MILL_STATE_LIST, "recent", &bytes_schema, NULL, TTL_MS);
static const mill_state_descriptor windows_state =
    STATE(MILL_STATE_MAP, "windows", &bytes_schema, &bytes_schema, TTL_MS);

typedef struct ledger {
  mill_column_ref key_column;
  mill_column_ref n_column;
  char key_name[64];
  char n_name[64];
  mill_builder rows;
  const mill_keyed_state *keyed_state;
  const mill_timers *timers;
  mill_state *total;
  mill_state *last;
  mill_state *recent;
  mill_state *windows;
} ledger;

/// Copies the text member `key` of the config, without escapes, into `out` (64 bytes); leaves it if there is
/// none.
static void config_text(const char *config_json, const char *key, char *out) {
  const char *at = mill_json_member(config_json, key);
  if (at == NULL || *at != '"')
    return;
  size_t size = strcspn(at + 1, "\"");
  if (size < 64) {
    memcpy(out, at + 1, size);
    out[size] = 0;
  }
}

static int32_t create(const mill_host *host, const char *config_json, void **out_self, mill_error *error) {
  (void)host;
  ledger *self = calloc(1, sizeof *self);
  if (self == NULL)
    return mill_fail_memory(error, "ledger");
  strcpy(self->key_name, "key");
  strcpy(self->n_name, "n");
  config_text(config_json, "key", self->key_name);
  config_text(config_json, "n", self->n_name);
  if (mill_builder_init(&self->rows, output_fields, OUT_FIELDS, error) != MILL_OK) {
    free(self);
    return MILL_FAILED;
  }
  *out_self = self;
  return MILL_OK;
}

static int32_t bind(void *raw, const struct ArrowSchema *const *inputs, uint32_t input_count,
                    struct ArrowSchema *outputs, uint32_t output_count, mill_error *error) {
  ledger *self = raw;
  (void)input_count, (void)output_count;
  if (mill_column_find(inputs[0], self->key_name, "l", &self->key_column, error) != MILL_OK ||
      mill_column_find(inputs[0], self->n_name, "l", &self->n_column, error) != MILL_OK)
    return MILL_FAILED;
  return mill_schema_make(&outputs[0], output_fields, OUT_FIELDS, error);
}

static int32_t open(void *raw, mill_task *task, mill_error *error) {
  ledger *self = raw;
  self->keyed_state = task->get_extension(task, MILL_KEYED_STATE);
  self->timers = task->get_extension(task, MILL_TIMERS);
  if (self->keyed_state == NULL || self->timers == NULL)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "ledger needs keyed state and timers");
  if (self->keyed_state->state(task, "total", &self->total, error) != MILL_OK ||
      self->keyed_state->state(task, "last", &self->last, error) != MILL_OK ||
      self->keyed_state->state(task, "recent", &self->recent, error) != MILL_OK ||
      self->keyed_state->state(task, "windows", &self->windows, error) != MILL_OK)
    return MILL_FAILED;
  return MILL_OK;
}

/// Takes the words of a run of bytes into a digest.
static uint64_t mix_words(uint64_t digest, const uint8_t *bytes, uint64_t size) {
  for (uint64_t at = 0; at + 8 <= size; at += 8) {
    uint64_t word;
    memcpy(&word, bytes + at, sizeof word);
    digest = digest * 31 + word;
  }
  return digest;
}

static void put(ledger *self, int64_t time_us, int64_t key, int32_t kind, int64_t n, const total *of,
                uint64_t digest) {
  mill_builder_add_row(&self->rows, time_us);
  mill_put_int64(&self->rows, OUT_KEY, key);
  mill_put_int32(&self->rows, OUT_KIND, kind);
  mill_put_int64(&self->rows, OUT_N, n);
  mill_put_int64(&self->rows, OUT_COUNT, of->count);
  mill_put_int64(&self->rows, OUT_DIGEST, (int64_t)(digest * 31 + (uint64_t)of->sum));
}

/// Puts the key's new payload in the place of the last; gives the digest of that.
static int32_t replace_last(ledger *self, uint32_t slot, int64_t n, uint64_t *digest) {
  uint64_t size = 0;
  const uint8_t *bytes = self->keyed_state->bytes(self->last, slot, &size);
  *digest = bytes == NULL ? 1 : mix_words(2, bytes, size);
  int64_t payload[PAYLOAD_WORDS];
  uint64_t words = (uint64_t)n % PAYLOAD_WORDS;
  for (uint64_t i = 0; i < words; i++)
    payload[i] = n;
  return self->keyed_state->set_bytes(self->last, slot, (const uint8_t *)payload, words * 8);
}

/// Adds to the key's list, which starts again when it is full; gives the digest of its items.
static int32_t append_recent(ledger *self, uint32_t slot, int64_t n, uint64_t *digest) {
  if (self->keyed_state->list_count(self->recent, slot) >= LIST_MAX)
    self->keyed_state->clear(self->recent, slot);
  if (self->keyed_state->list_append(self->recent, slot, (const uint8_t *)&n, sizeof n) != MILL_OK)
    return MILL_FAILED;
  uint64_t count = self->keyed_state->list_count(self->recent, slot);
  for (uint64_t i = 0; i < count; i++) {
    uint64_t size = 0;
    const uint8_t *item = self->keyed_state->list_item(self->recent, slot, i, &size);
    *digest = mix_words(*digest, item, size);
  }
  return MILL_OK;
}

/// Counts the row in its window; sets the timer of a new one.
static int32_t count_in_window(ledger *self, mill_task *task, uint32_t slot, int64_t time_us, int64_t n,
                               mill_error *error) {
  int64_t window = time_us / WINDOW_US;
  uint64_t size = 0;
  const uint8_t *old =
      self->keyed_state->map_value(self->windows, slot, (const uint8_t *)&window, sizeof window, &size);
  total now = {0, 0};
  if (old != NULL && size == sizeof now)
    memcpy(&now, old, sizeof now);
  now.count++;
  now.sum = (int64_t)((uint64_t)now.sum * 31 + (uint64_t)n);
  if (self->keyed_state->map_put(self->windows, slot, (const uint8_t *)&window, sizeof window,
                                 (const uint8_t *)&now, sizeof now) != MILL_OK)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "ledger: no memory for a window");
  if (old != NULL)
    return MILL_OK;
  return self->timers->set(task, slot, MILL_TIME_EVENT, (window + 1) * WINDOW_US, error);
}

static int32_t count_row(ledger *self, mill_task *task, uint32_t slot, int64_t key, int64_t n, int64_t time_us,
                         mill_error *error) {
  total *of = self->keyed_state->value_for_update(self->total, slot);
  of->count++;
  of->sum = (int64_t)((uint64_t)of->sum + (uint64_t)n);
  total now = *of;
  uint64_t digest = 0;
  if (replace_last(self, slot, n, &digest) != MILL_OK || append_recent(self, slot, n, &digest) != MILL_OK)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "ledger: no memory for a row");
  put(self, time_us, key, ROW, n, &now, digest);
  if (now.count >= CLEAR_AT + key % 4) {
    self->keyed_state->clear(self->total, slot);
    self->keyed_state->clear(self->last, slot);
    self->keyed_state->clear(self->recent, slot);
  }
  return time_us == MILL_NO_TIME ? MILL_OK : count_in_window(self, task, slot, time_us, n, error);
}

static int32_t process(void *raw, mill_task *task, const mill_input *input, mill_error *error) {
  ledger *self = raw;
  const mill_batch *batch = input->batch;
  mill_column keys = mill_column_open(batch, &self->key_column), ns = mill_column_open(batch, &self->n_column);
  for (int64_t row = 0; row < batch->columns.length; row++) {
    int64_t time_us = batch->event_time_us == NULL ? MILL_NO_TIME : batch->event_time_us[row];
    if (count_row(self, task, input->slots[row], mill_int64(&keys, row), mill_int64(&ns, row), time_us,
                  error) != MILL_OK)
      return MILL_FAILED;
  }
  return mill_builder_emit(&self->rows, task, 0, error);
}

/// The key of a slot: one int64 column, so the last 8 bytes of the canonical key (docs/formats.md).
static int64_t key_of(ledger *self, mill_task *task, uint32_t slot) {
  uint64_t size = 0;
  int64_t key = -1;
  const uint8_t *bytes = self->keyed_state->key(task, slot, &size);
  if (size >= sizeof key)
    memcpy(&key, bytes + size - sizeof key, sizeof key);
  return key;
}

static int32_t on_timers(void *raw, mill_task *task, const mill_timer *timers, uint64_t timer_count,
                         mill_error *error) {
  ledger *self = raw;
  for (uint64_t i = 0; i < timer_count; i++) {
    int64_t window = timers[i].time_us / WINDOW_US - 1;
    uint64_t size = 0;
    const uint8_t *found = self->keyed_state->map_value(self->windows, timers[i].slot, (const uint8_t *)&window,
                                                        sizeof window, &size);
    total of = {-1, -1}; // A timer without its window, which TTL may have taken.
    if (found != NULL && size == sizeof of)
      memcpy(&of, found, sizeof of);
    put(self, timers[i].time_us, key_of(self, task, timers[i].slot), WINDOW, window, &of, 0);
    if (self->keyed_state->map_remove(self->windows, timers[i].slot, (const uint8_t *)&window, sizeof window) !=
        MILL_OK)
      return mill_fail(error, MILL_CLASS_FATAL, 0, "ledger: can't remove a window");
  }
  return mill_builder_emit(&self->rows, task, 0, error);
}

static void close(void *raw, mill_task *task) { (void)raw, (void)task; }

static void destroy(void *raw) {
  ledger *self = raw;
  mill_builder_free(&self->rows);
  free(self);
}

static const mill_state_descriptor *const states[] = {&total_state, &last_state, &recent_state, &windows_state};
static const mill_port inputs[] = {{sizeof(mill_port), MILL_PORT_KEYED, "rows"}};
static const mill_port outputs[] = {{sizeof(mill_port), 0, "ledger"}};
static const mill_operator_descriptor descriptor = {
    .struct_size = sizeof(mill_operator_descriptor),
    .id = "test.ledger",
    .version = "1.0.0",
    .summary = "Tells all that it remembers of each key.",
    .config_schema = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"key\":{\"type\":"
                     "\"string\"},\"n\":{\"type\":\"string\"}}}",
    .inputs = inputs,
    .input_count = 1,
    .output_count = 1,
    .outputs = outputs,
    .states = states,
    .state_count = 4};
static const mill_operator_vtable vtable = {.struct_size = sizeof(mill_operator_vtable),
                                            .create = create,
                                            .bind = bind,
                                            .open = open,
                                            .process = process,
                                            .on_timers = on_timers,
                                            .close = close,
                                            .destroy = destroy};
static const mill_operator_type type = {sizeof(mill_operator_type), 0, &descriptor, &vtable};
static const mill_operator_type *const types[] = {&type};
static const mill_operators operators = {sizeof(mill_operators), 1, types};

static const void *get_extension(const char *id) { return strcmp(id, MILL_OPERATORS) == 0 ? &operators : NULL; }

static const mill_plugin plugin = {.struct_size = sizeof(mill_plugin),
                                   .abi_minor = MILL_ABI_MINOR,
                                   .name = "ledger",
                                   .version = "1.0.0",
                                   .get_extension = get_extension};

const mill_plugin *mill_plugin_v1(void) { return &plugin; }
