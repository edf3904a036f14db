/// A fuzzer of schemas themselves: the input is their text.
#ifndef FUZZ_SCHEMA_H
#define FUZZ_SCHEMA_H

#include "round.h"

/// What a fuzzer of schemas has of its own.
typedef struct schema_target {
  /// MILL_SCHEMA_* of the texts.
  uint32_t format;
  /// How many `columns` there are.
  int columns_count;
  /// Columns that are read into, as columns_make takes them.
  const char *const *columns;
  /// Names that the first schema may have for those behind it.
  const char *const *names;
  /// Messages that are decoded by each schema, with SEPARATOR between.
  const char *messages;
  /// Bytes of `messages`.
  int64_t messages_size;
} schema_target;
extern const schema_target target;

#endif
