/// Reading messages side by side whose fields come in the order of their numbers, each once at most, as nearly
/// all writers have them. Any other message is read on its own.
#ifndef PROTO_RUN_H
#define PROTO_RUN_H

#include "../common/row_run.h"
#include "plan.h"

/// Fields of a message that is read side by side at most: each costs, there or not.
#define PROTO_PLACES_MAX 64

struct proto_place;

/// Reads a field of a run's rows into its column, NULL for one that is passed over. [task]
typedef void (*proto_read_run)(proto_decoder *decoder, const struct proto_place *place, column_builder *column,
                               row_run *run);

/// How a field of the row, or a column without one, is read in a run. The plan's; constant.
typedef struct proto_place {
  proto_read_run read;
  /// NULL: there is no column.
  const proto_step *step;
  /// The field's; 0 if there is none.
  uint32_t number;
  /// The tag as it is written, the first byte lowest, and the bits of it that count; its bytes.
  uint64_t tag, tag_mask;
  int tag_size;
} proto_place;

/// Makes the places of a plan, if it can be read side by side; 0, noted, without memory. [any]
int proto_run_prepare(proto_compiler *compiler, proto_plan *plan, const column_type *row);

/// Reads rows of a plan that has places into the row's columns. [task]
void proto_run_read(proto_decoder *decoder, const proto_plan *plan, column_builder *row, row_run *run);

#endif
