/// An instance of the serde, for reading or for writing.
#ifndef AVRO_INSTANCE_H
#define AVRO_INSTANCE_H

#include "../common/row_loop.h"
#include "encode.h"
#include "options.h"
#include "plans.h"

/// One thread at a time.
typedef struct avro_instance {
  avro_options options;
  /// MILL_PART_*.
  uint32_t part;
  /// The host's; NULL if it counts none.
  const mill_memory *memory;
  /// The schema to work by, NULL if none was given or derived.
  avro_schema *schema;
  /// Not 0: it was made from the columns.
  int is_derived;
  /// Reading: memory of batches, which owns `type`; NULL before bind_decode. Plans by the writers' schemas, and
  /// the one for messages that don't say theirs.
  block_pool *pool;
  const column_type *type;
  plan_cache plans;
  avro_plan *own_plan;
  avro_decoder decoder;
  /// Of the batch that is decoded: the schemas of its rows; NULL if they don't say.
  const mill_schema *const *written;
  /// Writing: the rows, how they are written, and the bytes.
  row_source rows;
  avro_write_plan *write_plan;
  encoded encoded;
} avro_instance;

/// The vtable's functions.
int32_t avro_create(const struct mill_host *host, const char *config, uint32_t part, void **out_self,
                    mill_error *error);
int32_t avro_bind_decode(void *self, const struct ArrowSchema *schema, mill_error *error);
int32_t avro_decode(void *self, const mill_raw_batch *raw, mill_batch *out, const mill_row_errors *errors,
                    mill_error *error);
int32_t avro_bind_encode(void *self, const struct ArrowSchema *schema, mill_error *error);
int32_t avro_encode(void *self, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                    mill_error *error);
void avro_destroy(void *self);
int32_t avro_use_schema(void *self, const mill_schema *schema, mill_error *error);
int32_t avro_written_schema(void *self, mill_written_schema *out, mill_error *error);
int32_t avro_set_lead(void *self, const uint8_t *bytes, int64_t size, mill_error *error);

#endif
