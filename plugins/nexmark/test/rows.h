/// Rows as text, and their fingerprints.
#ifndef NEXMARK_TEST_ROWS_H
#define NEXMARK_TEST_ROWS_H

#include "../nexmark.h"

/// Text that grows.
typedef struct text {
  char *bytes;
  size_t size, capacity;
} text;

/// Appends the rows of a batch, a line each: event time in microseconds, then the columns, tabs between.
void text_add_rows(text *out, const struct ArrowSchema *schema, const mill_batch *batch);

/// Runs split `index` of `count` of a source from `position` to its end, at most `max_rows` a poll; its rows as
/// text, which the caller frees. Ends the process if the source fails.
text source_text(const char *config, uint32_t index, uint32_t count, int64_t position, int64_t max_rows);

/// FNV-1a, 64 bits.
uint64_t fingerprint(const char *bytes, size_t size);

#endif
