#include "run.h"

#include "read.h"

// What the loops below keep at hand of a column: its first slot's place, and a bit for each row.
typedef struct slots {
  void *values;
  uint64_t valid, bits;
  int has_long_text;
} slots;

// Each reads the value at `at` into slot `i`, a null's, which has no bytes, as zero. What is behind it; NULL if it is
// not as it mostly is.
typedef const uint8_t *(*read_value)(const text_source *source, slots *to, int i, const uint8_t *at,
                                     const uint8_t *end, int is_null);
#define READ_VALUE(name)                                                                                       \
  static inline const uint8_t *name(const text_source *source, slots *to, int i, const uint8_t *at,            \
                                    const uint8_t *end, int is_null)

// As avro_read_long, at the same cost whatever the size.
static inline const uint8_t *read_long(const uint8_t *at, int64_t *out) {
  uint64_t bits = 0;
  const uint8_t *behind = varint_read_more(at, &bits);
  *out = varint_unzigzag(bits);
  return behind;
}

READ_VALUE(read_boolean) {
  (void)source, (void)end;
  uint8_t value = is_null ? 0 : *at;
  to->bits |= (uint64_t)(value & 1) << i;
  return value > 1 ? NULL : at + !is_null;
}

READ_VALUE(read_int32) {
  (void)source, (void)end;
  int64_t value;
  const uint8_t *behind = read_long(at, &value);
  value = is_null ? 0 : value;
  ((int32_t *)to->values)[i] = (int32_t)value;
  behind = value == (int32_t)value ? behind : NULL;
  return is_null ? at : behind;
}

READ_VALUE(read_int64) {
  (void)source, (void)end;
  int64_t value;
  const uint8_t *behind = read_long(at, &value);
  ((int64_t *)to->values)[i] = is_null ? 0 : value;
  return is_null ? at : behind;
}

READ_VALUE(read_double) {
  (void)source, (void)end;
  uint64_t bits;
  memcpy(&bits, at, sizeof bits);
  ((uint64_t *)to->values)[i] = is_null ? 0 : bits;
  return is_null ? at : at + sizeof bits;
}

// One byte of size, up to 63; longer ones are left to the field's step.
READ_VALUE(read_text) {
  uint8_t head = is_null ? 0 : *at;
  const uint8_t *bytes = at + !is_null;
  int64_t size = head >> 1;
  if ((head & 0x81) != 0 || size > end - bytes || !text_is_valid(bytes, size))
    return NULL;
  text_source_put_view(source, (mill_view *)to->values + i, bytes, size);
  to->has_long_text |= size > MILL_VIEW_INLINE;
  return bytes + size;
}

// Reads a value that is not as it mostly is, or bad: NULL, whose message is made when its row is decoded.
__attribute__((noinline)) static const uint8_t *read_other(avro_decoder *decoder, const avro_place *place,
                                                           column_builder *column, int64_t slot,
                                                           const uint8_t *at, const uint8_t *end) {
  decoder->start = at;
  decoder->end = end;
  decoder->depth = 1;
  return avro_read_value(decoder, place->field, column, slot, at);
}

// Reads a field of all rows. `read`, `width` (0: bits) and `has_null` are constants where it is called.
static inline __attribute__((always_inline)) void read_leaves(avro_decoder *decoder, const avro_place *place,
                                                              column_builder *column, row_run *run,
                                                              read_value read, int width, int has_null) {
  slots to = {.values = column->values + run->first * width};
  uint64_t others = 0;
  for (int i = 0; i < run->count; i++) {
    const uint8_t *at = run->at[i], *end = run->end[i];
    int is_null = has_null && *at == place->null_byte, is_value = !has_null || *at == place->value_byte;
    const uint8_t *behind =
        is_null | is_value ? read(&decoder->source, &to, i, at + has_null, end, is_null) : NULL;
    to.valid |= (uint64_t)!is_null << i;
    run->at[i] = behind;
    if (__builtin_expect(behind == NULL || behind > end, 0)) {
      row_run_move(run, i, read_other(decoder, place, column, run->first + i, at, end));
      others |= UINT64_C(1) << i;
    }
  }
  decoder->source.uses_data |= to.has_long_text;
  if (width == 0)
    row_run_put_bits(run, column->values, to.bits, others);
  if (column->validity != NULL)
    row_run_put_bits(run, column->validity, to.valid, others);
}

