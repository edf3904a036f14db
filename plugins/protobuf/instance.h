/// An instance of the serde, for reading or for writing.
#ifndef PROTO_INSTANCE_H
#define PROTO_INSTANCE_H

#include "../common/row_loop.h"
#include "encode.h"
#include "options.h"
#include "plans.h"

/// One thread at a time.
typedef struct proto_instance {
  proto_options options;
  /// MILL_PART_*.
  uint32_t part;
  /// The host's; NULL if it counts none.
  const mill_memory *memory;
  /// The schema to work by, NULL if none was given or derived; its message.
  proto_schema *schema;
  const proto_message *message;
  /// Not 0: it was made from the columns.
  int is_derived;
  /// Reading: memory of batches, which owns `type`; NULL before bind_decode. Plans by the writers' schemas, and
  /// the one by the schema in use.
  block_pool *pool;
  const column_type *type;
  plan_cache plans;
  proto_plan *own_plan;
  proto_decoder decoder;
  /// Of the batch that is decoded: the schemas of its rows; NULL if they don't say.
  const mill_schema *const *written;
  /// Not 0: most of its rows are not as runs have them.
  int is_row_by_row;
  /// Writing: the rows, how they are written, the bytes, and what the framing has between a schema's id and the
  /// payload.
  row_source rows;
  proto_write_plan *write_plan;
  encoded encoded;
  uint8_t index[PROTO_INDEX_MAX];
} proto_instance;

/// The vtable's functions.
int32_t proto_create(const struct mill_host *host, const char *config, uint32_t part, void **out_self,
                     mill_error *error);
int32_t proto_bind_decode(void *self, const struct ArrowSchema *schema, mill_error *error);
int32_t proto_decode(void *self, const mill_raw_batch *raw, mill_batch *out, const mill_row_errors *errors,
                     mill_error *error);
int32_t proto_bind_encode(void *self, const struct ArrowSchema *schema, mill_error *error);
int32_t proto_encode(void *self, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                     mill_error *error);
void proto_destroy(void *self);
int32_t proto_use_schema(void *self, const mill_schema *schema, mill_error *error);
int32_t proto_written_schema(void *self, mill_written_schema *out, mill_error *error);
int32_t proto_set_lead(void *self, const uint8_t *bytes, int64_t size, mill_error *error);

#endif
