#include "run.h"

#include "read.h"
#include "timestamp.h"
#include "unknown.h"

// A field's values as a loop over rows leaves them.
typedef struct slots {
  // Where the first one goes.
  void *values;
  // Of booleans.
  uint64_t bits;
  // Of texts.
  int64_t longest;
  // Of timestamps: the column's units.
  int64_t per_second;
  // Of varints: not joined yet; of timestamps, their seconds, and their nanoseconds.
  uint64_t words[ROW_RUN_MAX], nanos[ROW_RUN_MAX];
} slots;

// Each reads the value of row `i` at `at`, what is not there as zero. What is behind it; NULL if it is there,
// but not as it mostly is.
typedef const uint8_t *(*read_value)(const text_source *source, slots *to, int i, const uint8_t *at,
                                     int is_there);
#define READ_VALUE(name)                                                                                       \
  static inline const uint8_t *name(const text_source *source, slots *to, int i, const uint8_t *at,            \
                                    int is_there)

READ_VALUE(read_bool) {
  (void)source;
  uint8_t value = is_there ? *at : 0;
  to->bits |= (uint64_t)(value != 0) << i;
  return value < 0x80 ? at + 1 : NULL;
}

READ_VALUE(read_int32) {
  (void)source;
  uint64_t word;
  const uint8_t *behind = varint_scan_low(at, &word);
  to->words[i] = is_there ? word : 0;
  return is_there ? behind : at;
}

READ_VALUE(read_int64) {
  (void)source;
  uint64_t word;
  const uint8_t *behind = varint_scan(at, &word);
  to->words[i] = is_there ? word : 0;
  return is_there ? behind : at;
}

READ_VALUE(read_double) {
  (void)source;
  uint64_t bits;
  memcpy(&bits, at, sizeof bits);
  ((uint64_t *)to->values)[i] = is_there ? bits : 0;
  return at + sizeof bits;
}

// Short texts of ASCII.
READ_VALUE(read_text) {
  int64_t size = is_there ? *at : 0;
  if (size > TEXT_SHORT_MAX || text_source_put_short(source, (mill_view *)to->values + i, at + 1, size) != 0)
    return NULL;
  to->longest = size > to->longest ? size : to->longest;
  return at + 1 + size;
}

// Seconds, and nanoseconds or none, of five bytes at most, which is up to the year 3058.
READ_VALUE(read_timestamp) {
  (void)source;
  uint64_t seconds, nanos;
  const uint8_t *last = at + 1 + *at, *behind = varint_scan_five(at + 2, &seconds);
  int is_plain = *at < 0x80 && at[1] == 0x08, has_nanos = behind != last;
  is_plain &= !has_nanos | (*behind == 0x10);
  const uint8_t *behind_nanos = varint_scan_five(behind + 1, &nanos);
  behind = has_nanos ? behind_nanos : behind;
  nanos = has_nanos ? nanos : 0;
  is_plain &= (behind == last) & ((seconds | nanos) >> 40 == 0);
  to->words[i] = is_there ? seconds : 0;
  to->nanos[i] = is_there ? nanos : 0;
  return !is_there || is_plain ? behind : NULL;
}

// Puts the values that a loop left in words; a bit for each that is none.
typedef uint64_t (*finish_values)(slots *from, int count);

static inline uint64_t finish_nothing(slots *from, int count) {
  (void)from, (void)count;
  return 0;
}

static inline uint64_t finish_int32s(slots *from, int count) {
  uint32_t *values = from->values;
  for (int i = 0; i < count; i++)
    values[i] = (uint32_t)varint_join(from->words[i]); // cut, as the format says
  return 0;
}

static inline uint64_t finish_int64s(slots *from, int count) {
  uint64_t *values = from->values;
  for (int i = 0; i < count; i++)
    values[i] = varint_join(from->words[i]);
  return 0;
}

static inline uint64_t finish_timestamps(slots *from, int count) {
  int64_t *values = from->values, per_second = from->per_second;
  uint64_t bad = 0, row = 1;
  for (int i = 0; i < count; i++) {
    from->words[i] = varint_join(from->words[i]);
    from->nanos[i] = varint_join(from->nanos[i]);
  }
  for (int i = 0; i < count; i++, row <<= 1)
    if (!proto_timestamp_value((int64_t)from->words[i], (int64_t)from->nanos[i], per_second, &values[i]))
      bad |= row;
  return bad;
}

// Whether a row goes on with the field.
static inline int is_next(const proto_place *place, const uint8_t *at, const uint8_t *end) {
  uint64_t head;
  memcpy(&head, at, sizeof head);
  return ((head & place->tag_mask) == place->tag) & (at < end);
}

