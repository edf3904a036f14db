/// A fuzzer of decoding with schemas from a list.
#ifndef FUZZ_DECODE_H
#define FUZZ_DECODE_H

#include "round.h"

/// Schemas that a case may have messages of.
enum { WRITTEN_MAX = 4 };

/// Columns, and what their messages may have been written with.
typedef struct decode_case {
  /// As columns_make takes them.
  const char *columns;
  /// Texts of the schemas that messages may have; NULL behind the last.
  const char *written[WRITTEN_MAX];
  /// Text of the topic's own schema, which rows are written with; NULL: it has none, and the first of `written`
  /// is it for those that say no schema, if there is one.
  const char *read;
  /// The serde's options; NULL: none.
  const char *config;
} decode_case;

/// The cases of a fuzzer, which each defines.
typedef struct decode_cases {
  /// MILL_SCHEMA_* of all texts.
  uint32_t format;
  int count;
  const decode_case *all;
} decode_cases;
extern const decode_cases cases;

#endif
