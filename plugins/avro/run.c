#include "run.h"

#include "read.h"

// A field's values as a loop over rows leaves them.
typedef struct slots {
  // Where the first one goes.
  void *values;
  // Of booleans.
  uint64_t bits;
  // Of texts.
  int64_t longest;
  // Of ints and longs: not joined yet.
  uint64_t words[ROW_RUN_MAX];
} slots;

// Each reads the value of row `i` at `at`, a null's, which has no bytes, as zero. What is behind it; NULL if it
// is not as it mostly is.
typedef const uint8_t *(*read_value)(const text_source *source, slots *to, int i, const uint8_t *at,
                                     int is_null);
#define READ_VALUE(name)                                                                                       \
  static inline const uint8_t *name(const text_source *source, slots *to, int i, const uint8_t *at, int is_null)

READ_VALUE(read_boolean) {
  (void)source;
  uint8_t value = is_null ? 0 : *at;
  to->bits |= (uint64_t)(value & 1) << i;
  return value > 1 ? NULL : at + !is_null;
}

READ_VALUE(read_long) {
  (void)source;
  uint64_t word;
  const uint8_t *behind = varint_scan(at, &word);
  to->words[i] = is_null ? 0 : word;
  return is_null ? at : behind;
}

READ_VALUE(read_int) {
  const uint8_t *behind = read_long(source, to, i, at, is_null);
  return to->words[i] >> 36 != 0 ? NULL : behind; // 28 bits in four bytes, and four in the fifth
}

READ_VALUE(read_double) {
  (void)source;
  uint64_t bits;
  memcpy(&bits, at, sizeof bits);
  ((uint64_t *)to->values)[i] = is_null ? 0 : bits;
  return is_null ? at : at + sizeof bits;
}

// Short texts of ASCII.
READ_VALUE(read_text) {
  uint8_t head = is_null ? 0 : *at;
  const uint8_t *bytes = is_null ? at : at + 1;
  int64_t size = head >> 1;
  if ((head & 1) != 0 || size > TEXT_SHORT_MAX ||
      text_source_put_short(source, (mill_view *)to->values + i, bytes, size) != 0)
    return NULL;
  to->longest = size > to->longest ? size : to->longest;
  return bytes + size;
}

// Puts the values that a loop left in words.
typedef void (*finish_values)(slots *from, int count);

static inline void finish_nothing(slots *from, int count) { (void)from, (void)count; }

static inline void finish_longs(slots *from, int count) {
  int64_t *values = from->values;
  for (int i = 0; i < count; i++)
    values[i] = varint_unzigzag(varint_join(from->words[i]));
}

static inline void finish_ints(slots *from, int count) {
  int32_t *values = from->values;
  for (int i = 0; i < count; i++)
    values[i] = (int32_t)varint_unzigzag(varint_join(from->words[i]));
}

// Reads the field of some rows by its step; a bad one's message is made when the row is decoded. Its slot
// becomes empty, so that a list goes on behind it.
static void read_others(avro_decoder *decoder, const avro_place *place, column_builder *column, row_run *run,
                        uint64_t others) {
  for (; others != 0; others &= others - 1) {
    int i = __builtin_ctzll(others);
    decoder->start = run->at[i];
    decoder->end = run->end[i];
    decoder->depth = 1;
    decoder->items_left = decoder->run_items[i];
    const uint8_t *behind = avro_read_value(decoder, place->field, column, run->first + i, run->at[i]);
    decoder->run_items[i] = decoder->items_left;
    if (behind == NULL && column != NULL)
      column_builder_clear(column, run->first + i);
    row_run_move(run, i, behind);
  }
}

// Reads a field of all rows, those last that are not as they mostly are. What it is called with behind `run` is
// constant there; a `width` of 0 are bits.
static inline __attribute__((always_inline)) void read_leaves(avro_decoder *decoder, const avro_place *place,
                                                              column_builder *column, row_run *run,
                                                              read_value read, finish_values finish, int width,
                                                              int has_null) {
  slots to;
  uint64_t others = 0, nulls = 0, row = 1;
  int count = run->count;
  to.values = column->values + run->first * width;
  to.bits = 0;
  to.longest = 0;
  for (int i = 0; i < count; i++, row <<= 1) {
    const uint8_t *at = run->at[i];
    int is_null = has_null && *at == place->null_byte, is_value = !has_null || *at == place->value_byte;
    const uint8_t *behind = read(&decoder->source, &to, i, at + has_null, is_null);
    nulls |= is_null ? row : 0;
    if (__builtin_expect(behind == NULL || behind > run->end[i] || !(is_null | is_value), 0))
      others |= row;
    else
      run->at[i] = behind;
  }
  finish(&to, count);
  decoder->source.uses_data |= to.longest > MILL_VIEW_INLINE;
  if (width == 0)
    row_run_put_bits(run, column->values, to.bits);
  if (column->validity != NULL)
    row_run_put_bits(run, column->validity, ~nulls);
  read_others(decoder, place, column, run, others);
}

