/// Runs a knock-on delay plugin in the fake host and prints what it emits.
///
///   drive_knock_on rows                              the made-up rows, tab-separated
///   drive_knock_on PLUGIN MODE LAYOUT BATCH TIMERS [ROWS]
///
/// PLUGIN may be two, "OLD,NEW": the new one takes over state and timers after half of the rows.
/// MODE: "alerts" (tab-separated) or "bytes" (all buffers in hex; the same only if batches are cut the same).
/// LAYOUT: 0 to 3, see flight_rows.h. BATCH: rows per batch. TIMERS: "eager" or "never". ROWS: a file.
#include "fake_host.h"
#include "flight_rows.h"

#include "millrace_sdk/column.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MADE_UP_ROWS 600

static fake_host host;
static char formats[16][16];
static mill_error error = {.struct_size = sizeof(mill_error)};

static void require(int condition, const char *what) {
  if (condition)
    return;
  fprintf(stderr, "%s: %s\n", what, error.message);
  exit(1);
}

static void print_hex(const char *name, const void *bytes, int64_t size) {
  printf("%s", name);
  for (int64_t i = 0; bytes != NULL && i < size; i++)
    printf("%02x", ((const uint8_t *)bytes)[i]);
  printf("\n");
}

static void print_bytes(const mill_batch *batch) {
  int64_t rows = batch->columns.length;
  printf("batch %lld rows %lld columns\n", (long long)rows, (long long)batch->columns.n_children);
  print_hex("times ", batch->event_time_us, rows * 8);
  for (int64_t c = 0; c < batch->columns.n_children; c++) {
    const struct ArrowArray *array = batch->columns.children[c];
    int is_text = strcmp(formats[c], "vu") == 0;
    printf("column %lld nulls %lld offset %lld buffers %lld\n", (long long)c, (long long)array->null_count,
           (long long)array->offset, (long long)array->n_buffers);
    print_hex("validity ", array->buffers[0], (rows + 7) / 8);
    print_hex("values ", array->buffers[1], rows * (is_text ? 16 : *formats[c] == 'i' ? 4 : 8));
    for (int64_t b = 2; b + 1 < array->n_buffers; b++)
      print_hex("data ", array->buffers[b], ((const int64_t *)array->buffers[array->n_buffers - 1])[b - 2]);
  }
}

static void print_alerts(const mill_batch *batch) {
  for (int64_t row = 0; row < batch->columns.length; row++)
    for (int64_t c = 0; c < batch->columns.n_children; c++) {
      mill_column_ref ref = {c, mill_layout_of(formats[c])};
      mill_column column = mill_column_open(batch, &ref);
      char end = c + 1 < batch->columns.n_children ? '\t' : '\n';
      mill_text text = strcmp(formats[c], "vu") == 0 ? mill_text_at(&column, row) : (mill_text){"", 0};
      if (strcmp(formats[c], "vu") == 0)
        printf("%.*s%c", (int)text.size, text.bytes, end);
      else if (*formats[c] == 'i')
        printf("%d%c", mill_int32(&column, row), end);
      else
        printf("%lld%c", (long long)mill_int64(&column, row), end);
    }
}

static const mill_operator_type *load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  require(library != NULL, library == NULL ? dlerror() : path);
  const mill_plugin *(*entry)(void);
  void *symbol = dlsym(library, MILL_ENTRY_SYMBOL);
  require(symbol != NULL, "no " MILL_ENTRY_SYMBOL);
  memcpy(&entry, &symbol, sizeof entry);
  const mill_plugin *plugin = entry();
  require(plugin->struct_size >= sizeof(mill_plugin) && plugin->abi_minor <= MILL_ABI_MINOR,
          "a plugin of another ABI");
  require(plugin->init == NULL || plugin->init(&fake_process, &error) == MILL_OK, "init");
  require(plugin->get_extension("no.such/1") == NULL, "an unknown capability is not NULL");
  const mill_operators *operators = plugin->get_extension(MILL_OPERATORS);
  require(operators != NULL && operators->count == 1, "no single operator");
  return operators->types[0];
}

/// Prints what the descriptor says, so that plugins that should say the same can be compared.
static void print_descriptor(const mill_operator_descriptor *d) {
  const mill_state_descriptor *state = d->states[0];
  printf("operator %s %s %s\nconfig %s\n", d->id, d->version, d->summary, d->config_schema);
  printf("input %s %u output %s %u\n", d->inputs[0].name, d->inputs[0].flags, d->outputs[0].name,
         d->outputs[0].flags);
  printf("state %s kind %u version %u ttl %u %llu\n", state->name, state->kind, state->schema_version,
         state->ttl_mode, (unsigned long long)state->ttl_ms);
  for (int64_t i = 0; i < state->schema->n_children; i++)
    printf("state field %s %s\n", state->schema->children[i]->name, state->schema->children[i]->format);
}

