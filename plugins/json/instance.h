/// An instance of the serde, for reading or for writing.
#ifndef JSON_INSTANCE_H
#define JSON_INSTANCE_H

#include "../common/column_source.h"
#include "../common/row_loop.h"
#include "check.h"
#include "options.h"
#include "plans.h"

#include "millrace/log.h"

/// One thread at a time.
typedef struct json_instance {
  json_options options;
  /// MILL_PART_*.
  uint32_t part;
  /// The host's; NULL if it counts none.
  const mill_memory *memory;
  /// The host's; NULL if it has none.
  const mill_log *log;
  /// The schema to work by; NULL if none was given.
  json_schema *schema;
  /// Reading: memory of batches, which owns `type`; NULL before bind_decode.
  block_pool *pool;
  const column_type *type;
  json_decoder decoder;
  /// For holding messages and rows against the schema.
  json_check_room room;
  /// Whether the columns suit what messages were written with.
  plan_cache plans;
  /// Of the batch that is decoded: the schemas of its rows; NULL if they don't say.
  const mill_schema *const *written;
  /// Writing: the rows, and their bytes.
  row_source rows;
  encoded encoded;
  /// The schema that was made from the columns.
  encoded derived;
} json_instance;

/// The vtable's functions.
int32_t json_create(const struct mill_host *host, const char *config, uint32_t part, void **out_self,
                    mill_error *error);
int32_t json_bind_decode(void *self, const struct ArrowSchema *schema, mill_error *error);
int32_t json_decode(void *self, const mill_raw_batch *raw, mill_batch *out, const mill_row_errors *errors,
                    mill_error *error);
int32_t json_bind_encode(void *self, const struct ArrowSchema *schema, mill_error *error);
int32_t json_encode(void *self, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                    mill_error *error);
int32_t json_written_schema(void *self, mill_written_schema *out, mill_error *error);
int32_t json_set_lead(void *self, const uint8_t *bytes, int64_t size, mill_error *error);
void json_destroy(void *self);
int32_t json_use_schema(void *self, const mill_schema *schema, mill_error *error);

#endif
