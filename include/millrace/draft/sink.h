/// Draft plugin capability "mill.sinks/0": rows to elsewhere than Kafka, each once. It may change until it
/// leaves draft/.
///
/// Rows belong to epochs, numbered upwards from 1. All rows of an epoch are written, then it is prepared (its
/// rows will not be lost), then the host makes it count with everything else of the job, then it is committed
/// (its rows can be seen). Rows of the next epoch are written meanwhile, but never before this one is prepared.
/// Whatever goes wrong, the host makes a new instance and says by `recover` which epochs count; rows of the
/// others come again.
///
/// Life of an instance: create → bind → recover → (write* → prepare → commit)* → destroy. To check a pipeline,
/// the host makes one, binds it and destroys it. There is one instance per step.
#ifndef MILLRACE_DRAFT_SINK_H
#define MILLRACE_DRAFT_SINK_H

#include "../base.h"
#include "../batch.h"
#include "../serde.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mill_host;

/// Id of this capability for mill_plugin.get_extension.
#define MILL_SINKS "mill.sinks/0"

/// Says what a sink is. Constant for the plugin's life; owned by the plugin.
typedef struct mill_sink_descriptor {
  /// sizeof(mill_sink_descriptor) at the plugin.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// What pipelines call it, e.g. "avro_files".
  const char *id;
  /// Semantic version.
  const char *version;
  /// One sentence for people.
  const char *summary;
  /// JSON Schema (an object) of its options; NULL: it takes none.
  const char *config_schema;
} mill_sink_descriptor;

/// Which step an instance is. The host's; valid during the call that gets it, with what it points to.
typedef struct mill_sink_step {
  /// sizeof(mill_sink_step) at the host.
  uint32_t struct_size;
  /// How many workers write; another number after a restart, perhaps.
  uint32_t worker_count;
  /// Name of the job: lower-case letters, digits, '-', '_' and '.', at most 64 characters.
  const char *job;
  /// Id of the step, unique in the job: letters, digits, '-' and '_', at most 64 characters.
  const char *step;
} mill_sink_step;

/// A sink's functions. Constant; owned by the plugin. All slots must be set. Calls tagged [task] come from
/// workers' threads; while one worker writes, others may, and `commit` may run.
typedef struct mill_sink_vtable {
  /// sizeof(mill_sink_vtable) at the plugin.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// Makes the instance of `step`. Touches nothing outside of the process. `config_json` as for operators.
  /// [control]
  int32_t (*create)(const struct mill_host *host, const char *config_json, const mill_sink_step *step,
                    void **out_self, mill_error *error);
  /// Checks the schema of the rows (a struct type; the host's, valid during the call) and gets ready for it.
  /// Touches nothing outside of the process. [control]
  int32_t (*bind)(void *self, const struct ArrowSchema *rows, mill_error *error);
  /// Epochs up to `epoch` (0: none) count: if it is prepared and not committed, it is to be committed now;
  /// those before it are. What is there of later ones does not count and goes away; their rows come again.
  /// Fails fatally if rows of later ones can be seen already. Called before the first row; after an error of
  /// class MILL_CLASS_RETRY a new instance gets the call. [control]
  int32_t (*recover)(void *self, uint64_t epoch, mill_error *error);
  /// Writes all rows of `batch` (the host's, valid during the call), which are of `epoch`; those that have no
  /// form in the sink are reported and left out. A sink that can't take rows back fails fatally at kinds of
  /// rows other than MILL_ROW_INSERT. All of one worker's calls come in turn, epochs in ascending order. Of
  /// class MILL_CLASS_RETRY (a full disk): nothing of the batch is written, and it comes again. [task]
  int32_t (*write)(void *self, uint32_t worker_index, uint64_t epoch, const mill_batch *batch,
                   const mill_row_errors *errors, mill_error *error);
  /// All rows of `epoch` are written: makes them durable, so that `commit` or `recover` will show them whatever
  /// happens to process and machine. No `write` runs meanwhile. Called for every epoch, also without rows;
  /// again after an error of class MILL_CLASS_RETRY. [control]
  int32_t (*prepare)(void *self, uint64_t epoch, mill_error *error);
  /// `epoch` counts: shows its rows. Called for every epoch, and again after an error of class
  /// MILL_CLASS_RETRY. [control]
  int32_t (*commit)(void *self, uint64_t epoch, mill_error *error);
  /// Frees the instance. Rows that are not prepared may be dropped; what is prepared stays. [control]
  void (*destroy)(void *self);
} mill_sink_vtable;

/// A sink: what it is and what it does.
typedef struct mill_sink_type {
  /// sizeof(mill_sink_type) at the plugin.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// Never NULL.
  const mill_sink_descriptor *descriptor;
  /// Never NULL.
  const mill_sink_vtable *vtable;
} mill_sink_type;

/// The sinks of a plugin: what `get_extension(MILL_SINKS)` returns. Constant; owned by the plugin.
typedef struct mill_sinks {
  /// sizeof(mill_sinks) at the plugin.
  uint32_t struct_size;
  /// How many.
  uint32_t count;
  /// `count` pointers.
  const mill_sink_type *const *types;
} mill_sinks;

#ifdef __cplusplus
}
#endif
#endif
