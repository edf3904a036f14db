/// Writing columns' values as Protobuf.
///
/// Functions that write append to the encoder's bytes and return 0 after noting a failure.
#ifndef PROTO_ENCODE_H
#define PROTO_ENCODE_H

#include "../common/column_source.h"
#include "../common/encoded.h"
#include "op.h"
#include "schema.h"
#include "wire.h"

/// The state of encoding one row. One thread at a time.
typedef struct proto_encoder {
  encoded *to;
  /// Not 0 after memory ran out: the batch fails, not the row.
  int is_out_of_memory;
  char message[MILL_ERROR_MESSAGE_SIZE];
} proto_encoder;

struct proto_writing;
struct proto_unknown;

/// Writes a value that is not null, without its tag. [task]
typedef int (*proto_write)(proto_encoder *encoder, const struct proto_writing *step,
                           const column_source *source, int64_t index);

/// The fields of a message, in the order of the columns.
typedef struct proto_write_fields {
  uint32_t count;
  struct proto_writing **steps;
} proto_write_fields;

/// How a column is written. The plan's; constant.
typedef struct proto_writing {
  proto_write write;
  const proto_field *field;
  const column_type *column;
  /// The bytes that each value begins with, and the end of a group's; copied as 8.
  uint8_t tag[8], end_tag[8];
  int tag_size;
  /// Earlier columns of the same oneof.
  uint32_t rival_count;
  const uint32_t *rivals;
  /// Messages: their fields. Maps: the key's and the value's. Wrappers: the value's.
  proto_write_fields inner;
  /// Enums: numbers by name, as proto_value.
  name_set names;
  /// Integers: the range that the field's kind has.
  int64_t least;
  uint64_t most;
  /// What `write` writes; bytes that it takes at most, but for a text's own, 0 if that can't be told.
  proto_op op;
  int64_t room;
} proto_writing;

/// How rows are written.
typedef struct proto_write_plan {
  arena memory;
  proto_write_fields root;
  /// What is written behind all fields; NULL: no column holds unknown ones.
  const struct proto_unknown *unknown;
  /// Bytes that a row takes at most, but for its texts; -1: rows can't be written side by side.
  int64_t run_room;
} proto_write_plan;

/// Compiles how columns are written as a message of a schema, which must outlive the plan. NULL, with `error`
/// filled, if they can't be. [any]
proto_write_plan *proto_write_plan_make(const proto_schema *schema, const proto_message *message,
                                        const column_type *row, mill_error *error);

/// Frees a plan; NULL is ignored. [any]
void proto_write_plan_free(proto_write_plan *plan);

/// The function that writes a column as a kind without others in it, with what it needs in `step`; NULL if
/// there is none. [any]
proto_write proto_write_leaf(proto_writing *step, const column_type *column);

/// Sets what writes the step's values, and what goes with it. [any]
void proto_write_choose(proto_writing *step, proto_write write, const column_type *column);

/// Bytes that a message takes at most, but for its texts; -1 if that can't be told. [any]
int64_t proto_write_run_room(const proto_write_fields *fields);

/// Writes some rows from `first` side by side, of the `rows` that there are, with their spans: how many, 0 if
/// they are to be written one by one. [task]
int64_t proto_write_run(proto_encoder *encoder, const proto_write_plan *plan, const column_source *columns,
                        int64_t first, int64_t rows);

/// Writes a field, if it is set, from `source`, one of `columns`. [task]
int proto_write_field(proto_encoder *encoder, const proto_writing *step, const column_source *columns,
                      const column_source *source, int64_t index);

/// Writes the fields of a message from a struct's columns. [task]
int proto_write_columns(proto_encoder *encoder, const proto_write_fields *fields, const column_source *columns,
                        int64_t index);

/// Writes the bytes of the column that holds unknown fields, one of the row's `columns`, as they are; fails if
/// they are no fields, or some that the schema has. [task]
int proto_write_unknown(proto_encoder *encoder, const struct proto_unknown *unknown,
                        const column_source *columns, int64_t index);

/// Nested values: a message, a group, a wrapper. [task]
int proto_write_message(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                        int64_t index);
int proto_write_group(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                      int64_t index);
int proto_write_wrapper(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                        int64_t index);

/// Timestamp and Duration. [task]
int proto_write_timestamp(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                          int64_t index);
int proto_write_duration(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                         int64_t index);

/// Bytes as they are, behind their number. [task]
int proto_write_bytes(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                      int64_t index);

/// Notes that a value can't be written. Returns 0. [task]
__attribute__((format(printf, 3, 4))) int proto_write_fail(proto_encoder *encoder, const column_type *column,
                                                           const char *format, ...);

/// Makes room for `size` more bytes and one; where they go, NULL, noted, without memory or past 2 GiB. [task]
static inline uint8_t *proto_write_room(proto_encoder *encoder, int64_t size) {
  encoded *to = encoder->to;
  if (to->capacity - to->size <= size && (size >= ENCODED_SIZE_MAX - to->size || !encoded_grow(to, size + 1))) {
    encoder->is_out_of_memory = 1;
    return NULL;
  }
  return to->bytes + to->size;
}

/// Writes a varint. [task]
static inline int proto_put_varint(proto_encoder *encoder, uint64_t value) {
  uint8_t *out = proto_write_room(encoder, VARINT_MAX);
  if (out == NULL)
    return 0;
  encoder->to->size = varint_write(value, out) - encoder->to->bytes;
  return 1;
}

/// Writes bytes as they are. [task]
static inline int proto_put_bytes(proto_encoder *encoder, const void *bytes, int64_t size) {
  uint8_t *out = proto_write_room(encoder, size);
  if (out == NULL)
    return 0;
  if (size > 0)
    memcpy(out, bytes, (size_t)size);
  encoder->to->size += size;
  return 1;
}

/// Writes a tag. [task]
static inline int proto_put_tag(proto_encoder *encoder, const uint8_t tag[8], int size) {
  uint8_t *out = proto_write_room(encoder, 8);
  if (out == NULL)
    return 0;
  memcpy(out, tag, 8);
  encoder->to->size += size;
  return 1;
}

/// Begins what comes behind its length; to be given to proto_end_sized. 0 without memory. [task]
static inline int64_t proto_begin_sized(proto_encoder *encoder) {
  return proto_put_varint(encoder, 0) ? encoder->to->size : 0;
}

/// Puts the length of what was written since. [task]
int proto_end_sized(proto_encoder *encoder, int64_t start);

#endif
