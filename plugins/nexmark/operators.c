#include "operators.h"

int32_t nexmark_column(const struct ArrowSchema *schema, const char *name, const char *format,
                       mill_column_ref *out, mill_error *error) {
  if (mill_column_find(schema, name, format, out, error) != MILL_OK)
    return MILL_FAILED;
  if ((schema->children[out->index]->flags & ARROW_FLAG_NULLABLE) != 0)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "column \"%s\" may be null; declare it without \"?\"", name);
  return MILL_OK;
}

int32_t nexmark_check_inserts(const mill_batch *batch, const char *operator_id, mill_error *error) {
  for (int64_t row = 0; batch->row_kind != NULL && row < batch->columns.length; row++)
    if (batch->row_kind[row] != MILL_ROW_INSERT)
      return mill_fail(error, MILL_CLASS_FATAL, 0,
                       "%s takes inserts only; feed it from a step whose rows revise nothing", operator_id);
  return MILL_OK;
}

int32_t nexmark_emit_same_rows(mill_task *task, nexmark_batch *batch, const mill_batch *input,
                               mill_error *error) {
  int64_t rows = input->columns.length;
  if (input->event_time_us != NULL)
    memcpy(batch->event_time_us, input->event_time_us, (size_t)rows * sizeof(int64_t));
  mill_batch out;
  nexmark_batch_finish(batch, rows, input->event_time_us != NULL, &out);
  return task->emit(task, 0, &out, error);
}

int32_t nexmark_open_nothing(void *self, mill_task *task, mill_error *error) {
  (void)self, (void)task, (void)error;
  return MILL_OK;
}

void nexmark_close_nothing(void *self, mill_task *task) { (void)self, (void)task; }