static void bind_operator(const mill_operator_type *type, void *self, int layout, int prints) {
  struct ArrowSchema input, output = {.release = NULL};
  const struct ArrowSchema *inputs[] = {&input};
  flight_schema(&input, layout);
  input.children[7]->name = "arrival";
  require(type->vtable->bind(self, inputs, 1, &output, 1, &error) == MILL_FAILED, "bind took a missing column");
  require(strstr(error.message, "arrival_delay") != NULL && output.release == NULL,
          "bind's error names no column");
  input.children[7]->name = "arrival_delay";
  require(type->vtable->bind(self, inputs, 1, &output, 1, &error) == MILL_OK, "bind");
  for (int64_t i = 0; i < output.n_children && i < 16; i++) {
    snprintf(formats[i], sizeof formats[i], "%s", output.children[i]->format);
    if (prints)
      printf("output %s %s %lld\n", output.children[i]->name, formats[i], (long long)output.children[i]->flags);
  }
  output.release(&output);
  input.release(&input);
}

static void fire(const mill_operator_type *type, void *self, int64_t watermark_us) {
  mill_timer fired[64];
  size_t count;
  while ((count = fake_host_fire(&host, watermark_us, fired, 64)) > 0) {
    require(type->vtable->on_timers(self, &host.task, fired, count, &error) == MILL_OK, "on_timers");
    fake_host_end_callback(&host);
  }
}

static void run(const mill_operator_type *type, void *self, const flight_row *rows, size_t count, int layout,
                size_t batch_rows, int fires) {
  uint32_t *slots = malloc(batch_rows * sizeof *slots);
  int64_t watermark_us = INT64_MIN;
  for (size_t from = 0; from < count; from += batch_rows) {
    size_t length = count - from < batch_rows ? count - from : batch_rows;
    mill_batch batch;
    flight_batch(&batch, rows + from, length, layout);
    for (size_t i = 0; i < length; i++)
      slots[i] = fake_host_slot(&host, rows[from + i].texts[0]);
    mill_input input = {sizeof input, 0, &batch, slots, watermark_us};
    require(type->vtable->process(self, &host.task, &input, &error) == MILL_OK, "process");
    batch.release(&batch);
    fake_host_end_callback(&host);
    watermark_us = rows[from + length - 1].scheduled_us;
    if (fires)
      fire(type, self, watermark_us);
    if (type->vtable->on_watermark != NULL)
      require(type->vtable->on_watermark(self, &host.task, watermark_us, &error) == MILL_OK, "on_watermark");
  }
  free(slots);
}

/// The life of one instance, from create to destroy, over some of the rows.
static void live(const char *path, const flight_row *rows, size_t count, int prints_bytes, int layout,
                 size_t batch_rows, int fires) {
  const mill_operator_type *type = load(path);
  void *self = NULL;
  require(host.task.context != NULL || fake_host_init(&host, type->descriptor), "not one VALUE state");
  host.emitted = prints_bytes ? print_bytes : print_alerts;
  require(type->vtable->create(&fake_process, "{\"late_minutes\": -1}", &self, &error) == MILL_FAILED &&
              self == NULL,
          "create took a wrong configuration");
  require(type->vtable->create(&fake_process, "{}", &self, &error) == MILL_OK, "create");
  if (prints_bytes)
    print_descriptor(type->descriptor);
  bind_operator(type, self, layout, prints_bytes);
  require(type->vtable->open(self, &host.task, &error) == MILL_OK, "open");
  run(type, self, rows, count, layout, batch_rows, fires);
  type->vtable->close(self, &host.task);
  type->vtable->destroy(self);
}

/// What the state holds at the end, key by key.
static void print_state(void) {
  for (size_t i = 0; i < host.key_count; i++) {
    printf("key %s timer %lld ", host.keys[i].text,
           host.keys[i].has_timer ? (long long)host.keys[i].timer_us : -1);
    print_hex("record ", host.keys[i].record, (int64_t)host.record_size);
  }
}

int main(int argc, char **argv) {
  static flight_row made_up[MADE_UP_ROWS];
  flight_row *rows = made_up, *read_rows = NULL;
  size_t count = MADE_UP_ROWS;
  flight_rows_make(made_up, MADE_UP_ROWS);
  if (argc == 2 && strcmp(argv[1], "rows") == 0) {
    flight_rows_print(rows, count);
    return 0;
  }
  require(argc == 6 || argc == 7, "usage: drive_knock_on PLUGIN alerts|bytes LAYOUT BATCH eager|never [ROWS]");
  int prints_bytes = strcmp(argv[2], "bytes") == 0, layout = atoi(argv[3]), batch_rows = atoi(argv[4]);
  require(layout >= 0 && layout < LAYOUT_KINDS && batch_rows > 0, "LAYOUT is 0 to 3, BATCH is over 0");
  if (argc == 7) {
    require(flight_rows_read(argv[6], &read_rows, &count), "can't read the rows");
    rows = read_rows;
  }
  int fires = strcmp(argv[5], "eager") == 0;
  char *second = strchr(argv[1], ',');
  size_t half = second == NULL ? count : count / 2;
  if (second != NULL)
    *second++ = '\0';
  live(argv[1], rows, half, prints_bytes, layout, (size_t)batch_rows, fires);
  if (second != NULL)
    live(second, rows + half, count - half, prints_bytes, layout, (size_t)batch_rows, fires);
  if (prints_bytes) {
    printf("rejected %lld sum %llu\n", (long long)host.rejected, (unsigned long long)host.reject_sum);
    print_state();
  }
  fake_host_free(&host);
  free(read_rows);
  return 0;
}
