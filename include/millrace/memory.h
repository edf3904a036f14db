/// Host capability "mill.memory/1": memory that counts against the process's budget, `state.memory` of the
/// pipeline file. A plugin that keeps much memory, or makes batches, should count it, so that the engine can
/// tell what uses the memory and slow down in time. Hosts may lack it: then use malloc.
#ifndef MILLRACE_MEMORY_H
#define MILLRACE_MEMORY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Id of this capability for mill_host.get_extension.
#define MILL_MEMORY "mill.memory/1"

/// Greatest alignment that `allocate` gives.
#define MILL_MEMORY_ALIGNMENT_MAX 4096

/// Counts and allocates. What is counted and never given back counts until the process ends.
typedef struct mill_memory {
  /// sizeof(mill_memory) at the host.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// Memory of `size` bytes, not initialised, counted; at least one byte is there also for size 0. `alignment`
  /// is a power of two up to MILL_MEMORY_ALIGNMENT_MAX, or 0 for what malloc gives. Owned by the caller, until
  /// `release`. NULL if the machine has no more, the alignment is none of these, or plugins would have more
  /// than twice the process's limit: a plugin can't wait, and a batch that is begun must be finished, so there
  /// is that much slack; fail then with an error that says what the memory was for. [any]
  void *(*allocate)(uint64_t size, uint64_t alignment);
  /// Frees memory of `allocate`, and counts it no more. `size` is what was asked for. NULL is ignored. [any]
  void (*release)(void *memory, uint64_t size);
  /// Counts `bytes` that the plugin has from elsewhere: its own allocator, a library. Always succeeds. [any]
  void (*charge)(uint64_t bytes);
  /// Counts `bytes` no more that were charged. [any]
  void (*discharge)(uint64_t bytes);
} mill_memory;

#ifdef __cplusplus
}
#endif
#endif
