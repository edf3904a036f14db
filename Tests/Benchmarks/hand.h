/// Workloads written by hand: loops over the plugin's generator that know their one query and keep no
/// checkpoint. They are what the engine's figures are held against.
#ifndef BENCHMARK_HAND_H
#define BENCHMARK_HAND_H

#include "nexmark.h"

/// The most threads.
enum { HAND_THREADS_MAX = 2 };
/// Rows that the generator is asked for at once.
enum { HAND_BATCH_ROWS = 4096 };

/// What came of a run, over all threads.
typedef struct hand_result {
  /// Events of all kinds.
  int64_t events;
  /// Rows put out.
  int64_t rows;
  /// The sum that nexmark.checksum would have come to.
  uint64_t checksum;
} hand_result;

/// Counts the bids of each key, the first column of a source with `config`, and puts out key, count and event
/// time of each. Two threads cut their batches by key and hand rows over. Ends the process if the source fails.
hand_result hand_count(const char *config, uint32_t threads);

/// Runs query 0, 1 or 2 on bids of all columns from a source with `config`; threads share nothing. Ends the
/// process if the source fails.
hand_result hand_query(int query, const char *config, uint32_t threads);

/// A source's split; ends the process if there is none.
void *hand_source(const char *config, uint32_t index, uint32_t count);

/// The source's next batch into `out`, whose `release` is NULL if there was none; 0 at the source's end. Ends
/// the process if the source fails.
int hand_poll(void *source, mill_batch *out);

#endif
