/// Memory that counts against the engine's budget, where the engine counts (millrace/memory.h); plain memory
/// elsewhere.
#ifndef MILLRACE_SDK_MEMORY_H
#define MILLRACE_SDK_MEMORY_H

#include "millrace/memory.h"
#include "millrace/plugin.h"

#include <stddef.h>
#include <stdlib.h>

/// The host's memory, or NULL if it counts none; a NULL host has none. Lives as long as the process. [any]
static inline const mill_memory *mill_memory_of(const mill_host *host) {
  if (host == NULL || host->get_extension == NULL)
    return NULL;
  const mill_memory *memory = (const mill_memory *)host->get_extension(host, MILL_MEMORY);
  return memory != NULL && memory->struct_size >= sizeof *memory ? memory : NULL;
}

/// Memory of `size` bytes at `alignment` (a power of two from sizeof(void *) to MILL_MEMORY_ALIGNMENT_MAX), not
/// initialised, to be freed by mill_release; NULL without memory. `memory` may be NULL. [any]
static inline void *mill_allocate(const mill_memory *memory, size_t size, size_t alignment) {
  if (memory != NULL)
    return memory->allocate(size, alignment);
  return size > SIZE_MAX - alignment ? NULL
                                     : aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

/// Frees memory of mill_allocate, called with the same `memory` and `size`. NULL is ignored. [any]
static inline void mill_release(const mill_memory *memory, void *block, size_t size) {
  if (memory != NULL)
    memory->release(block, size);
  else
    free(block);
}

/// Counts something that has `size` bytes now and counted as `*counted`, which becomes `size`; 0 when it is
/// freed. `memory` may be NULL. One thread at a time for one `counted`. [any]
static inline void mill_recount(const mill_memory *memory, size_t *counted, size_t size) {
  if (memory != NULL && size > *counted)
    memory->charge(size - *counted);
  else if (memory != NULL && size < *counted)
    memory->discharge(*counted - size);
  *counted = size;
}

#endif
