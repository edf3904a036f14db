#include "fake_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fake_host *host_of(mill_task *task) { return task->context; }
static fake_host *host_of_state(mill_state *state) { return (fake_host *)(void *)state; }

static fake_key *key_at(fake_host *host, uint32_t slot) {
  size_t index = (slot + FAKE_KEYS - host->rotation % FAKE_KEYS) % FAKE_KEYS;
  if (slot >= FAKE_KEYS || index >= host->key_count) {
    fprintf(stderr, "slot %u stands for no key: it was kept past its callback\n", slot);
    exit(1);
  }
  return &host->keys[index];
}

static int32_t find_state(mill_task *task, const char *name, mill_state **out, mill_error *error) {
  if (strcmp(name, host_of(task)->state_name) != 0) {
    snprintf(error->message, sizeof error->message, "no state %s was declared", name);
    return MILL_FAILED;
  }
  *out = (mill_state *)(void *)host_of(task);
  return MILL_OK;
}

static const void *value(mill_state *state, uint32_t slot) {
  return key_at(host_of_state(state), slot)->record;
}

static void *value_for_update(mill_state *state, uint32_t slot) {
  fake_host *host = host_of_state(state);
  fake_key *key = key_at(host, slot);
  void *moved = calloc(1, host->record_size);
  if (key->record != NULL)
    memcpy(moved, key->record, host->record_size);
  free(key->record);
  return key->record = moved;
}

static void clear(mill_state *state, uint32_t slot) {
  fake_key *key = key_at(host_of_state(state), slot);
  free(key->record);
  key->record = NULL;
}

static int32_t timer_set(mill_task *task, uint32_t slot, uint32_t kind, int64_t time_us, mill_error *error) {
  fake_key *key = key_at(host_of(task), slot);
  if (kind != MILL_TIME_EVENT || (key->has_timer && key->timer_us != time_us)) {
    snprintf(error->message, sizeof error->message,
             "a second timer for one key: the old one was not cancelled");
    return MILL_FAILED;
  }
  key->has_timer = 1;
  key->timer_us = time_us;
  return MILL_OK;
}

static int32_t timer_cancel(mill_task *task, uint32_t slot, uint32_t kind, int64_t time_us, mill_error *error) {
  fake_key *key = key_at(host_of(task), slot);
  (void)error;
  if (kind == MILL_TIME_EVENT && key->timer_us == time_us)
    key->has_timer = 0;
  return MILL_OK;
}

static const mill_keyed_state keyed_state = {.struct_size = sizeof(mill_keyed_state),
                                             .state = find_state,
                                             .value = value,
                                             .value_for_update = value_for_update,
                                             .clear = clear};
static const mill_timers timers = {sizeof(mill_timers), 0, timer_set, timer_cancel};

static const void *task_extension(mill_task *task, const char *id) {
  (void)task;
  return strcmp(id, MILL_KEYED_STATE) == 0 ? (const void *)&keyed_state
         : strcmp(id, MILL_TIMERS) == 0    ? &timers
                                           : NULL;
}

static const void *host_extension(const mill_host *host, const char *id) {
  (void)host, (void)id;
  return NULL;
}

const mill_host fake_process = {sizeof(mill_host), MILL_ABI_MINOR, "0.0.0", host_extension};

static int32_t emit(mill_task *task, uint32_t output, mill_batch *batch, mill_error *error) {
  (void)error;
  if (output == 0)
    host_of(task)->emitted(batch);
  batch->release(batch);
  if (batch->release != NULL || output != 0)
    return MILL_FAILED;
  return MILL_OK;
}

static void reject_row(mill_task *task, int64_t row, int32_t code, const char *message) {
  fake_host *host = host_of(task);
  host->rejected++;
  host->reject_sum = host->reject_sum * 31 + (uint64_t)row * 7 + (uint64_t)code;
  for (const char *at = message; *at != '\0'; at++)
    host->reject_sum = host->reject_sum * 31 + (unsigned char)*at;
}

static int64_t now_us(mill_task *task) {
  (void)task;
  return 0;
}

/// Bytes of a state's record, laid out as the ABI says; 0 for a format that this host does not know.
static size_t record_size_of(const struct ArrowSchema *schema) {
  size_t size = 0, widest = 1;
  for (int64_t i = 0; i < schema->n_children; i++) {
    const char *format = schema->children[i]->format;
    int is_bytes = strncmp(format, "w:", 2) == 0;
    size_t width = is_bytes                        ? (size_t)atoi(format + 2)
                   : *format == 'C'                ? 1
                   : *format == 'i'                ? 4
                   : strncmp(format, "ts", 2) == 0 ? 8
                                                   : 0;
    size_t alignment = is_bytes ? 1 : width;
    if (width == 0)
      return 0;
    size = (size + alignment - 1) / alignment * alignment + width;
    widest = alignment > widest ? alignment : widest;
  }
  return (size + widest - 1) / widest * widest;
}

int fake_host_init(fake_host *host, const mill_operator_descriptor *descriptor) {
  memset(host, 0, sizeof *host);
  host->task = (mill_task){.struct_size = sizeof(mill_task),
                           .worker_count = 1,
                           .context = host,
                           .get_extension = task_extension,
                           .emit = emit,
                           .reject_row = reject_row,
                           .now_us = now_us};
  if (descriptor->state_count != 1 || descriptor->states[0]->kind != MILL_STATE_VALUE)
    return 0;
  host->state_name = descriptor->states[0]->name;
  host->record_size = record_size_of(descriptor->states[0]->schema);
  return host->record_size > 0;
}

uint32_t fake_host_slot(fake_host *host, const char *key) {
  size_t index = 0;
  while (index < host->key_count && strcmp(host->keys[index].text, key) != 0)
    index++;
  if (index == host->key_count) {
    if (index == FAKE_KEYS || strlen(key) >= FAKE_KEY_SIZE) {
      fprintf(stderr, "more keys, or longer ones, than the fake host keeps\n");
      exit(1);
    }
    strcpy(host->keys[host->key_count++].text, key);
  }
  return (uint32_t)((index + host->rotation) % FAKE_KEYS);
}

void fake_host_end_callback(fake_host *host) { host->rotation = (host->rotation + 977) % FAKE_KEYS; }

static int by_time(const void *a, const void *b) {
  const mill_timer *left = a, *right = b;
  return (left->time_us > right->time_us) - (left->time_us < right->time_us);
}

size_t fake_host_fire(fake_host *host, int64_t watermark_us, mill_timer *out, size_t limit) {
  size_t count = 0;
  for (size_t i = 0; i < host->key_count && count < limit; i++) {
    fake_key *key = &host->keys[i];
    if (!key->has_timer || key->timer_us > watermark_us)
      continue;
    key->has_timer = 0;
    out[count++] = (mill_timer){(uint32_t)((i + host->rotation) % FAKE_KEYS), MILL_TIME_EVENT, key->timer_us};
  }
  qsort(out, count, sizeof *out, by_time);
  return count;
}

void fake_host_free(fake_host *host) {
  for (size_t i = 0; i < host->key_count; i++)
    free(host->keys[i].record);
}
