/// Draft plugin capability "mill.sources/0": rows from elsewhere than Kafka. It may change until it leaves
/// draft/.
///
/// A source is cut into splits, numbered from 0. The host deals them out to workers, makes one instance per
/// split, and keeps each split's position with the checkpoint.
#ifndef MILLRACE_DRAFT_SOURCE_H
#define MILLRACE_DRAFT_SOURCE_H

#include "../base.h"
#include "../batch.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mill_host;

/// Id of this capability for mill_plugin.get_extension.
#define MILL_SOURCES "mill.sources/0"

/// Says what a source is. Constant for the plugin's life; owned by the plugin.
typedef struct mill_source_descriptor {
  /// sizeof(mill_source_descriptor) at the plugin.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// What pipelines call it, e.g. "nexmark".
  const char *id;
  /// Semantic version.
  const char *version;
  /// One sentence for people.
  const char *summary;
  /// JSON Schema (an object) of its options; NULL: it takes none.
  const char *config_schema;
} mill_source_descriptor;

/// A source's functions. Constant; owned by the plugin. All slots must be set.
typedef struct mill_source_vtable {
  /// sizeof(mill_source_vtable) at the plugin.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// Makes the instance of split `split_index` of `split_count`. [control]
  int32_t (*create)(const struct mill_host *host, const char *config_json, uint32_t split_index,
                    uint32_t split_count, void **out_self, mill_error *error);
  /// Gives the schema of the rows: fills `out`, which the host releases. [control]
  int32_t (*schema)(void *self, struct ArrowSchema *out, mill_error *error);
  /// Goes to `position`: a value that `position` gave, or 0 for the start. [task]
  int32_t (*seek)(void *self, int64_t position, mill_error *error);
  /// Makes a batch of at most `max_rows`. `*ended` becomes 1 when no more will come. No rows yet:
  /// `out->release` stays NULL. Must not block longer than a millisecond. [task]
  int32_t (*poll)(void *self, int64_t max_rows, mill_batch *out, int32_t *ended, mill_error *error);
  /// Where the next row will come from. [task]
  int64_t (*position)(void *self);
  /// Frees the instance. [control]
  void (*destroy)(void *self);
} mill_source_vtable;

/// A source: what it is and what it does.
typedef struct mill_source_type {
  /// sizeof(mill_source_type) at the plugin.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// Never NULL.
  const mill_source_descriptor *descriptor;
  /// Never NULL.
  const mill_source_vtable *vtable;
} mill_source_type;

/// The sources of a plugin: what `get_extension(MILL_SOURCES)` returns. Constant; owned by the plugin.
typedef struct mill_sources {
  /// sizeof(mill_sources) at the plugin.
  uint32_t struct_size;
  /// How many.
  uint32_t count;
  /// `count` pointers.
  const mill_source_type *const *types;
} mill_sources;

#ifdef __cplusplus
}
#endif
#endif
