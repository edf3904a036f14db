#include "../common/encoded_run.h"
#include "encode.h"
#include "timestamp.h"
#include "unknown.h"

// What a loop over rows writes: a column's values, and what was made of all of them before.
typedef struct slots {
  const proto_writing *step;
  const column_source *source;
  int64_t first;
  // Of booleans.
  uint64_t bits;
  // Of varints: as unsigned ones, and split; of timestamps, their seconds.
  uint64_t values[ENCODED_RUN_MAX], words[ENCODED_RUN_MAX];
  // Of timestamps: nanoseconds, and split.
  uint64_t nanos[ENCODED_RUN_MAX], nano_words[ENCODED_RUN_MAX];
} slots;

// Writes the value of row `i` at `out`, which has room for it; its end, NULL if it can't be written here.
// `is_zero`: it is as good as not set, if the field has no presence.
typedef uint8_t *(*write_value)(const slots *from, int i, int is_null, uint8_t *out, int *is_zero);
#define WRITE_VALUE(name)                                                                                      \
  static inline uint8_t *name(const slots *from, int i, int is_null, uint8_t *out, int *is_zero)

WRITE_VALUE(write_bool) {
  (void)is_null;
  int value = from->bits >> i & 1;
  *is_zero = !value;
  *out = (uint8_t)value;
  return out + 1;
}

WRITE_VALUE(write_varint) {
  (void)is_null;
  *is_zero = from->values[i] == 0;
  return varint_put_any(from->values[i], from->words[i], out);
}

WRITE_VALUE(write_double) {
  (void)is_null;
  double value = mill_float64(&from->source->column, from->first + i);
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  memcpy(out, &bits, sizeof bits);
  *is_zero = bits == 0;
  return out + sizeof bits;
}

// As proto_seconds_write.
WRITE_VALUE(write_timestamp) {
  (void)is_null;
  uint8_t *at = out + 1;
  *is_zero = 0;
  *at = 0x08;
  uint8_t *behind = varint_put_any(from->values[i], from->words[i], at + 1);
  at = from->values[i] != 0 ? behind : at;
  *at = 0x10;
  behind = varint_put(from->nanos[i], from->nano_words[i], at + 1);
  at = from->nanos[i] != 0 ? behind : at;
  *out = (uint8_t)(at - out - 1);
  return at;
}

// A text of more than 32 bytes, or one that is not ASCII.
__attribute__((noinline)) static uint8_t *write_long_text(const proto_writing *step, mill_text text,
                                                          uint8_t *out) {
  if (step->field->kind == PROTO_STRING && mill_utf8_invalid_at((const uint8_t *)text.bytes, text.size) >= 0)
    return NULL;
  out = varint_write((uint64_t)text.size, out);
  memcpy(out, text.bytes, (size_t)text.size);
  return out + text.size;
}

WRITE_VALUE(write_text) {
  const mill_column *column = &from->source->column;
  if (is_null) // whose view may be anything
    return out;
  const mill_view *view = (const mill_view *)column->values + from->first + i + column->offset;
  mill_text text = mill_text_at(column, from->first + i);
  *is_zero = text.size == 0;
  *out = (uint8_t)text.size;
  if (text.size > ENCODED_SHORT_MAX || encoded_copy_short(view, (const uint8_t *)text.bytes, out + 1) != 0)
    return write_long_text(from->step, text, out);
  return out + 1 + text.size;
}

// Makes of a column what its values are written from.
typedef void (*make_slots)(slots *to, const encoded_run *run);

static inline void make_nothing(slots *to, const encoded_run *run) { (void)to, (void)run; }

static inline void make_bits(slots *to, const encoded_run *run) {
  to->bits = encoded_run_bits(run, &to->source->column, to->source->column.values);
}

static inline void make_int32s(slots *to, const encoded_run *run) {
  const column_type *type = to->source->type;
  const int32_t *values = (const int32_t *)to->source->column.values + run->first + to->source->column.offset;
  uint64_t kept = type->kind == COLUMN_INTEGER && type->least == 0 ? UINT32_MAX : UINT64_MAX;
  for (int i = 0; i < run->count; i++) {
    to->values[i] = (uint64_t)values[i] & kept;
    to->words[i] = varint_split(to->values[i]);
  }
}

static inline void make_int64s(slots *to, const encoded_run *run) {
  const uint64_t *values = (const uint64_t *)to->source->column.values + run->first + to->source->column.offset;
  for (int i = 0; i < run->count; i++) {
    to->values[i] = values[i];
    to->words[i] = varint_split(values[i]);
  }
}

static inline void make_timestamps(slots *to, const encoded_run *run) {
  const int64_t *values = (const int64_t *)to->source->column.values + run->first + to->source->column.offset;
  int64_t per_second = to->source->type->per_second;
  for (int i = 0; i < run->count; i++) {
    int64_t nanos, seconds = proto_split_seconds(values[i], per_second, &nanos);
    to->values[i] = (uint64_t)seconds;
    to->nanos[i] = (uint64_t)nanos;
  }
  for (int i = 0; i < run->count; i++) {
    to->words[i] = varint_split(to->values[i]);
    to->nano_words[i] = varint_split(to->nanos[i]);
  }
}

