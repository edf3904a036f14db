/// Reading rows that are records: most of their fields without a call for each.
#ifndef AVRO_ROW_H
#define AVRO_ROW_H

#include "leaf.h"
#include "plan.h"

/// Where a field of the row goes in the batch that is decoded.
typedef struct avro_place {
  avro_leaf leaf;
  /// The first byte of a null; -1 unless the field is a union of null and `leaf`.
  int null_byte;
  /// How the field is read, and the value in it: the same, but for such a union.
  const avro_step *field, *value;
  /// NULL: the field is passed over.
  column_builder *column;
  /// The column's.
  uint8_t *values, *validity;
} avro_place;

/// Makes the places of a plan whose datum is the row; 0 without memory. [any]
int avro_row_prepare(avro_plan *plan);

/// Binds the places to the columns of batch `batch`, unless they are. [task]
void avro_row_bind(avro_plan *plan, column_builder *row, uint64_t batch);

/// Reads a row, whose places are bound, at `at`: what is behind it, NULL if it is bad. [task]
const uint8_t *avro_row_read(avro_decoder *decoder, const avro_plan *plan, int64_t slot, const uint8_t *at);

/// Reads the datum at the decoder's start, by a plan that has steps, into a slot of the row's columns: what is
/// behind it, NULL if it is bad. [task]
static inline const uint8_t *avro_row_read_datum(avro_decoder *decoder, avro_plan *plan, column_builder *row,
                                                 int64_t slot) {
  if (plan->places != NULL) {
    avro_row_bind(plan, row, decoder->source.batch);
    return avro_row_read(decoder, plan, slot, decoder->start);
  }
  decoder->depth = 0;
  return avro_read_value(decoder, plan->root, plan->is_row ? row : &row->children[0], slot, decoder->start);
}

#endif
