/// The serde's options.
#ifndef JSON_OPTIONS_H
#define JSON_OPTIONS_H

#include "millrace_sdk.h"

/// JSON Schema of the options.
#define JSON_CONFIG_SCHEMA                                                                                     \
  "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"record_name\":{\"type\":\"string\"}}" \
  "}"

/// Bytes of a name at most.
#define JSON_NAME_MAX 255

/// Options, as read. Constant afterwards.
typedef struct json_options {
  /// The title of the schema that is made where none is given, NUL-terminated; "": it has none.
  char record_name[JSON_NAME_MAX + 1];
} json_options;

/// Reads options. Fails, fatally, with what is wrong and the remedy. [any]
int32_t json_options_read(const char *json, json_options *out, mill_error *error);

#endif