#define READ_RUN(name)                                                                                         \
  static void name(avro_decoder *decoder, const avro_place *place, column_builder *column, row_run *run)

READ_RUN(read_booleans) { read_leaves(decoder, place, column, run, read_boolean, 0, 0); }
READ_RUN(read_int32s) { read_leaves(decoder, place, column, run, read_int32, 4, 0); }
READ_RUN(read_int64s) { read_leaves(decoder, place, column, run, read_int64, 8, 0); }
READ_RUN(read_doubles) { read_leaves(decoder, place, column, run, read_double, 8, 0); }
READ_RUN(read_texts) { read_leaves(decoder, place, column, run, read_text, sizeof(mill_view), 0); }
READ_RUN(read_nullable_booleans) { read_leaves(decoder, place, column, run, read_boolean, 0, 1); }
READ_RUN(read_nullable_int32s) { read_leaves(decoder, place, column, run, read_int32, 4, 1); }
READ_RUN(read_nullable_int64s) { read_leaves(decoder, place, column, run, read_int64, 8, 1); }
READ_RUN(read_nullable_doubles) { read_leaves(decoder, place, column, run, read_double, 8, 1); }
READ_RUN(read_nullable_texts) { read_leaves(decoder, place, column, run, read_text, sizeof(mill_view), 1); }

// Any other field.
READ_RUN(read_others) {
  for (int i = 0; i < run->count; i++)
    row_run_move(run, i, read_other(decoder, place, column, run->first + i, run->at[i], run->end[i]));
}

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
  static const avro_read_run plain[] = {read_others, read_booleans, read_int32s,
                                        read_int64s, read_doubles,  read_texts};
  static const avro_read_run nullable[] = {read_others,          read_nullable_booleans, read_nullable_int32s,
                                           read_nullable_int64s, read_nullable_doubles,  read_nullable_texts};
  int null_branch = 0;
  avro_leaf leaf = nullable_leaf_of(field, &null_branch);
  return (avro_place){.read = leaf != AVRO_LEAF_NONE ? nullable[leaf] : plain[leaf_of(field)],
                      .null_byte = (uint8_t)(2 * null_branch),
                      .value_byte = (uint8_t)(2 - 2 * null_branch),
                      .field = field};
}

// Whether a value's slot can be written again when there are later ones, and no limit counts its items.
static int is_flat(const avro_step *step) {
  if (step->read == avro_read_array || step->read == avro_read_map || step->read == avro_skip_record ||
      step->read == avro_skip_items)
    return 0;
  for (uint32_t i = 0; i < step->count; i++)
    if (!is_flat(step->steps[i]))
      return 0;
  return 1;
}

int avro_run_prepare(avro_plan *plan) {
  const avro_step *root = plan->root;
  plan->run_max = 1;
  if (!plan->is_row || root->read != avro_read_record || root->count == 0)
    return 1;
  plan->run_max = is_flat(root) ? ROW_RUN_MAX : 1;
  plan->places = arena_get(&plan->arena, root->count * sizeof *plan->places);
  for (uint32_t i = 0; plan->places != NULL && i < root->count; i++)
    plan->places[i] = place_of(root->steps[i]);
  return plan->places != NULL;
}

void avro_run_read(avro_decoder *decoder, const avro_plan *plan, column_builder *row, row_run *run) {
  const avro_place *end = plan->places + plan->root->count;
  for (const avro_place *place = plan->places; place < end; place++) {
    int64_t index = place->field->column;
    place->read(decoder, place, index < 0 ? NULL : &row->children[index], run);
  }
  row_run_finish(run);
}
