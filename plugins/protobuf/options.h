/// The serde's options.
#ifndef PROTO_OPTIONS_H
#define PROTO_OPTIONS_H

#include "millrace_sdk.h"

/// JSON Schema of the options.
#define PROTO_CONFIG_SCHEMA                                                                                    \
  "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"message\":{\"type\":\"string\"},"     \
  "\"unknown_fields\":{\"type\":\"string\"}}}"

/// Bytes of a full name at most.
#define PROTO_NAME_MAX 511

/// Options, as read. Constant afterwards.
typedef struct proto_options {
  /// The full name of the message in the schema, or of the one that is made without a schema; "": not said.
  char message[PROTO_NAME_MAX + 1];
  /// The column that holds unknown fields; "": none does.
  char unknown_fields[PROTO_NAME_MAX + 1];
} proto_options;

/// Reads options. Fails, fatally, with what is wrong and the remedy. [any]
int32_t proto_options_read(const char *json, proto_options *out, mill_error *error);

/// Whether `text` of `size` bytes is an identifier. [any]
int proto_is_identifier(const char *text, size_t size);

#endif