// Reads the field of some rows, which go on with it, by its step; a bad one's message is made when the row is
// decoded.
static void read_others(proto_decoder *decoder, const proto_place *place, column_builder *column, row_run *run,
                        uint64_t others) {
  const proto_step *step = place->step;
  for (; others != 0; others &= others - 1) {
    int i = __builtin_ctzll(others);
    const uint8_t *at = run->at[i] + place->tag_size, *end = run->end[i];
    int is_foreign = step->is_closed && proto_is_foreign(step, at, end);
    decoder->start = run->at[i];
    decoder->end = end;
    row_run_move(run, i, is_foreign ? NULL : proto_read_first(decoder, step, column, run->first + i, at, end));
  }
}

// Fills in the rows that the field is not in, where that is not zero or null.
static void put_absent(proto_decoder *decoder, const proto_place *place, column_builder *column, row_run *run,
                       uint64_t there) {
  uint64_t left = ~(there | run->odd) & (UINT64_MAX >> (ROW_RUN_MAX - run->count));
  for (; left != 0; left &= left - 1) {
    int i = __builtin_ctzll(left);
    decoder->start = run->at[i];
    decoder->end = run->end[i];
    if (proto_put_absent(decoder, place->step, column, run->first + i, run->at[i]) == NULL)
      row_run_move(run, i, NULL);
  }
}

// Reads a field of all rows, those last that are not as they mostly are. What it is called with behind `run` is
// constant there; a `width` of 0 are bits.
static inline __attribute__((always_inline)) void read_leaves(proto_decoder *decoder, const proto_place *place,
                                                              column_builder *column, row_run *run,
                                                              read_value read, finish_values finish,
                                                              int width) {
  slots to;
  uint64_t others = 0, there = 0, row = 1;
  int count = run->count;
  proto_absent absent = place->step->absent;
  to.values = column->values + run->first * width;
  to.bits = 0;
  to.longest = 0;
  to.per_second = column->type->per_second;
  for (int i = 0; i < count; i++, row <<= 1) {
    const uint8_t *at = run->at[i], *end = run->end[i];
    int is_there = is_next(place, at, end);
    const uint8_t *behind = read(&decoder->source, &to, i, at + place->tag_size, is_there);
    there |= is_there ? row : 0;
    if (__builtin_expect(is_there && (behind == NULL || behind > end), 0))
      others |= row;
    else
      run->at[i] = is_there ? behind : at;
  }
  run->odd |= finish(&to, count) & ~others;
  decoder->source.uses_data |= to.longest > MILL_VIEW_INLINE;
  if (width == 0)
    row_run_put_bits(run, column->values, to.bits);
  if (column->validity != NULL)
    row_run_put_bits(run, column->validity, absent == PROTO_ABSENT_NULL ? there : UINT64_MAX);
  if (absent != PROTO_ABSENT_NULL && absent != PROTO_ABSENT_ZERO)
    put_absent(decoder, place, column, run, there);
  read_others(decoder, place, column, run, others);
}

#define READ_RUN(name)                                                                                         \
  static void name(proto_decoder *decoder, const proto_place *place, column_builder *column, row_run *run)

#define READ_LEAVES(name, read, finish, width)                                                                 \
  READ_RUN(name) { read_leaves(decoder, place, column, run, read, finish, width); }

READ_LEAVES(read_bools, read_bool, finish_nothing, 0)
READ_LEAVES(read_int32s, read_int32, finish_int32s, 4)
READ_LEAVES(read_int64s, read_int64, finish_int64s, 8)
READ_LEAVES(read_doubles, read_double, finish_nothing, 8)
READ_LEAVES(read_texts, read_text, finish_nothing, sizeof(mill_view))
READ_LEAVES(read_timestamps, read_timestamp, finish_timestamps, 8)

// Any other field.
READ_RUN(read_any) {
  uint64_t there = 0;
  for (int i = 0; i < run->count; i++)
    there |= (uint64_t)is_next(place, run->at[i], run->end[i]) << i;
  put_absent(decoder, place, column, run, there);
  read_others(decoder, place, column, run, there);
}

// A field without a column, as often as it comes.
READ_RUN(skip_fields) {
  (void)decoder, (void)column;
  for (int i = 0; i < run->count; i++) {
    const uint8_t *at = run->at[i], *end = run->end[i];
    while (at != NULL && is_next(place, at, end))
      at = proto_skip(at + place->tag_size, end, *at, 0);
    row_run_move(run, i, at);
  }
}