// Writes a column of all rows. What it is called with behind `run` is constant there.
static inline __attribute__((always_inline)) void write_leaves(const proto_writing *step,
                                                               const column_source *source, encoded_run *run,
                                                               write_value write, make_slots make) {
  slots from;
  uint64_t nulls = encoded_run_nulls(run, &source->column), tag;
  int count = run->count, has_presence = step->field->has_presence, tag_size = step->tag_size;
  int is_odd = nulls != 0 && step->field->label == PROTO_REQUIRED;
  memcpy(&tag, step->tag, sizeof tag);
  from.step = step;
  from.source = source;
  from.first = run->first;
  make(&from, run);
  for (int i = 0; i < count; i++, nulls >>= 1) {
    uint8_t *at = run->at[i];
    int is_null = nulls & 1, is_zero = 0;
    memcpy(at, &tag, sizeof tag);
    uint8_t *behind = write(&from, i, is_null, at + tag_size, &is_zero);
    is_odd |= behind == NULL;
    run->at[i] = behind == NULL || is_null || (is_zero & !has_presence) ? at : behind;
  }
  run->is_odd |= is_odd;
}

#define WRITE_RUN(name)                                                                                        \
  static void name(const proto_writing *step, const column_source *source, encoded_run *run)

WRITE_RUN(write_bools) { write_leaves(step, source, run, write_bool, make_bits); }
WRITE_RUN(write_int32s) { write_leaves(step, source, run, write_varint, make_int32s); }
WRITE_RUN(write_int64s) { write_leaves(step, source, run, write_varint, make_int64s); }
WRITE_RUN(write_doubles) { write_leaves(step, source, run, write_double, make_nothing); }
WRITE_RUN(write_texts) { write_leaves(step, source, run, write_text, make_nothing); }
WRITE_RUN(write_timestamps) { write_leaves(step, source, run, write_timestamp, make_timestamps); }

// Any other column.
static void write_others(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                         encoded_run *run) {
  encoded *to = encoder->to;
  int64_t size = to->size;
  for (int i = 0; i < run->count && !run->is_odd; i++) {
    to->size = run->at[i] - to->bytes;
    run->is_odd = !proto_write_field(encoder, step, source, source, run->first + i);
    run->at[i] = to->bytes + to->size;
  }
  to->size = size;
}

static void write_column(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                         encoded_run *run) {
  typedef void (*write_run)(const proto_writing *step, const column_source *source, encoded_run *run);
  static const write_run writers[] = {[PROTO_OP_CALL] = NULL,
                                      [PROTO_OP_BOOL] = write_bools,
                                      [PROTO_OP_INT32] = write_int32s,
                                      [PROTO_OP_INT64] = write_int64s,
                                      [PROTO_OP_DOUBLE] = write_doubles,
                                      [PROTO_OP_TEXT] = write_texts,
                                      [PROTO_OP_TIMESTAMP] = write_timestamps};
  if (step->op == PROTO_OP_CALL)
    write_others(encoder, step, source, run);
  else
    writers[step->op](step, source, run);
}

int64_t proto_write_run_room(const proto_write_fields *fields) {
  int64_t room = 0;
  for (uint32_t i = 0; i < fields->count; i++) {
    const proto_writing *step = fields->steps[i];
    if (step->room == 0 || step->rival_count > 0 || step->field->label == PROTO_REPEATED)
      return -1;
    room += step->tag_size + step->room;
  }
  return room;
}

// Makes room for the texts; 0 if one's column is not of views.
static int add_texts(const proto_write_fields *fields, const column_source *columns, encoded_run *run) {
  for (uint32_t i = 0; i < fields->count; i++)
    if (fields->steps[i]->op == PROTO_OP_TEXT && !encoded_run_add_texts(run, &columns[i].column))
      return 0;
  return 1;
}

// Whether some row has unknown fields; then all are written one by one.
__attribute__((noinline)) static int has_unknown(const proto_unknown *unknown, const column_source *columns,
                                                 const encoded_run *run) {
  const mill_column *column = &columns[unknown->column].column;
  int has_some = 0;
  for (int64_t row = run->first; row < run->first + run->count; row++)
    has_some |= !mill_is_null(column, row) && mill_text_at(column, row).size > 0;
  return has_some;
}

int64_t proto_write_run(proto_encoder *encoder, const proto_write_plan *plan, const column_source *columns,
                        int64_t first, int64_t rows) {
  encoded_run run;
  if (plan->run_room < 0)
    return 0;
  encoded_run_begin(&run, encoder->to, first, rows, plan->run_room);
  if ((plan->unknown != NULL && has_unknown(plan->unknown, columns, &run)) ||
      !add_texts(&plan->root, columns, &run) || !encoded_run_place(&run, encoder->to))
    return 0;
  for (uint32_t i = 0; i < plan->root.count && !run.is_odd; i++)
    write_column(encoder, plan->root.steps[i], &columns[i], &run);
  if (run.is_odd)
    return 0;
  encoded_run_finish(&run, encoder->to);
  return run.count;
}
