/// Turning a builder's rows into a mill_batch that owns them.
#ifndef MILLRACE_SDK_FINISH_H
#define MILLRACE_SDK_FINISH_H

#include "builder.h"
#include "millrace/operator.h"

/// A column of a finished batch: its array and the memory behind it.
typedef struct mill_owned_column {
  struct ArrowArray array;
  const void *buffers[4];
  int64_t data_size;
  mill_builder_column memory;
} mill_owned_column;

/// What a finished batch owns: this, the columns and the child pointers are one block.
typedef struct mill_owned_batch {
  int64_t *event_time_us;
  const mill_memory *memory;
  size_t counted;
  const void *buffers[1];
  mill_owned_column *columns;
  struct ArrowArray **children;
} mill_owned_batch;

/// The release of arrays inside a batch: the batch frees them. [any]
static inline void mill_array_release_nothing(struct ArrowArray *array) { array->release = NULL; }

/// The release of a finished batch. [any]
static inline void mill_batch_release_owned(mill_batch *batch) {
  mill_owned_batch *owned = (mill_owned_batch *)batch->private_data;
  for (int64_t i = 0; i < batch->columns.n_children; i++) {
    free(owned->columns[i].memory.values);
    free(owned->columns[i].memory.validity);
    free(owned->columns[i].memory.data);
  }
  free(owned->event_time_us);
  mill_recount(owned->memory, &owned->counted, 0);
  free(owned);
  batch->columns.release = NULL;
  batch->release = NULL;
}

/// Fills the array of one finished column; the memory moves to it. [any]
static inline void mill_finish_column(mill_owned_column *out, mill_builder_column *column, int64_t length) {
  out->memory = *column;
  column->values = column->validity = column->data = NULL;
  column->null_count = column->data_size = column->data_capacity = 0;
  uint32_t used = 0;
  out->buffers[used++] = out->memory.validity;
  out->buffers[used++] = out->memory.values;
  if (out->memory.layout == MILL_LAYOUT_VIEWS) {
    if (out->memory.data != NULL)
      out->buffers[used++] = out->memory.data;
    out->data_size = out->memory.data_size;
    out->buffers[used++] = &out->data_size;
  }
  memset(&out->array, 0, sizeof out->array);
  out->array.length = length;
  out->array.null_count = out->memory.null_count;
  out->array.n_buffers = used;
  out->array.buffers = out->buffers;
  out->array.release = mill_array_release_nothing;
}

/// Bytes of the memory that a builder has for its rows. [any]
static inline size_t mill_builder_bytes(const mill_builder *builder) {
  size_t rows = (size_t)builder->capacity;
  size_t bytes = builder->event_time_us == NULL ? 0 : rows * sizeof(int64_t);
  for (uint32_t i = 0; i < builder->column_count; i++) {
    const mill_builder_column *column = &builder->columns[i];
    bytes += column->width == 0 ? rows / 8 : rows * column->width;
    bytes += column->validity == NULL ? 0 : rows / 8;
    bytes += (size_t)column->data_capacity;
  }
  return bytes;
}

/// Moves the rows into `out`, which the receiver releases, and leaves the builder empty. Fails, without rows
/// left, if memory ran out on the way or texts of one column came to more than 2 GiB. [any]
static inline int32_t mill_builder_finish(mill_builder *builder, mill_batch *out, mill_error *error) {
  memset(out, 0, sizeof *out);
  out->struct_size = (uint32_t)sizeof *out;
  size_t columns_size = builder->column_count * sizeof(mill_owned_column);
  size_t pointers_size = (builder->column_count + 1) * sizeof(struct ArrowArray *);
  char *block =
      builder->failed ? NULL : (char *)malloc(sizeof(mill_owned_batch) + columns_size + pointers_size);
  if (block == NULL) {
    mill_builder_clear(builder);
    return mill_fail(
        error, MILL_CLASS_FATAL, 0,
        "making a batch: out of memory, or over 2 GiB of text in one column; emit smaller batches");
  }
  mill_owned_batch *owned = (mill_owned_batch *)(void *)block;
  owned->event_time_us = builder->event_time_us;
  owned->memory = builder->memory;
  owned->counted = 0;
  mill_recount(owned->memory, &owned->counted, mill_builder_bytes(builder));
  owned->buffers[0] = NULL;
  owned->columns = (mill_owned_column *)(void *)(block + sizeof(mill_owned_batch));
  owned->children = (struct ArrowArray **)(void *)(block + sizeof(mill_owned_batch) + columns_size);
  for (uint32_t i = 0; i < builder->column_count; i++) {
    mill_finish_column(&owned->columns[i], &builder->columns[i], builder->length);
    owned->children[i] = &owned->columns[i].array;
  }
  out->columns.length = builder->length;
  out->columns.n_buffers = 1;
  out->columns.buffers = owned->buffers;
  out->columns.n_children = builder->column_count;
  out->columns.children = owned->children;
  out->columns.release = mill_array_release_nothing;
  out->event_time_us = owned->event_time_us;
  out->private_data = owned;
  out->release = mill_batch_release_owned;
  builder->event_time_us = NULL;
  builder->length = builder->capacity = 0;
  return MILL_OK;
}

/// Finishes the rows and hands them to output port `output`; nothing happens if there are none. [task]
static inline int32_t mill_builder_emit(mill_builder *builder, mill_task *task, uint32_t output,
                                        mill_error *error) {
  if (builder->length == 0 && !builder->failed)
    return MILL_OK;
  mill_batch batch;
  int32_t status = mill_builder_finish(builder, &batch, error);
  return status == MILL_OK ? task->emit(task, output, &batch, error) : status;
}

#endif
