/// Task capability "mill.keyed_state/1": state per key, owned by the host.
///
/// Before `process`, the host resolves each row's key to a slot. A slot is a small number that stands for the
/// key until the callback returns (in `process`, `on_timers` and `on_watermark` alike); never keep one longer.
/// Pointers into state are valid until the next call that changes the same state, for whatever key, and no
/// longer than the callback; apart from records they are aligned for bytes only. They may be passed to that
/// call. The host checkpoints, expires, moves and shows this state by the declared schemas, without the plugin.
#ifndef MILLRACE_KEYED_STATE_H
#define MILLRACE_KEYED_STATE_H

#include "arrow.h"
#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mill_task;

/// Id of this capability for mill_task.get_extension.
#define MILL_KEYED_STATE "mill.keyed_state/1"

/// One fixed-width record per key, read and written in place.
#define MILL_STATE_VALUE 1
/// One run of bytes of any length per key.
#define MILL_STATE_BYTES 2
/// A list of byte runs per key, in the order appended.
#define MILL_STATE_LIST 3
/// A map from bytes to bytes per key, iterated in the keys' byte order.
#define MILL_STATE_MAP 4

/// TTL restarts at every write.
#define MILL_TTL_ON_WRITE 0
/// TTL restarts at every read and write.
#define MILL_TTL_ON_ACCESS 1

/// Declares one state of an operator. Constant for the plugin's life; owned by the plugin.
typedef struct mill_state_descriptor {
  /// sizeof(mill_state_descriptor) at the plugin.
  uint32_t struct_size;
  /// MILL_STATE_*.
  uint32_t kind;
  /// Unique within the operator; ASCII letters, digits and '_'; at most 64 bytes.
  const char *name;
  /// Type of the value, list item or map value. For MILL_STATE_VALUE a struct ("+s") of fixed-width fields,
  /// laid out as a C struct of the same fields would be: int8–64, uint8–64, float, double by their natural
  /// alignment; bool one byte; date32 and time32 as int32; timestamp, date64 and time64 as int64; "w:N" as N
  /// bytes, alignment 1.
  const struct ArrowSchema *schema;
  /// Type of the map's keys; NULL for other kinds.
  const struct ArrowSchema *map_key_schema;
  /// Raised by the author whenever the schema or its meaning changes; from 1.
  uint32_t schema_version;
  /// MILL_TTL_ON_*.
  uint32_t ttl_mode;
  /// Milliseconds of processing time after which state vanishes; 0: never.
  uint64_t ttl_ms;
} mill_state_descriptor;

/// A state of this instance; the host's, from `open` to `close`.
typedef struct mill_state mill_state;

/// One entry of a map; pointers into the state.
typedef struct mill_map_entry {
  /// sizeof(mill_map_entry) at the caller.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// The entry's key; the host's.
  const uint8_t *key;
  /// Bytes of the key.
  uint64_t key_size;
  /// The entry's value; the host's.
  const uint8_t *value;
  /// Bytes of the value.
  uint64_t value_size;
} mill_map_entry;

/// Reads and writes keyed state. Functions that take a state of another kind return NULL, 0 or MILL_FAILED.
typedef struct mill_keyed_state {
  /// sizeof(mill_keyed_state) at the host.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// Looks a declared state up by name, once, in `open`. Fails if it was not declared. [task]
  int32_t (*state)(struct mill_task *task, const char *name, mill_state **out, mill_error *error);
  /// The canonical bytes of a slot's key (docs/formats.md), `*size` of them; the host's. [task]
  const uint8_t *(*key)(struct mill_task *task, uint32_t slot, uint64_t *size);

  /// VALUE: the record to read, or NULL if the key has none. [task]
  const void *(*value)(mill_state *state, uint32_t slot);
  /// VALUE: the record to write in place, made of zeros if the key had none; never NULL. It counts as changed.
  /// [task]
  void *(*value_for_update)(mill_state *state, uint32_t slot);

  /// BYTES: the run, `*size` bytes of it, or NULL if the key has none. [task]
  const uint8_t *(*bytes)(mill_state *state, uint32_t slot, uint64_t *size);
  /// BYTES: replaces the run; copied before this returns; at most 1 GiB, more fails. [task]
  int32_t (*set_bytes)(mill_state *state, uint32_t slot, const uint8_t *bytes, uint64_t size);

  /// LIST: how many items; 0 if the key has none. [task]
  uint64_t (*list_count)(mill_state *state, uint32_t slot);
  /// LIST: item `index` (0 the oldest), `*size` bytes of it; NULL past the end. [task]
  const uint8_t *(*list_item)(mill_state *state, uint32_t slot, uint64_t index, uint64_t *size);
  /// LIST: appends an item; copied before this returns; at most 1 GiB, and 4 GiB for the list of a key, more
  /// fails. [task]
  int32_t (*list_append)(mill_state *state, uint32_t slot, const uint8_t *bytes, uint64_t size);

  /// MAP: the value of a key, `*size` bytes of it, or NULL if it is not there. [task]
  const uint8_t *(*map_value)(mill_state *state, uint32_t slot, const uint8_t *key, uint64_t key_size,
                              uint64_t *size);
  /// MAP: puts or replaces an entry; copied before this returns; key and value at most 1 GiB each, more fails.
  /// [task]
  int32_t (*map_put)(mill_state *state, uint32_t slot, const uint8_t *key, uint64_t key_size,
                     const uint8_t *value, uint64_t size);
  /// MAP: removes an entry; one that is not there is ignored. [task]
  int32_t (*map_remove)(mill_state *state, uint32_t slot, const uint8_t *key, uint64_t key_size);
  /// MAP: the entry with the least key greater than `after` (NULL: the first); 1 if there is one, 0 at the end.
  /// [task]
  int32_t (*map_next)(mill_state *state, uint32_t slot, const uint8_t *after, uint64_t after_size,
                      mill_map_entry *out);

  /// Any kind: removes what this state holds for the key. [task]
  void (*clear)(mill_state *state, uint32_t slot);

  /// VALUE: as value_for_update for each of `slots[0..count)`, which may repeat: fills `out[0..count)`, the
  /// caller's. Cheaper for a batch than as many calls. All records stay valid until the next call that changes
  /// this state, and no longer than the callback. MILL_FAILED if a slot is not one of this host's; then nothing
  /// is filled. [task]
  int32_t (*values_for_update)(mill_state *state, const uint32_t *slots, uint64_t count, void **out);

  // Since ABI 1.1.

  /// MAP: fills `entries[0..capacity)`, the caller's, with the first entries, in order, whose keys are not less
  /// than `from` (NULL: from the first on) and less than `to` (NULL: to the last). Gives how many these are;
  /// fewer than `capacity` means that there are no more. To go on after a full array, call again from its last
  /// entry's key, which then comes first once more (so `capacity` must be 2 or more). The caller sets the
  /// struct_size of `entries[0]`, the host that of the others. Cheaper than as many calls of map_next. Gives 0
  /// for nonsense: another kind, no entries, a struct_size that is too small. [task]
  uint64_t (*map_range)(mill_state *state, uint32_t slot, const uint8_t *from, uint64_t from_size,
                        const uint8_t *to, uint64_t to_size, mill_map_entry *entries, uint64_t capacity);
} mill_keyed_state;

#ifdef __cplusplus
}
#endif
#endif
