/// Reading rows that are records side by side, their plainest values without a call for each.
#ifndef AVRO_RUN_H
#define AVRO_RUN_H

#include "leaf.h"
#include "plan.h"

struct avro_place;

/// Reads a field of a run's rows into its column, NULL for one that is passed over. [task]
typedef void (*avro_read_run)(avro_decoder *decoder, const struct avro_place *place, column_builder *column,
                              row_run *run);

/// How a field of the row is read in a run. The plan's; constant.
typedef struct avro_place {
  avro_read_run read;
  /// The bytes that a union of null and a leaf begins with: of null, of a value.
  uint8_t null_byte, value_byte;
  const avro_step *field;
} avro_place;

/// Makes the places of a plan whose datum is the row; 0 without memory. [any]
int avro_run_prepare(avro_plan *plan);

/// Reads rows of a plan that has places into the row's columns. [task]
void avro_run_read(avro_decoder *decoder, const avro_plan *plan, column_builder *row, row_run *run);

#endif