// A column without a field.
READ_RUN(clear_rows) {
  (void)decoder, (void)place;
  for (int i = 0; i < run->count; i++)
    column_builder_clear(column, run->first + i);
}

static proto_read_run reader_of(const proto_step *step) {
  static const proto_read_run readers[] = {[PROTO_OP_CALL] = read_any,
                                           [PROTO_OP_INT32] = read_int32s,
                                           [PROTO_OP_INT64] = read_int64s,
                                           [PROTO_OP_DOUBLE] = read_doubles,
                                           [PROTO_OP_BOOL] = read_bools,
                                           [PROTO_OP_TEXT] = read_texts,
                                           [PROTO_OP_TIMESTAMP] = read_timestamps};
  return step->field == NULL ? clear_rows : readers[step->op];
}

// Places a tag: of a field that is passed over, any wire type but a group's.
static void set_tag(proto_place *place, uint32_t tag, int is_any_wire) {
  uint8_t bytes[VARINT_MAX] = {0};
  place->tag_size = (int)(varint_write(tag, bytes) - bytes);
  memset(bytes + place->tag_size, 0, sizeof bytes - (size_t)place->tag_size);
  memcpy(&place->tag, bytes, sizeof place->tag);
  place->tag_mask = UINT64_MAX >> (64 - 8 * place->tag_size);
  if (is_any_wire) {
    place->tag_mask &= ~UINT64_C(7);
    place->tag &= place->tag_mask;
  }
}

// Places a field without a column; 0 if it has no place, so that rows with it are read on their own. So are
// those with values that may be unknown, if these are kept.
static int set_skipped(proto_place *place, const proto_unknown *unknown, const proto_field *field) {
  uint32_t number = (uint32_t)field->number;
  uint32_t tag = unknown == NULL ? number << 3 : proto_tag_of_known(proto_declared_numbered(unknown, number));
  if (tag == 0)
    return 0;
  *place = (proto_place){.read = skip_fields, .number = number};
  set_tag(place, tag, unknown == NULL);
  return 1;
}

static int by_number(const void *left, const void *right) {
  const proto_place *a = left, *b = right;
  return (a->number > b->number) - (a->number < b->number);
}

// Whether all slots of a column can be written again when there are later ones.
static int is_flat(const column_type *type) {
  if (type->kind == COLUMN_LIST || type->kind == COLUMN_MAP)
    return 0;
  for (uint32_t i = 0; i < type->child_count; i++)
    if (!is_flat(&type->children[i]))
      return 0;
  return 1;
}

// Whether a message is what its fields are one by one; a oneof's end each other.
static int has_plain_fields(const proto_reading *reading) {
  for (uint32_t i = 0; i < reading->step_count; i++)
    if (reading->steps[i]->rival_count > 0)
      return 0;
  return reading->message->count <= PROTO_PLACES_MAX && reading->column_count <= PROTO_PLACES_MAX;
}

static int has_column(const proto_reading *reading, const proto_field *field) {
  for (uint32_t i = 0; i < reading->column_count; i++)
    if (reading->columns[i]->field == field)
      return 1;
  return 0;
}

int proto_run_prepare(proto_compiler *compiler, proto_plan *plan, const column_type *row) {
  const proto_reading *reading = plan->root;
  const proto_message *message = reading->message;
  if (!is_flat(row) || !has_plain_fields(reading))
    return 1;
  plan->places = proto_plan_get(compiler, (reading->column_count + message->count + 1) * sizeof *plan->places);
  proto_place *place = plan->places;
  if (place == NULL)
    return 0;
  for (uint32_t i = 0; i < reading->column_count; i++, place++) {
    const proto_step *step = reading->columns[i];
    *place = (proto_place){.read = reader_of(step), .step = step, .number = step->tag >> 3};
    set_tag(place, step->tag, 0);
  }
  for (const proto_field *field = message->first; field != NULL; field = field->next)
    if (!has_column(reading, field) && set_skipped(place, plan->unknown, field))
      place++;
  plan->place_count = (uint32_t)(place - plan->places);
  qsort(plan->places, plan->place_count, sizeof *plan->places, by_number);
  return 1;
}

void proto_run_read(proto_decoder *decoder, const proto_plan *plan, column_builder *row, row_run *run) {
  for (uint32_t i = 0; i < plan->place_count; i++) {
    const proto_place *place = &plan->places[i];
    place->read(decoder, place, place->step == NULL ? NULL : &row->children[place->step->column], run);
  }
  row_run_finish(run);
}
