/// Writing columns' values as Avro.
///
/// Functions that write append to the encoder's bytes and return 0 after noting a failure.
#ifndef AVRO_ENCODE_H
#define AVRO_ENCODE_H

#include "../common/column_source.h"
#include "../common/encoded.h"
#include "binary.h"
#include "leaf.h"
#include "schema.h"

/// The state of encoding one row. One thread at a time.
typedef struct avro_encoder {
  encoded *to;
  /// Not 0 after memory ran out: the batch fails, not the row.
  int is_out_of_memory;
  char message[MILL_ERROR_MESSAGE_SIZE];
} avro_encoder;

struct avro_writing;

/// Writes a value that is not null. [task]
typedef int (*avro_write)(avro_encoder *encoder, const struct avro_writing *step, const column_source *source,
                          int64_t index);

/// How one value is written. The plan's; constant.
typedef struct avro_writing {
  avro_write write;
  /// What `write` writes, if rows are mostly made of that.
  avro_leaf leaf;
  const avro_type *type;
  const column_type *column;
  /// The branches of a union for null and for the value, -1 for none.
  int64_t null_branch, branch;
  /// Records: the column of a field, -1 for a default, which is `bytes`.
  int64_t index;
  const uint8_t *bytes;
  int64_t size;
  /// Records: a step per field. Unions over a struct: a step per column. Lists and maps: the items'.
  uint32_t count;
  struct avro_writing **steps;
  /// Times: the schema's units in one of the column's, or the column's in one of the schema's. Decimals: powers
  /// of ten.
  int64_t multiply, divide;
  /// Integers: the range that the schema's type has.
  int64_t least, most;
  /// No leaf: bytes that a value takes at most; 0 if that can't be told.
  int64_t room;
} avro_writing;

/// How rows are written.
typedef struct avro_write_plan {
  arena arena;
  avro_writing *root;
  /// Not 0: the row is the datum. Else its only column is.
  int is_row;
  /// Bytes that a row takes at most, but for its texts; -1: rows can't be written side by side.
  int64_t run_room;
} avro_write_plan;

/// Compiles how columns are written by a schema, which must outlive the plan. `title` is who does, for
/// messages. NULL, with `error` filled, if they can't be. [any]
avro_write_plan *avro_write_plan_make(const avro_schema *schema, const column_type *row, const char *title,
                                      mill_error *error);

/// Frees a plan; NULL is ignored. [any]
void avro_write_plan_free(avro_write_plan *plan);

/// The function that writes a column as a type without others in it, with what it needs in `step`; NULL if
/// there is none. [any]
avro_write avro_write_leaf(avro_writing *step, const avro_type *type, const column_type *column);

/// Bytes that a record takes at most, but for its texts; -1 if that can't be told. [any]
int64_t avro_write_run_room(const avro_writing *root);

/// Writes some rows from `first` side by side, of the `rows` that there are, with their spans: how many, 0 if
/// they are to be written one by one. [task]
int64_t avro_write_run(avro_encoder *encoder, const avro_write_plan *plan, const column_source *row,
                       int64_t first, int64_t rows);

/// Encodes all rows of `batch`, one behind the other, into `to`, and fills `out`, which refers to it. `columns`
/// are the source of the plan's row. Rows that can't be written, or take more than `row_size_max` bytes, are
/// reported (AVRO_NOT_WRITABLE) and left out. Fails without memory, or past ENCODED_SIZE_MAX. [task]
int32_t avro_encode_rows(const avro_write_plan *plan, column_source *columns, const mill_batch *batch,
                         int64_t row_size_max, encoded *to, mill_encoded *out, const mill_row_errors *errors,
                         mill_error *error);

/// Any value, null included. [task]
int avro_write_value(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                     int64_t index);

/// Nested values. [task]
int avro_write_record(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                      int64_t index);
int avro_write_array(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                     int64_t index);
int avro_write_map(avro_encoder *encoder, const avro_writing *step, const column_source *source, int64_t index);
/// A union that is spread over a struct's fields. [task]
int avro_write_spread(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                      int64_t index);

/// Texts: as strings; bytes. [task]
int avro_write_text(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                    int64_t index);

/// Notes that a value can't be written. Returns 0. [task]
__attribute__((format(printf, 3, 4))) int avro_write_fail(avro_encoder *encoder, const column_type *column,
                                                          const char *format, ...);

/// Makes room for `size` more bytes and one; where they go, NULL, noted, without memory or past 2 GiB. [task]
static inline uint8_t *avro_write_room(avro_encoder *encoder, int64_t size) {
  encoded *to = encoder->to;
  if (to->capacity - to->size <= size && (size >= ENCODED_SIZE_MAX - to->size || !encoded_grow(to, size + 1))) {
    encoder->is_out_of_memory = 1;
    return NULL;
  }
  return to->bytes + to->size;
}

/// Writes an integer. [task]
static inline int avro_put_long(avro_encoder *encoder, int64_t value) {
  uint8_t *out = avro_write_room(encoder, AVRO_LONG_MAX);
  if (out == NULL)
    return 0;
  encoder->to->size = avro_write_long(value, out) - encoder->to->bytes;
  return 1;
}

/// Writes bytes as they are. [task]
static inline int avro_put_bytes(avro_encoder *encoder, const void *bytes, int64_t size) {
  uint8_t *out = avro_write_room(encoder, size);
  if (out == NULL)
    return 0;
  if (size > 0)
    memcpy(out, bytes, (size_t)size);
  encoder->to->size += size;
  return 1;
}

#endif
