/// What the plugin's operators have in common.
#ifndef NEXMARK_OPERATORS_H
#define NEXMARK_OPERATORS_H

#include "nexmark.h"

/// Finds the column `name` of `format` that is never null. Fails, fatally, with the remedy. For `bind`. [any]
int32_t nexmark_column(const struct ArrowSchema *schema, const char *name, const char *format,
                       mill_column_ref *out, mill_error *error);

/// Fails, fatally, if a row of the batch revises an earlier one. [any]
int32_t nexmark_check_inserts(const mill_batch *batch, const char *operator_id, mill_error *error);

/// The values of a column of 64 bits: one for each row of the batch. [any]
static inline const int64_t *nexmark_values(const mill_batch *batch, const mill_column_ref *ref) {
  const struct ArrowArray *array = batch->columns.children[ref->index];
  return (const int64_t *)array->buffers[1] + array->offset;
}

/// Finishes `rows` rows with the event times of `input` and hands them to output 0. For operators whose row n
/// comes from row n of the input. [task]
int32_t nexmark_emit_same_rows(mill_task *task, nexmark_batch *batch, const mill_batch *input,
                               mill_error *error);

/// The open of an operator that has nothing to do then. [task]
int32_t nexmark_open_nothing(void *self, mill_task *task, mill_error *error);

/// The close of an operator that has nothing to do then. [task]
void nexmark_close_nothing(void *self, mill_task *task);

#endif
