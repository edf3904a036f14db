/// Batches whose memory is used again.
///
/// One thread acquires; batches are released on any thread, also after the pool's owner has let it go: the last
/// of them frees it. A pool holds as many batches as were out at once; nothing else bounds it.
#ifndef NEXMARK_BATCH_POOL_H
#define NEXMARK_BATCH_POOL_H

#include "generator.h"

#include <stdatomic.h>

typedef struct nexmark_batch_pool nexmark_batch_pool;

/// A batch that is being filled. Owned by whoever acquired it, until it is finished or given back.
typedef struct nexmark_batch {
  struct nexmark_batch *next;
  nexmark_batch_pool *pool;
  /// Rows that there is room for.
  int64_t capacity;
  /// Bytes of the block of memory that all this is in.
  size_t size;
  /// Event time of each row, in microseconds.
  int64_t *event_time_us;
  /// Start of the values of each column, int64_t or mill_view.
  void *values[NEXMARK_COLUMNS_MAX];
  const void *buffers[NEXMARK_COLUMNS_MAX][4];
  const void *no_validity[1];
  struct ArrowArray columns[NEXMARK_COLUMNS_MAX];
  struct ArrowArray *children[NEXMARK_COLUMNS_MAX];
} nexmark_batch;

/// Makes a pool for batches of `fields` (format "vu" or of 64 bits; at most NEXMARK_COLUMNS_MAX), whose texts
/// point into `nexmark_pools_get()->bytes`. `host` (may be NULL) counts their memory. NULL without memory.
/// [any]
nexmark_batch_pool *nexmark_batch_pool_make(const struct mill_host *host, const mill_field *fields,
                                            uint32_t count);

/// Ends the owner's use; NULL is ignored. Batches that are out stay valid. [any]
void nexmark_batch_pool_drop(nexmark_batch_pool *pool);

/// A batch with room for `rows`; NULL without memory. On the owner's thread. [task]
nexmark_batch *nexmark_batch_acquire(nexmark_batch_pool *pool, int64_t rows);

/// Gives a batch back that was not finished. [any]
void nexmark_batch_give_back(nexmark_batch *batch);

/// Makes the first `rows` rows a batch for the host, which releases it. Without event times if `has_times` is
/// 0. [any]
void nexmark_batch_finish(nexmark_batch *batch, int64_t rows, int has_times, mill_batch *out);

#endif
