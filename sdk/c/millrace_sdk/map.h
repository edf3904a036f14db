/// Going through a map of keyed state.
#ifndef MILLRACE_SDK_MAP_H
#define MILLRACE_SDK_MAP_H

#include "millrace/keyed_state.h"
#include "millrace_sdk/error.h"

#include <stddef.h>

/// Entries that a cursor asks the host for at once.
#define MILL_MAP_CURSOR_ENTRIES 32

/// Goes through some entries of a map, in the order of their keys. The caller's, to be set up by
/// mill_map_cursor_open; nothing is to be freed. It ends with the callback, and with the next call that changes
/// the state.
typedef struct mill_map_cursor {
  const mill_keyed_state *keyed_state;
  mill_state *state;
  uint32_t slot;
  const uint8_t *to;
  uint64_t to_size;
  uint64_t count; // of `entries`
  uint64_t next;  // among them
  mill_map_entry entries[MILL_MAP_CURSOR_ENTRIES];
} mill_map_cursor;

/// Starts at the first entry whose key is not less than `from` (NULL: the first of all) and ends before the
/// first whose key is not less than `to` (NULL: after the last), which must stay as it is while the cursor is
/// used. Fails if the host is older than ABI 1.1. [task]
static inline int32_t mill_map_cursor_open(mill_map_cursor *cursor, const mill_keyed_state *keyed_state,
                                           mill_state *state, uint32_t slot, const uint8_t *from,
                                           uint64_t from_size, const uint8_t *to, uint64_t to_size,
                                           mill_error *error) {
  cursor->keyed_state = keyed_state;
  cursor->state = state;
  cursor->slot = slot;
  cursor->to = to;
  cursor->to_size = to_size;
  cursor->next = cursor->count = 0;
  if (keyed_state->struct_size < offsetof(mill_keyed_state, map_range) + sizeof keyed_state->map_range)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "map_range needs an engine of ABI 1.1 or newer: update it");
  cursor->entries[0].struct_size = sizeof(mill_map_entry);
  cursor->count = keyed_state->map_range(state, slot, from, from_size, to, to_size, cursor->entries,
                                         MILL_MAP_CURSOR_ENTRIES);
  return MILL_OK;
}

/// The next entry, valid until the next call with the cursor; NULL at the end. [task]
static inline const mill_map_entry *mill_map_cursor_next(mill_map_cursor *cursor) {
  if (cursor->next == MILL_MAP_CURSOR_ENTRIES - 1 && cursor->count == MILL_MAP_CURSOR_ENTRIES) {
    const mill_map_entry last =
        cursor->entries[cursor->next]; // not given out yet: the next piece starts with it
    cursor->next = 0;
    cursor->count =
        cursor->keyed_state->map_range(cursor->state, cursor->slot, last.key, last.key_size, cursor->to,
                                       cursor->to_size, cursor->entries, MILL_MAP_CURSOR_ENTRIES);
  }
  return cursor->next < cursor->count ? &cursor->entries[cursor->next++] : NULL;
}

#endif
