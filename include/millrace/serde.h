/// Plugin capability "mill.serdes/1": from a topic's bytes to columns and back.
///
/// An instance serves the keys or the values of one topic on one worker, for reading or for writing.
/// Reading: create → [use_schema] → bind_decode → decode* → destroy.
/// Writing: create → [use_schema] → bind_encode → [written_schema → set_lead] → encode* → destroy.
#ifndef MILLRACE_SERDE_H
#define MILLRACE_SERDE_H

#include "base.h"
#include "batch.h"
#include "schema.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mill_host;

/// Id of this capability for mill_plugin.get_extension.
#define MILL_SERDES "mill.serdes/1"

/// The serde works on the messages' values.
#define MILL_PART_VALUE 0u
/// The serde works on the messages' keys.
#define MILL_PART_KEY 1u

/// Messages of one topic partition, in offset order. Immutable. Reference-counted, because columns may point
/// into `data`: a decoder whose output does calls `retain` once and has the output's release call `release`.
typedef struct mill_raw_batch {
  /// sizeof(mill_raw_batch) at the host.
  uint32_t struct_size;
  /// The partition the messages come from.
  int32_t partition;
  /// The topic they come from, UTF-8; the batch's.
  const char *topic;
  /// Messages.
  int64_t length;
  /// All bytes of keys and values; the batch's. Readable up to data_size + 64: the padding is zeros, so that
  /// vector loads may run over a value's end.
  const uint8_t *data;
  /// Bytes in `data`, less than 2 GiB.
  int64_t data_size;
  /// `length` pieces of `data`.
  const mill_span *keys;
  /// `length` pieces of `data`.
  const mill_span *values;
  /// The messages' offsets, one each; equal for those that are lines of one message.
  const int64_t *offsets;
  /// The messages' timestamps in microseconds, one each; MILL_NO_TIME where there is none.
  const int64_t *timestamps_us;
  /// The host's own.
  void *private_data;
  /// Adds a reference. [any]
  void (*retain)(const struct mill_raw_batch *batch);
  /// Drops a reference; the last one frees the batch. [any]
  void (*release)(const struct mill_raw_batch *batch);
  /// Since ABI 1.2. The schemas that keys were written with, `length` pointers; the batch's. NULL: they don't
  /// say. A row's is NULL if the key is null, or bad: the host reports such a row, whatever the serde makes of
  /// it.
  const mill_schema *const *key_schemas;
  /// As `key_schemas`, of values.
  const mill_schema *const *value_schemas;
} mill_raw_batch;

/// A code of bad rows that all serdes have in common: the message can't be read because of the schema that it
/// was written with, whatever its bytes, so that no other one of that schema can. `message` names both schemas
/// and the first difference.
#define MILL_ROW_SCHEMA (-1)

/// Takes bad rows. The host's; valid during the call that gets it.
typedef struct mill_row_errors {
  /// sizeof(mill_row_errors) at the host.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// The host's own.
  void *context;
  /// Row `row` is bad; `code` is the serde's own, above 0, or MILL_ROW_SCHEMA; `message` (UTF-8, the caller's,
  /// copied) says what, where in the row, and what was expected. Rows in ascending order, each once. [task]
  void (*report)(const struct mill_row_errors *errors, int64_t row, int32_t code, const char *message);
} mill_row_errors;

/// Encoded rows. The serde instance's, valid until its next call.
typedef struct mill_encoded {
  /// sizeof(mill_encoded) at the host.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// Rows; as many as the batch has.
  int64_t length;
  /// All bytes.
  const uint8_t *data;
  /// `length` pieces of `data`; length -1 is a null (a tombstone). A bad row's is -1 too.
  const mill_span *spans;
} mill_encoded;

/// Says what a serde is. Constant for the plugin's life; owned by the plugin.
typedef struct mill_serde_descriptor {
  /// sizeof(mill_serde_descriptor) at the plugin.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// What pipelines call it, e.g. "json".
  const char *id;
  /// Semantic version; the greatest wins.
  const char *version;
  /// One sentence for people.
  const char *summary;
  /// JSON Schema (an object) of its options; NULL: it takes none.
  const char *config_schema;
} mill_serde_descriptor;

/// A serde's functions. Constant; owned by the plugin. All slots up to `destroy` must be set; those behind it
/// may be NULL or lacking (see struct_size): such a serde knows no schemas.
typedef struct mill_serde_vtable {
  /// sizeof(mill_serde_vtable) at the plugin.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// Makes an instance for `part` (MILL_PART_*). `config_json` as for operators. [control]
  int32_t (*create)(const struct mill_host *host, const char *config_json, uint32_t part, void **out_self,
                    mill_error *error);
  /// Sets up decoding into `schema`, the struct type that the pipeline declares for this topic (the host's,
  /// valid during the call). Fails if the serde can't produce a declared type. [control]
  int32_t (*bind_decode)(void *self, const struct ArrowSchema *schema, mill_error *error);
  /// Decodes. `out` becomes a batch of exactly `raw->length` rows of the bound schema, strings and bytes as
  /// views, event_time_us and row_kind NULL, moved to the host. A bad row is reported and holds nulls or zeros;
  /// the host drops it. A null key or value (span length -1) is a bad row unless the serde maps it. [task]
  int32_t (*decode)(void *self, const mill_raw_batch *raw, mill_batch *out, const mill_row_errors *errors,
                    mill_error *error);
  /// Sets up encoding from `schema` (a struct type; the host's, valid during the call). Fails if a column's
  /// type can't be written. [control]
  int32_t (*bind_encode)(void *self, const struct ArrowSchema *schema, mill_error *error);
  /// Encodes the rows of `batch` (the host's). [task]
  int32_t (*encode)(void *self, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                    mill_error *error);
  /// Frees the instance. [control]
  void (*destroy)(void *self);
  /// Since ABI 1.2. Gives the schema to work by (the host's, valid during the call). Reading: what messages are
  /// resolved into, and what they were written with where a raw batch has no schemas. Writing: what they are
  /// written with. Without this call a reader goes by the writers' schemas and the declared columns, a writer
  /// by the columns. Fails if it is none, or of a format that is not the serde's; bind_* fails if the columns
  /// don't suit it. May be NULL: the serde always goes by the columns. [control]
  int32_t (*use_schema)(void *self, const mill_schema *schema, mill_error *error);
  /// Since ABI 1.2. Tells the schema that rows are written with, as a registry takes it. Called after
  /// bind_encode; fails without memory only. NULL: rows have no schema. [control]
  int32_t (*written_schema)(void *self, mill_written_schema *out, mill_error *error);
  /// Since ABI 1.2. Gives the bytes that every message which is not null begins with from now on (the host's,
  /// copied), `size` of them; fails for more than 1024, or without memory. A serde that has written_schema has
  /// it too. [control]
  int32_t (*set_lead)(void *self, const uint8_t *bytes, int64_t size, mill_error *error);
} mill_serde_vtable;

/// A serde: what it is and what it does.
typedef struct mill_serde_type {
  /// sizeof(mill_serde_type) at the plugin.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// Never NULL.
  const mill_serde_descriptor *descriptor;
  /// Never NULL.
  const mill_serde_vtable *vtable;
} mill_serde_type;

/// The serdes of a plugin: what `get_extension(MILL_SERDES)` returns. Constant; owned by the plugin.
typedef struct mill_serdes {
  /// sizeof(mill_serdes) at the plugin.
  uint32_t struct_size;
  /// How many.
  uint32_t count;
  /// `count` pointers.
  const mill_serde_type *const *types;
} mill_serdes;

#ifdef __cplusplus
}
#endif
#endif
