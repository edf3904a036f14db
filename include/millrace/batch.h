/// Rows on their way: Arrow columns, event times, row kinds.
#ifndef MILLRACE_BATCH_H
#define MILLRACE_BATCH_H

#include "arrow.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Row kinds: what a row does to the result that readers hold.
#define MILL_ROW_INSERT 0
#define MILL_ROW_UPDATE_BEFORE 1
#define MILL_ROW_UPDATE_AFTER 2
#define MILL_ROW_DELETE 3

/// Event time of a row that has none.
#define MILL_NO_TIME INT64_MIN

/// A batch of rows. Immutable once handed over. Moving it (a struct copy, the source's `release` set to NULL)
/// moves ownership of all it points to.
typedef struct mill_batch {
  /// sizeof(mill_batch) at the producer.
  uint32_t struct_size;
  /// Zero.
  uint32_t reserved;
  /// A struct array ("+s") of the port's schema, `columns.length` rows, `columns.offset` 0, no nulls of its
  /// own. Lives until this batch's `release`, which frees it too: `columns.release` is not to be called on its
  /// own.
  struct ArrowArray columns;
  /// Event times, one per row, MILL_NO_TIME where a row has none; NULL if no row has one. Owned by the batch.
  const int64_t *event_time_us;
  /// MILL_ROW_* per row; NULL means all are inserts. Owned by the batch.
  const uint8_t *row_kind;
  /// The producer's own.
  void *private_data;
  /// Frees the batch and sets itself to NULL; NULL when released or moved. [any]
  void (*release)(struct mill_batch *batch);
} mill_batch;

#ifdef __cplusplus
}
#endif
#endif
