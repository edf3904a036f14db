/// A host for one operator with one fixed-width state: slots, timers, rejects; strict where the ABI is.
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include "millrace.h"

#include <stddef.h>

/// Most keys that it keeps.
#define FAKE_KEYS 8192
/// Longest key, NUL included.
#define FAKE_KEY_SIZE 40

/// A key with its state and timer.
typedef struct fake_key {
  char text[FAKE_KEY_SIZE];
  void
      *record; // NULL if there is none; made anew at every change, so that kept pointers show under a sanitiser
  int64_t timer_us;
  int has_timer;
} fake_key;

/// The host. `task.context` points to it.
typedef struct fake_host {
  mill_task task;
  fake_key keys[FAKE_KEYS];
  size_t key_count;
  size_t record_size;
  const char *state_name;
  uint32_t rotation; // slots mean other keys after every callback
  int64_t rejected;
  uint64_t reject_sum; // of rows, codes and messages
  void (*emitted)(const mill_batch *batch);
} fake_host;

/// What create gets.
extern const mill_host fake_process;

/// Sets a host up for an operator with one VALUE state. 0 if it declares anything else.
int fake_host_init(fake_host *host, const mill_operator_descriptor *descriptor);
/// The slot of a key until fake_host_end_callback.
uint32_t fake_host_slot(fake_host *host, const char *key);
/// Slots of the last callback become invalid.
void fake_host_end_callback(fake_host *host);
/// Takes the timers up to `watermark_us`, in order of time; at most `limit`. Returns how many.
size_t fake_host_fire(fake_host *host, int64_t watermark_us, mill_timer *out, size_t limit);
/// Frees the records.
void fake_host_free(fake_host *host);

#endif
