#include "../common/encoded_run.h"
#include "encode.h"

// What a loop over rows writes: a column's values, and what was made of all of them before.
typedef struct slots {
  const column_source *source;
  int64_t first;
  // Of booleans.
  uint64_t bits;
  // Of ints and longs: as unsigned ones, and split.
  uint64_t values[ENCODED_RUN_MAX], words[ENCODED_RUN_MAX];
} slots;

// Writes the value of row `i` at `out`, which has room for it; its end, NULL if it can't be written here.
typedef uint8_t *(*write_value)(const slots *from, int i, int is_null, uint8_t *out);
#define WRITE_VALUE(name) static inline uint8_t *name(const slots *from, int i, int is_null, uint8_t *out)

WRITE_VALUE(write_boolean) {
  (void)is_null;
  *out = (uint8_t)(from->bits >> i & 1);
  return out + 1;
}

WRITE_VALUE(write_integer) {
  (void)is_null;
  return varint_put_any(from->values[i], from->words[i], out);
}

WRITE_VALUE(write_double) {
  (void)is_null;
  memcpy(out, (const double *)from->source->column.values + from->first + i + from->source->column.offset, 8);
  return out + 8;
}

// A text of more than 32 bytes, or one that is not ASCII.
__attribute__((noinline)) static uint8_t *write_long_text(mill_text text, uint8_t *out) {
  if (mill_utf8_invalid_at((const uint8_t *)text.bytes, text.size) >= 0)
    return NULL;
  out = avro_write_long(text.size, out);
  memcpy(out, text.bytes, (size_t)text.size);
  return out + text.size;
}

WRITE_VALUE(write_text) {
  const mill_column *column = &from->source->column;
  if (is_null) // whose view may be anything
    return out;
  const mill_view *view = (const mill_view *)column->values + from->first + i + column->offset;
  mill_text text = mill_text_at(column, from->first + i);
  *out = (uint8_t)(text.size << 1);
  if (text.size > ENCODED_SHORT_MAX || encoded_copy_short(view, (const uint8_t *)text.bytes, out + 1) != 0)
    return write_long_text(text, out);
  return out + 1 + text.size;
}

// Makes of a column what its values are written from.
typedef void (*make_slots)(slots *to, const encoded_run *run);

static inline void make_nothing(slots *to, const encoded_run *run) { (void)to, (void)run; }

static inline void make_bits(slots *to, const encoded_run *run) {
  to->bits = encoded_run_bits(run, &to->source->column, to->source->column.values);
}

static inline void make_ints(slots *to, const encoded_run *run) {
  const int32_t *values = (const int32_t *)to->source->column.values + run->first + to->source->column.offset;
  for (int i = 0; i < run->count; i++) {
    to->values[i] = varint_zigzag(values[i]);
    to->words[i] = varint_split(to->values[i]);
  }
}

static inline void make_longs(slots *to, const encoded_run *run) {
  const int64_t *values = (const int64_t *)to->source->column.values + run->first + to->source->column.offset;
  for (int i = 0; i < run->count; i++) {
    to->values[i] = varint_zigzag(values[i]);
    to->words[i] = varint_split(to->values[i]);
  }
}

// Writes a column of all rows. What it is called with behind `run` is constant there.
static inline __attribute__((always_inline)) void write_leaves(const avro_writing *step,
                                                               const column_source *source, encoded_run *run,
                                                               write_value write, make_slots make,
                                                               int is_union) {
  slots from;
  uint64_t nulls = encoded_run_nulls(run, &source->column);
  uint8_t null_byte = (uint8_t)(2 * step->null_branch), value_byte = (uint8_t)(2 * step->branch);
  int count = run->count, is_odd = nulls != 0 && step->null_branch < 0;
  from.source = source;
  from.first = run->first;
  make(&from, run);
  for (int i = 0; i < count; i++, nulls >>= 1) {
    int is_null = nulls & 1;
    uint8_t *at = run->at[i];
    if (is_union)
      *at++ = is_null ? null_byte : value_byte;
    uint8_t *behind = write(&from, i, is_null, at);
    is_odd |= behind == NULL;
    run->at[i] = is_null || behind == NULL ? at : behind;
  }
  run->is_odd |= is_odd;
}

