/// Plugin capability "mill.operators/1": functions over rows.
///
/// Life of an instance: create → bind → open → restore* → (process | on_watermark | on_timers | flush_barrier,
/// snapshot)* → close → destroy. The host runs one instance per worker.
#ifndef MILLRACE_OPERATOR_H
#define MILLRACE_OPERATOR_H

#include "base.h"
#include "batch.h"
#include "keyed_state.h"
#include "snapshot.h"
#include "timers.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mill_host;

/// Id of this capability for mill_plugin.get_extension.
#define MILL_OPERATORS "mill.operators/1"

/// This input must be keyed (`key_by` in the pipeline): `slots` is given with every batch.
#define MILL_PORT_KEYED 1u

/// An input or output of an operator. Constant; owned by the plugin.
typedef struct mill_port {
  /// sizeof(mill_port) at the plugin.
  uint32_t struct_size;
  /// Bit set of MILL_PORT_*.
  uint32_t flags;
  /// Unique among the operator's inputs or outputs.
  const char *name;
} mill_port;

/// Says what an operator is. Constant for the plugin's life; owned by the plugin.
typedef struct mill_operator_descriptor {
  /// sizeof(mill_operator_descriptor) at the plugin.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// What pipelines call it: lower-case dotted words, e.g. "examples.knock_on_delay"; at most 128 bytes.
  const char *id;
  /// Semantic version, e.g. "1.2.0"; the greatest wins.
  const char *version;
  /// One sentence for people.
  const char *summary;
  /// JSON Schema (an object) of `config`; NULL: the operator takes none.
  const char *config_schema;
  /// `input_count` ports, at least one.
  const mill_port *inputs;
  /// How many inputs.
  uint32_t input_count;
  /// How many outputs.
  uint32_t output_count;
  /// `output_count` ports.
  const mill_port *outputs;
  /// `state_count` pointers to the states that it keeps; may be NULL if there are none.
  const mill_state_descriptor *const *states;
  /// How many states.
  uint32_t state_count;
  /// Zero.
  uint32_t reserved2;
} mill_operator_descriptor;

/// Rows for one `process` call.
typedef struct mill_input {
  /// sizeof(mill_input) at the host.
  uint32_t struct_size;
  /// Index of the input port.
  uint32_t port;
  /// The rows. The host's; immutable; valid until `process` returns. To keep rows, copy them.
  const mill_batch *batch;
  /// The key's slot of each row; NULL on an input that is not keyed. Valid until `process` returns.
  const uint32_t *slots;
  /// The operator's watermark now: rows with an event time before it are late.
  int64_t watermark_us;
} mill_input;

/// What an instance may ask of its host. The host's; valid from `open` to `close`; for [task] calls only.
typedef struct mill_task {
  /// sizeof(mill_task) at the host.
  uint32_t struct_size;
  /// Index of the worker that runs this instance, from 0.
  uint32_t worker_index;
  /// How many workers, so how many instances of this step there are.
  uint32_t worker_count;
  /// Zero.
  uint32_t reserved;
  /// The host's own.
  void *context;
  /// Capabilities bound to this instance (MILL_KEYED_STATE, MILL_TIMERS); NULL if unknown. [task]
  const void *(*get_extension)(struct mill_task *task, const char *id);
  /// Hands rows to output port `output`. The batch is moved: afterwards its `release` is NULL, on failure too.
  /// [task]
  int32_t (*emit)(struct mill_task *task, uint32_t output, mill_batch *batch, mill_error *error);
  /// Sends row `row` of the batch in `process` to the dead letters with a cause, instead of failing. [task]
  void (*reject_row)(struct mill_task *task, int64_t row, int32_t code, const char *message);
  /// The clock of this job, for processing time: use it rather than the system's, so that replays can set it.
  /// [task]
  int64_t (*now_us)(struct mill_task *task);
} mill_task;

/// An operator's functions. Constant for the plugin's life; owned by the plugin. Every slot must be set except
/// where its comment says "may be NULL".
typedef struct mill_operator_vtable {
  /// sizeof(mill_operator_vtable) at the plugin.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// Makes an instance. `config_json` (UTF-8, the host's, valid during the call) has passed `config_schema`;
  /// "{}" if the pipeline has none. [control]
  int32_t (*create)(const struct mill_host *host, const char *config_json, void **out_self, mill_error *error);
  /// Checks the inputs' schemas (struct types; the host's, valid during the call) and gives the outputs': fills
  /// `outputs[0..output_count)`, which the host releases. Called again if a new version takes over. [control]
  int32_t (*bind)(void *self, const struct ArrowSchema *const *inputs, uint32_t input_count,
                  struct ArrowSchema *outputs, uint32_t output_count, mill_error *error);
  /// Gets ready to run: look states and capabilities up here. [task]
  int32_t (*open)(void *self, mill_task *task, mill_error *error);
  /// Handles a batch. [task]
  int32_t (*process)(void *self, mill_task *task, const mill_input *input, mill_error *error);
  /// Time has moved on to `watermark_us`; called after the timers up to it. May be NULL. [task]
  int32_t (*on_watermark)(void *self, mill_task *task, int64_t watermark_us, mill_error *error);
  /// Timers fired, in order of time; those of one time in any order, and maybe over several calls. The array is
  /// the host's, valid during the call. May be NULL if the operator sets none. [task]
  int32_t (*on_timers)(void *self, mill_task *task, const mill_timer *timers, uint64_t timer_count,
                       mill_error *error);
  /// Epoch `epoch` ends here: emit what is held back, so that state holds all that is left. May be NULL. [task]
  int32_t (*flush_barrier)(void *self, mill_task *task, uint64_t epoch, mill_error *error);
  /// Writes private bytes for the checkpoint. May be NULL. [task]
  int32_t (*snapshot)(void *self, mill_task *task, const mill_snapshot_writer *writer, mill_error *error);
  /// Gets private bytes back, after `open`. May be NULL if `snapshot` is. [task]
  int32_t (*restore)(void *self, mill_task *task, const mill_snapshot_reader *reader, mill_error *error);
  /// The end of running; `task` is invalid afterwards. [task]
  void (*close)(void *self, mill_task *task);
  /// Frees the instance. Called once, whether or not it was opened. [control]
  void (*destroy)(void *self);
} mill_operator_vtable;

/// An operator: what it is and what it does.
typedef struct mill_operator_type {
  /// sizeof(mill_operator_type) at the plugin.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// Never NULL.
  const mill_operator_descriptor *descriptor;
  /// Never NULL.
  const mill_operator_vtable *vtable;
} mill_operator_type;

/// The operators of a plugin: what `get_extension(MILL_OPERATORS)` returns. Constant; owned by the plugin.
typedef struct mill_operators {
  /// sizeof(mill_operators) at the plugin.
  uint32_t struct_size;
  /// How many.
  uint32_t count;
  /// `count` pointers.
  const mill_operator_type *const *types;
} mill_operators;

#ifdef __cplusplus
}
#endif
#endif
