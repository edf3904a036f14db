#include "fake_task.h"

#include "millrace/plugin.h"

/// The last of the operators puts its rows here, the others into the one behind.
typedef struct step {
  mill_task task;
  const mill_operator_type *type;
  void *self;
  struct step *next;
  struct ArrowSchema output;
  int64_t totals[2];
} step;

enum { SLOTS = 1 << 20 };
static int64_t records[SLOTS];
static uint32_t slots[65536];

/// Of the state "value", by slot.
static struct {
  uint8_t *bytes;
  uint64_t size;
} runs[SLOTS];

static void must(int32_t status, const mill_error *error) {
  if (status == MILL_OK)
    return;
  fprintf(stderr, "%s\n", error->message);
  abort();
}

static int32_t find_state(mill_task *task, const char *name, mill_state **out, mill_error *error) {
  (void)task, (void)error;
  *out = (mill_state *)(void *)records;
  return strcmp(name, "count") == 0 || strcmp(name, "value") == 0 ? MILL_OK : MILL_FAILED;
}

static const uint8_t *get_bytes(mill_state *state, uint32_t slot, uint64_t *size) {
  (void)state;
  *size = runs[slot].size;
  return runs[slot].bytes;
}

static int32_t set_bytes(mill_state *state, uint32_t slot, const uint8_t *bytes, uint64_t size) {
  (void)state;
  free(runs[slot].bytes);
  runs[slot].bytes = malloc(size);
  runs[slot].size = size;
  if (runs[slot].bytes == NULL)
    return MILL_FAILED;
  memcpy(runs[slot].bytes, bytes, size);
  return MILL_OK;
}

static void clear_states(void) {
  memset(records, 0, sizeof records);
  for (int i = 0; i < SLOTS; i++)
    free(runs[i].bytes);
  memset(runs, 0, sizeof runs);
}

static int32_t values_for_update(mill_state *state, const uint32_t *slots, uint64_t count, void **out) {
  for (uint64_t i = 0; i < count; i++)
    out[i] = (int64_t *)(void *)state + slots[i];
  return MILL_OK;
}

static const void *get_extension(mill_task *task, const char *id) {
  static const mill_keyed_state keyed_state = {.struct_size = sizeof keyed_state,
                                               .state = find_state,
                                               .values_for_update = values_for_update,
                                               .bytes = get_bytes,
                                               .set_bytes = set_bytes};
  (void)task;
  return strcmp(id, MILL_KEYED_STATE) == 0 ? &keyed_state : NULL;
}

static const void *no_extension(const mill_host *host, const char *id) {
  (void)host, (void)id;
  return NULL;
}

/// Auctions' ids and uniform keys are small and dense: they are their own slots.
static void process(step *to, mill_batch *batch) {
  mill_error error = {.struct_size = sizeof error};
  const int64_t *keys = batch->columns.children[0]->buffers[1];
  for (int64_t row = 0; row < batch->columns.length; row++)
    slots[row] = (uint32_t)keys[row] % SLOTS;
  mill_input input = {.struct_size = sizeof input, .batch = batch, .slots = slots, .watermark_us = INT64_MIN};
  must(to->type->vtable->process(to->self, &to->task, &input, &error), &error);
  batch->release(batch);
}

static int32_t emit(mill_task *task, uint32_t output, mill_batch *batch, mill_error *error) {
  step *from = task->context;
  (void)output, (void)error;
  if (from->next != NULL) {
    process(from->next, batch);
    return MILL_OK;
  }
  for (int i = 0; i < 2; i++)
    from->totals[i] = *(const int64_t *)batch->columns.children[i]->buffers[1];
  batch->release(batch);
  return MILL_OK;
}

static void start(step *self, const mill_operator_type *type, const char *config,
                  const struct ArrowSchema *input, step *next) {
  static const mill_host host = {.struct_size = sizeof host, .get_extension = no_extension};
  mill_error error = {.struct_size = sizeof error};
  *self = (step){.type = type, .next = next};
  self->task = (mill_task){.struct_size = sizeof self->task,
                           .worker_count = 1,
                           .context = self,
                           .get_extension = get_extension,
                           .emit = emit};
  must(type->vtable->create(&host, config, &self->self, &error), &error);
  must(type->vtable->bind(self->self, &input, 1, &self->output, 1, &error), &error);
  must(type->vtable->open(self->self, &self->task, &error), &error);
}

static void stop(step *self) {
  mill_error error = {.struct_size = sizeof error};
  if (self->type->vtable->on_watermark != NULL)
    must(self->type->vtable->on_watermark(self->self, &self->task, INT64_MAX, &error), &error);
  self->type->vtable->close(self->self, &self->task);
  self->type->vtable->destroy(self->self);
  self->output.release(&self->output);
}

static void pump(void *source, step *first) {
  mill_error error = {.struct_size = sizeof error};
  for (int32_t ended = 0; !ended;) {
    mill_batch batch = {0};
    must(nexmark_source.vtable->poll(source, 4096, &batch, &ended, &error), &error);
    if (batch.release != NULL)
      process(first, &batch);
  }
}

void run_query(const char *source_config, const mill_operator_type *middle, const char *checksum_config,
               int64_t *rows, int64_t *checksum) {
  mill_error error = {.struct_size = sizeof error};
  struct ArrowSchema schema;
  void *source;
  step one, last;
  clear_states();
  must(nexmark_source.vtable->create(NULL, source_config, 0, 1, &source, &error), &error);
  must(nexmark_source.vtable->schema(source, &schema, &error), &error);
  if (middle != NULL)
    start(&one, middle, "{}", &schema, &last);
  start(&last, &nexmark_checksum, checksum_config, middle != NULL ? &one.output : &schema, NULL);
  pump(source, middle != NULL ? &one : &last);
  if (middle != NULL)
    stop(&one);
  stop(&last);
  nexmark_source.vtable->destroy(source);
  clear_states();
  schema.release(&schema);
  *rows = last.totals[0];
  *checksum = last.totals[1];
}