#define WRITE_RUN(name)                                                                                        \
  static void name(const avro_writing *step, const column_source *source, encoded_run *run)

#define WRITE_LEAVES(name, write, make)                                                                        \
  WRITE_RUN(name) { write_leaves(step, source, run, write, make, 0); }                                         \
  WRITE_RUN(name##_in_union) { write_leaves(step, source, run, write, make, 1); }

WRITE_LEAVES(write_booleans, write_boolean, make_bits)
WRITE_LEAVES(write_ints, write_integer, make_ints)
WRITE_LEAVES(write_longs, write_integer, make_longs)
WRITE_LEAVES(write_doubles, write_double, make_nothing)
WRITE_LEAVES(write_texts, write_text, make_nothing)

// Any other column.
static void write_others(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                         encoded_run *run) {
  encoded *to = encoder->to;
  int64_t size = to->size;
  for (int i = 0; i < run->count && !run->is_odd; i++) {
    to->size = run->at[i] - to->bytes;
    run->is_odd = !avro_write_value(encoder, step, source, run->first + i);
    run->at[i] = to->bytes + to->size;
  }
  to->size = size;
}

static void write_preset(const avro_writing *step, encoded_run *run) {
  for (int i = 0; i < run->count; i++) {
    memcpy(run->at[i], step->bytes, (size_t)step->size);
    run->at[i] += step->size;
  }
}

// Whether the branches of a union take a byte each; true for what is none.
static int has_short_branches(const avro_writing *step) { return step->branch < 64 && step->null_branch < 64; }

static void write_field(avro_encoder *encoder, const avro_writing *step, const column_source *columns,
                        encoded_run *run) {
  typedef void (*write_run)(const avro_writing *step, const column_source *source, encoded_run *run);
  static const write_run plain[] = {NULL, write_booleans, write_ints, write_longs, write_doubles, write_texts};
  static const write_run unions[] = {NULL,
                                     write_booleans_in_union,
                                     write_ints_in_union,
                                     write_longs_in_union,
                                     write_doubles_in_union,
                                     write_texts_in_union};
  if (step->index < 0)
    write_preset(step, run);
  else if (step->leaf == AVRO_LEAF_NONE || !has_short_branches(step))
    write_others(encoder, step, &columns[step->index], run);
  else
    (step->branch >= 0 ? unions : plain)[step->leaf](step, &columns[step->index], run);
}

// Bytes that a value takes at most, but for a text's own; -1 if that can't be told.
static int64_t room_of(const avro_writing *step) {
  int64_t branch = step->branch >= 0 || step->null_branch >= 0 ? AVRO_LONG_MAX : 0;
  if (step->index < 0)
    return step->size;
  if (step->leaf == AVRO_LEAF_NONE && step->room == 0)
    return -1;
  return branch + (step->leaf == AVRO_LEAF_NONE ? step->room : AVRO_LONG_MAX);
}

int64_t avro_write_run_room(const avro_writing *root) {
  int64_t room = 0;
  for (uint32_t i = 0; i < root->count; i++) {
    int64_t size = room_of(root->steps[i]);
    if (size < 0)
      return -1;
    room += size;
  }
  return room;
}

// Makes room for the texts; 0 if one's column is not of views.
static int add_texts(const avro_writing *root, const column_source *columns, encoded_run *run) {
  for (uint32_t i = 0; i < root->count; i++) {
    const avro_writing *step = root->steps[i];
    if (step->index >= 0 && step->leaf == AVRO_LEAF_TEXT &&
        !encoded_run_add_texts(run, &columns[step->index].column))
      return 0;
  }
  return 1;
}

int64_t avro_write_run(avro_encoder *encoder, const avro_write_plan *plan, const column_source *row,
                       int64_t first, int64_t rows) {
  encoded_run run;
  const avro_writing *root = plan->root;
  if (plan->run_room < 0)
    return 0;
  encoded_run_begin(&run, encoder->to, first, rows, plan->run_room);
  if (!add_texts(root, row->children, &run) || !encoded_run_place(&run, encoder->to))
    return 0;
  for (uint32_t i = 0; i < root->count && !run.is_odd; i++)
    write_field(encoder, root->steps[i], row->children, &run);
  if (run.is_odd)
    return 0;
  encoded_run_finish(&run, encoder->to);
  return run.count;
}
