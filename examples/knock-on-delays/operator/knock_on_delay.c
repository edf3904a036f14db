/// Knock-on delays: departures that are late because the same aircraft had arrived late. README.md in the
/// directory above defines every term; expected.py there computes the same without Millrace.
#include "knock_on_delay.h"

#define DAY_US (INT64_C(86400) * 1000000)

/// Columns of the input, in the order of `input_columns`.
enum { TAILNUM, CARRIER, FLIGHT, ORIGIN, DEST, SCHEDULED, DEPARTURE_DELAY, ARRIVAL_DELAY, INPUT_COUNT };

static const struct {
  const char *name;
  const char *formats;
} input_columns[INPUT_COUNT] = {
    {"tailnum", MILL_FORMATS_UTF8}, {"carrier", MILL_FORMATS_UTF8}, {"flight", "i"},
    {"origin", MILL_FORMATS_UTF8},  {"dest", MILL_FORMATS_UTF8},    {"scheduled_departure", "tsu:UTC"},
    {"departure_delay", "i"},       {"arrival_delay", "i"},
};

static const mill_field output_fields[] = {
    {"tailnum", "vu", 0},        {"carrier", "vu", 0},
    {"flight", "i", 0},          {"origin", "vu", 0},
    {"dest", "vu", 0},           {"scheduled_departure", "tsu:UTC", 0},
    {"departure_delay", "i", 0}, {"previous_arrival_delay", "i", 0},
    {"chain_length", "i", 0},    {"version", "vu", 0},
#if VERSION_MAJOR == 2
    {"first_origin", "vu", 0},
#endif
};
#define OUTPUT_COUNT ((uint32_t)(sizeof output_fields / sizeof output_fields[0]))

typedef struct knock_on_delay {
  int32_t late_minutes;
  mill_column_ref columns[INPUT_COUNT];
  mill_builder alerts;
  const mill_keyed_state *keyed_state;
  const mill_timers *timers;
  mill_state *aircraft;
} knock_on_delay;

/// The columns of the batch in `process`.
typedef struct flights {
  mill_column columns[INPUT_COUNT];
} flights;

static int32_t create(const mill_host *host, const char *config_json, void **out_self, mill_error *error) {
  int64_t late_minutes = 15;
  if (mill_json_integer(config_json, "late_minutes", 0, 1440, &late_minutes, error) != MILL_OK)
    return MILL_FAILED;
  knock_on_delay *self = calloc(1, sizeof *self);
  if (self == NULL)
    return mill_fail_memory(error, "knock_on_delay");
  self->late_minutes = (int32_t)late_minutes;
  if (mill_builder_init(&self->alerts, output_fields, OUTPUT_COUNT, error) != MILL_OK) {
    free(self);
    return MILL_FAILED;
  }
  self->alerts.memory = mill_memory_of(host);
  *out_self = self;
  return MILL_OK;
}

static int32_t bind(void *raw, const struct ArrowSchema *const *inputs, uint32_t input_count,
                    struct ArrowSchema *outputs, uint32_t output_count, mill_error *error) {
  knock_on_delay *self = raw;
  if (input_count != 1 || output_count != 1)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "knock_on_delay has 1 input and 1 output, not %u and %u",
                     input_count, output_count);
  for (int i = 0; i < INPUT_COUNT; i++)
    if (mill_column_find(inputs[0], input_columns[i].name, input_columns[i].formats, &self->columns[i], error))
      return MILL_FAILED;
  return mill_schema_make(&outputs[0], output_fields, OUTPUT_COUNT, error);
}

static int32_t open(void *raw, mill_task *task, mill_error *error) {
  knock_on_delay *self = raw;
  self->keyed_state = task->get_extension(task, MILL_KEYED_STATE);
  self->timers = task->get_extension(task, MILL_TIMERS);
  if (self->keyed_state == NULL || self->timers == NULL)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "knock_on_delay needs %s and %s; use a host that has them",
                     MILL_KEYED_STATE, MILL_TIMERS);
  return self->keyed_state->state(task, "aircraft", &self->aircraft, error);
}

/// The instant at which a flight no longer matters; 0 if there is no such instant.
static int expiry(int64_t scheduled_us, int64_t *out) {
  return !__builtin_add_overflow(scheduled_us, DAY_US, out);
}

/// Whether a departure comes less than a day after the one before it. Exactly a day does not count: then the
/// timer may or may not have cleared the state, and the result must not depend on it.
static int follows(const knock_on_aircraft *last, int64_t scheduled_us) {
  int64_t apart;
  return !__builtin_sub_overflow(scheduled_us, last->scheduled_us, &apart) && apart >= 0 && apart < DAY_US;
}

/// Why a row can't be used, or NULL.
static const char *fault(const flights *in, int64_t row) {
  for (int i = TAILNUM; i <= SCHEDULED; i++)
    if (mill_is_null(&in->columns[i], row))
      return "a required column is null: tailnum, carrier, flight, origin, dest and scheduled_departure must "
             "be set";
  if (mill_text_at(&in->columns[ORIGIN], row).size > KNOCK_ON_ORIGIN_MAX)
    return "origin is longer than 15 bytes: give an airport code";
  return NULL;
}

static void put_column(mill_builder *alerts, uint32_t column, mill_text text) {
  mill_put_text(alerts, column, text.bytes, text.size);
}

