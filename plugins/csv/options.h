/// The serde's options.
#ifndef CSV_OPTIONS_H
#define CSV_OPTIONS_H

#include "millrace_sdk.h"

/// JSON Schema of the options. That two of them go together is seen when they are read.
#define CSV_CONFIG_SCHEMA                                                                                      \
  "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"                                       \
  "\"delimiter\":{\"type\":\"string\",\"default\":\",\"},"                                                     \
  "\"quote\":{\"type\":\"string\",\"default\":\"\\\"\"},"                                                      \
  "\"null\":{\"type\":\"string\",\"default\":\"\"},"                                                           \
  "\"extra\":{\"type\":\"string\",\"enum\":[\"error\",\"skip\"],\"default\":\"error\"}}}"

/// Bytes of a null's text at most.
#define CSV_NULL_MAX 63

/// What a byte means to text that is written: it needs quotes, it is the quote itself, it has no form in CSV,
/// it is past ASCII.
#define CSV_MARK_SPECIAL 1
#define CSV_MARK_QUOTE 2
#define CSV_MARK_NUL 4
#define CSV_MARK_OTHER 8

/// Options, as read. Constant afterwards.
typedef struct csv_options {
  uint8_t delimiter;
  uint8_t quote;
  /// Not 0: fields that have no column are passed over.
  int skips_extra;
  /// The unquoted text that stands for null, NUL-terminated; its bytes.
  char null[CSV_NULL_MAX + 1];
  int64_t null_size;
  /// Not 0: the delimiter or the quote is a byte that numbers, times and the like are written with.
  int splits_values;
  /// CSV_MARK_* of each byte.
  uint8_t marks[256];
} csv_options;

/// Reads options. Fails, fatally, with what is wrong and the remedy. [any]
int32_t csv_options_read(const char *json, csv_options *out, mill_error *error);

/// Whether an unquoted text stands for null. [any]
static inline int csv_is_null_text(const csv_options *options, const uint8_t *bytes, int64_t size) {
  return size == options->null_size && memcmp(bytes, options->null, (size_t)size) == 0;
}

#endif
