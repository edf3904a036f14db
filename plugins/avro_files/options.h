/// The source's options.
#ifndef FILES_OPTIONS_H
#define FILES_OPTIONS_H

#include "../common/json_tree.h"
#include "millrace_sdk.h"

/// The source in messages.
#define FILES_TITLE "source \"avro_files\""

/// JSON Schema of the options.
#define FILES_CONFIG_SCHEMA                                                                                    \
  "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"path\"],\"properties\":{"               \
  "\"path\":{\"type\":\"string\"},\"schema\":{\"type\":\"string\"},"                                           \
  "\"columns\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}"

/// Options, as read. Constant afterwards.
typedef struct files_options {
  arena arena;
  const char *path;
  /// Path of the schema that files are resolved into; NULL: there is none.
  const char *schema;
  /// Names of the columns wanted, an array of strings; NULL: all.
  const json_tree *columns;
} files_options;

/// Reads options; to be freed by files_options_free in any case. Fails, fatally, with what is wrong and the
/// remedy. [any]
int32_t files_options_read(const char *json, files_options *out, mill_error *error);

/// Reads the member `key` of a config, a text that is not empty; leaves `out` alone if there is none. Fails if
/// it is no such text. [any]
int32_t files_option_text(const json_tree *options, const char *key, const char **out, mill_error *error);

/// Frees them. [any]
void files_options_free(files_options *options);

#endif