static void add_alert(knock_on_delay *self, const flights *in, int64_t row, const knock_on_aircraft *now,
                      int32_t previous_arrival_delay) {
  mill_builder *alerts = &self->alerts;
  int64_t scheduled_us = mill_int64(&in->columns[SCHEDULED], row);
  mill_builder_add_row(alerts, scheduled_us);
  put_column(alerts, 0, mill_text_at(&in->columns[TAILNUM], row));
  put_column(alerts, 1, mill_text_at(&in->columns[CARRIER], row));
  mill_put_int32(alerts, 2, mill_int32(&in->columns[FLIGHT], row));
  put_column(alerts, 3, mill_text_at(&in->columns[ORIGIN], row));
  put_column(alerts, 4, mill_text_at(&in->columns[DEST], row));
  mill_put_int64(alerts, 5, scheduled_us);
  mill_put_int32(alerts, 6, mill_int32(&in->columns[DEPARTURE_DELAY], row));
  mill_put_int32(alerts, 7, previous_arrival_delay);
  mill_put_int32(alerts, 8, now->chain_length);
  mill_put_text(alerts, 9, KNOCK_ON_VERSION, (int64_t)strlen(KNOCK_ON_VERSION));
#if VERSION_MAJOR == 2
  mill_put_text(alerts, 10, now->first_origin, now->first_origin_size);
#endif
}

/// Makes the aircraft's timer the one of its new last flight.
static int32_t replace_timer(knock_on_delay *self, mill_task *task, uint32_t slot,
                             const knock_on_aircraft *last, int64_t scheduled_us, mill_error *error) {
  int64_t old_us, new_us;
  int had_old = last != NULL && expiry(last->scheduled_us, &old_us), has_new = expiry(scheduled_us, &new_us);
  if (had_old && has_new && old_us == new_us)
    return MILL_OK;
  if (had_old && self->timers->cancel(task, slot, MILL_TIME_EVENT, old_us, error) != MILL_OK)
    return MILL_FAILED;
  return has_new ? self->timers->set(task, slot, MILL_TIME_EVENT, new_us, error) : MILL_OK;
}

/// One flight that took off.
static int32_t departed(knock_on_delay *self, mill_task *task, const flights *in, int64_t row, uint32_t slot,
                        mill_error *error) {
  int64_t scheduled_us = mill_int64(&in->columns[SCHEDULED], row);
  const knock_on_aircraft *last = self->keyed_state->value(self->aircraft, slot);
  if (replace_timer(self, task, slot, last, scheduled_us, error) != MILL_OK)
    return MILL_FAILED;
  int has_last = last != NULL;
  knock_on_aircraft *now = self->keyed_state->value_for_update(self->aircraft, slot);
  int32_t previous_arrival_delay = now->arrival_delay;
  int knock_on = has_last && follows(now, scheduled_us) && previous_arrival_delay > self->late_minutes &&
                 mill_int32(&in->columns[DEPARTURE_DELAY], row) > self->late_minutes;
  if (knock_on) {
    now->chain_length += now->chain_length < INT32_MAX;
  } else {
    mill_text origin = mill_text_at(&in->columns[ORIGIN], row);
    now->chain_length = 0;
    now->first_origin_size = (uint8_t)origin.size;
    memset(now->first_origin, 0, sizeof now->first_origin);
    memcpy(now->first_origin, origin.bytes, (size_t)origin.size);
  }
  now->scheduled_us = scheduled_us;
  int diverted = mill_is_null(&in->columns[ARRIVAL_DELAY], row);
  now->arrival_delay = diverted ? 0 : mill_int32(&in->columns[ARRIVAL_DELAY], row);
  if (knock_on)
    add_alert(self, in, row, now, previous_arrival_delay);
  return MILL_OK;
}

static int32_t process(void *raw, mill_task *task, const mill_input *input, mill_error *error) {
  knock_on_delay *self = raw;
  const mill_batch *batch = input->batch;
  flights in;
  for (int i = 0; i < INPUT_COUNT; i++)
    in.columns[i] = mill_column_open(batch, &self->columns[i]);
  for (int64_t row = 0; row < batch->columns.length; row++) {
    const char *reason = fault(&in, row);
    if (reason != NULL)
      task->reject_row(task, row, 1, reason);
    else if (batch->row_kind != NULL && batch->row_kind[row] != MILL_ROW_INSERT)
      task->reject_row(task, row, 2, "the row revises an earlier one: knock_on_delay takes inserts only");
    else if (mill_is_null(&in.columns[DEPARTURE_DELAY], row))
      continue; // Cancelled: the aircraft did not move.
    else if (departed(self, task, &in, row, input->slots[row], error) != MILL_OK)
      return MILL_FAILED;
  }
  return mill_builder_emit(&self->alerts, task, 0, error);
}

static int32_t on_timers(void *raw, mill_task *task, const mill_timer *timers, uint64_t timer_count,
                         mill_error *error) {
  knock_on_delay *self = raw;
  (void)task, (void)error;
  for (uint64_t i = 0; i < timer_count; i++) {
    const knock_on_aircraft *last = self->keyed_state->value(self->aircraft, timers[i].slot);
    int64_t time_us;
    if (last != NULL && expiry(last->scheduled_us, &time_us) && time_us == timers[i].time_us)
      self->keyed_state->clear(self->aircraft, timers[i].slot);
  }
  return MILL_OK;
}

static void close(void *raw, mill_task *task) { (void)raw, (void)task; }

static void destroy(void *raw) {
  knock_on_delay *self = raw;
  mill_builder_free(&self->alerts);
  free(self);
}

const mill_operator_vtable knock_on_delay_vtable = {
    .struct_size = sizeof(mill_operator_vtable),
    .create = create,
    .bind = bind,
    .open = open,
    .process = process,
    .on_timers = on_timers,
    .close = close,
    .destroy = destroy,
};
