/// An instance of the serde, for reading or for writing.
#ifndef CSV_INSTANCE_H
#define CSV_INSTANCE_H

#include "../common/column_source.h"
#include "../common/row_loop.h"
#include "decoder.h"

/// One thread at a time.
typedef struct csv_instance {
  csv_options options;
  /// MILL_PART_*.
  uint32_t part;
  /// The host's; NULL if it counts none.
  const mill_memory *memory;
  /// Reading: memory of batches, which owns `type`; NULL before bind_decode.
  block_pool *pool;
  const column_type *type;
  csv_decoder decoder;
  /// Writing: the rows, and their bytes.
  row_source rows;
  encoded encoded;
} csv_instance;

/// The vtable's functions.
int32_t csv_create(const struct mill_host *host, const char *config, uint32_t part, void **out_self,
                   mill_error *error);
int32_t csv_bind_decode(void *self, const struct ArrowSchema *schema, mill_error *error);
int32_t csv_decode(void *self, const mill_raw_batch *raw, mill_batch *out, const mill_row_errors *errors,
                   mill_error *error);
int32_t csv_bind_encode(void *self, const struct ArrowSchema *schema, mill_error *error);
int32_t csv_encode(void *self, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                   mill_error *error);
void csv_destroy(void *self);

#endif
