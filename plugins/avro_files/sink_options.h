/// The sink's options.
#ifndef FILES_SINK_OPTIONS_H
#define FILES_SINK_OPTIONS_H

#include "../avro/options.h"
#include "codec.h"
#include "options.h"

/// The sink in messages.
#define SINK_TITLE "sink \"avro_files\""

/// JSON Schema of the options.
#define SINK_CONFIG_SCHEMA                                                                                     \
  "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"path\"],\"properties\":{"               \
  "\"path\":{\"type\":\"string\"},\"schema\":{\"type\":\"string\"},"                                           \
  "\"codec\":{\"enum\":[\"null\",\"deflate\",\"snappy\",\"zstandard\"]},"                                      \
  "\"block_size\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":33554432},"                                  \
  "\"record_name\":{\"type\":\"string\"},\"namespace\":{\"type\":\"string\"}}}"

/// Options, as read. Constant afterwards.
typedef struct sink_options {
  arena arena;
  /// The directory.
  const char *path;
  /// Path of the schema that rows are written by; NULL: it is made from the columns.
  const char *schema;
  const codec *codec;
  /// Bytes of a block, before they are compressed.
  int64_t block_size;
  /// The record of a schema that is made.
  avro_options record;
} sink_options;

/// Reads options; to be freed by sink_options_free in any case. Fails, fatally, with what is wrong and the
/// remedy. [any]
int32_t sink_options_read(const char *json, sink_options *out, mill_error *error);

/// Frees them. [any]
void sink_options_free(sink_options *options);

#endif