#define READ_RUN(name)                                                                                         \
  static void name(avro_decoder *decoder, const avro_place *place, column_builder *column, row_run *run)

#define READ_LEAVES(name, read, finish, width)                                                                 \
  READ_RUN(name) { read_leaves(decoder, place, column, run, read, finish, width, 0); }                         \
  READ_RUN(name##_or_null) { read_leaves(decoder, place, column, run, read, finish, width, 1); }

READ_LEAVES(read_booleans, read_boolean, finish_nothing, 0)
READ_LEAVES(read_ints, read_int, finish_ints, 4)
READ_LEAVES(read_longs, read_long, finish_longs, 8)
READ_LEAVES(read_doubles, read_double, finish_nothing, 8)
READ_LEAVES(read_texts, read_text, finish_nothing, sizeof(mill_view))

// Any other field.
READ_RUN(read_any) { read_others(decoder, place, column, run, UINT64_MAX >> (ROW_RUN_MAX - run->count)); }

static avro_leaf leaf_of(const avro_step *step) {
  int is_scaled = step->multiply != 1 || step->divide != 1;
  if (step->read == avro_read_int64 || (step->read == avro_read_timestamp && !is_scaled))
    return AVRO_LEAF_INT64;
  if (step->is_plain_int32)
    return AVRO_LEAF_INT32;
  return step->read == avro_read_boolean  ? AVRO_LEAF_BOOLEAN
         : step->read == avro_read_double ? AVRO_LEAF_DOUBLE
         : step->read == avro_read_text   ? AVRO_LEAF_TEXT
                                          : AVRO_LEAF_NONE;
}

// The leaf of a union of it and null; AVRO_LEAF_NONE if it is none. `null_branch` is the place of null.
static avro_leaf nullable_leaf_of(const avro_step *field, int *null_branch) {
  if (field->read != avro_read_union || field->count != 2)
    return AVRO_LEAF_NONE;
  *null_branch = field->steps[1]->read == avro_read_null;
  return field->steps[*null_branch]->read == avro_read_null ? leaf_of(field->steps[1 - *null_branch])
                                                            : AVRO_LEAF_NONE;
}

static avro_place place_of(const avro_step *field) {
  static const avro_read_run plain[] = {read_any,   read_booleans, read_ints,
                                        read_longs, read_doubles,  read_texts};
  static const avro_read_run nullable[] = {read_any,           read_booleans_or_null, read_ints_or_null,
                                           read_longs_or_null, read_doubles_or_null,  read_texts_or_null};
  int null_branch = 0;
  avro_leaf leaf = nullable_leaf_of(field, &null_branch);
  return (avro_place){.read = leaf != AVRO_LEAF_NONE ? nullable[leaf] : plain[leaf_of(field)],
                      .null_byte = (uint8_t)(2 * null_branch),
                      .value_byte = (uint8_t)(2 - 2 * null_branch),
                      .field = field};
}

// Whether a value's slot can be written again when there are later ones.
static int is_flat(const avro_step *step) {
  if (step->read == avro_read_array || step->read == avro_read_map)
    return 0;
  for (uint32_t i = 0; i < step->count; i++)
    if (step->steps[i]->read != avro_skip_record && !is_flat(step->steps[i]))
      return 0;
  return 1;
}

int avro_run_prepare(avro_plan *plan) {
  const avro_step *root = plan->root;
  if (!plan->is_row || root->read != avro_read_record || root->count == 0)
    return 1;
  plan->is_flat = is_flat(root);
  plan->places = arena_get(&plan->arena, root->count * sizeof *plan->places);
  for (uint32_t i = 0; plan->places != NULL && i < root->count; i++)
    plan->places[i] = place_of(root->steps[i]);
  return plan->places != NULL;
}

void avro_run_read(avro_decoder *decoder, const avro_plan *plan, column_builder *row, row_run *run) {
  const avro_place *end = plan->places + plan->root->count;
  for (int i = 0; i < run->count; i++)
    decoder->run_items[i] = avro_items_max(run->end[i] - run->at[i]);
  for (const avro_place *place = plan->places; place < end; place++) {
    int64_t index = place->field->column;
    place->read(decoder, place, index < 0 ? NULL : &row->children[index], run);
  }
  row_run_finish(run);
  if (run->odd != 0 &&
      !plan->is_flat) // the items of rows behind an odd one's are to be moved: all are read again
    run->odd = UINT64_MAX >> (ROW_RUN_MAX - run->count);
}
