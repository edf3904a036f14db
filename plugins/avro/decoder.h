/// The state of decoding one row, the steps that do it, and how it fails.
///
/// Functions that read take the position in the message and return the one behind what they read, or NULL after
/// noting a failure in the decoder. They may read up to 16 bytes past the row's end, into the next row or the
/// padding; each then looks whether it went past `end`.
#ifndef AVRO_DECODER_H
#define AVRO_DECODER_H

#include "../common/row_run.h"
#include "../common/text_source.h"
#include "schema.h"

/// Codes of row errors.
#define AVRO_BAD_DATA 1
#define AVRO_BAD_VALUE 2
#define AVRO_MISSING 3
#define AVRO_NOT_WRITABLE 4

/// Items without bytes that a message may hold at most.
#define AVRO_EMPTY_ITEMS_MAX 4096

/// Items that a message of `size` bytes may have. [any]
static inline int64_t avro_items_max(int64_t size) { return 2 * size + AVRO_EMPTY_ITEMS_MAX; }

/// One thread at a time.
typedef struct avro_decoder {
  text_source source;
  /// The row's bytes and their end.
  const uint8_t *start, *end;
  /// Values around the current position.
  int depth;
  /// Items that the row may still have; the rows of a run.
  int64_t items_left, run_items[ROW_RUN_MAX];
  /// Not 0 after memory ran out: the batch fails, not the row.
  int is_out_of_memory;
  /// The row's failure.
  int32_t code;
  char message[MILL_ERROR_MESSAGE_SIZE];
} avro_decoder;

struct avro_step;

/// Reads the value at `at` by a step into a slot of a column, NULL for one that is passed over. [task]
typedef const uint8_t *(*avro_read)(avro_decoder *decoder, const struct avro_step *step, column_builder *column,
                                    int64_t slot, const uint8_t *at);

/// How one value of a writer's schema is read. The plan's; constant but for `constants`.
typedef struct avro_step {
  avro_read read;
  const avro_type *written;
  /// The writer's field, for messages about what is passed over.
  const char *name;
  /// Records: the child that a step fills, -1 for none.
  int64_t column;
  /// Records: the writer's fields in order, then what the writer has no fields for. Unions: a step per branch.
  /// Lists and maps: the items'. Others: what the value is read by.
  uint32_t count;
  struct avro_step **steps;
  /// Times: column's units in one of the writer's, or the writer's in one of the column's. Decimals: powers of
  /// ten.
  int64_t multiply, divide;
  /// Not 0: an int that is 32 bits of the column as it is.
  int is_plain_int32;
  /// Not 0: the value goes through a float.
  int is_narrowed;
  /// Enums: one per symbol, bytes NULL for one that the reader lacks. Texts: a default's.
  text_constant *constants;
  /// Defaults: bytes in Avro's encoding. Failures: their message.
  const uint8_t *bytes;
  int64_t size;
  int32_t code;
} avro_step;

/// Notes what is wrong at `at`; a field path comes before it. Returns NULL. [task]
__attribute__((format(printf, 6, 7))) const uint8_t *avro_fail(avro_decoder *decoder, const avro_step *step,
                                                               const column_builder *column, const uint8_t *at,
                                                               int32_t code, const char *format, ...);

/// Notes that the message ends within a value, or that an integer has too many bits. Returns NULL. [task]
const uint8_t *avro_fail_end(avro_decoder *decoder, const avro_step *step, const column_builder *column,
                             const uint8_t *at);

/// Notes that memory ran out. Returns NULL. [task]
const uint8_t *avro_fail_memory(avro_decoder *decoder);

/// Reads by a step, marking the slot valid. [task]
static inline const uint8_t *avro_read_value(avro_decoder *decoder, const avro_step *step,
                                             column_builder *column, int64_t slot, const uint8_t *at) {
  if (column != NULL)
    column_builder_set_valid(column, slot);
  return step->read(decoder, step, column, slot, at);
}

#endif
