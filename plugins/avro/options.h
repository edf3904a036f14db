/// The serde's options.
#ifndef AVRO_OPTIONS_H
#define AVRO_OPTIONS_H

#include "millrace_sdk.h"

/// JSON Schema of the options.
#define AVRO_CONFIG_SCHEMA                                                                                     \
  "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"                                       \
  "\"record_name\":{\"type\":\"string\"},\"namespace\":{\"type\":\"string\"}}}"

/// Bytes of a name at most.
#define AVRO_NAME_MAX 255

/// Options, as read. Constant afterwards.
typedef struct avro_options {
  /// The full name of the record that is written where no schema is given, NUL-terminated.
  char record_name[2 * AVRO_NAME_MAX + 2];
} avro_options;

/// Reads options for `part` (MILL_PART_*). Fails, fatally, with what is wrong and the remedy. [any]
int32_t avro_options_read(const char *json, uint32_t part, avro_options *out, mill_error *error);

#endif
