/// The source's configuration.
#ifndef NEXMARK_SOURCE_CONFIG_H
#define NEXMARK_SOURCE_CONFIG_H

#include "generator.h"
#include "keys.h"

/// The most events of a stream: their numbers and times stay far from 64 bits.
#define NEXMARK_EVENTS_MAX INT64_C(1000000000000000)

/// What a source makes.
typedef struct nexmark_source_config {
  /// The kind of event whose rows are emitted.
  const nexmark_kind *kind;
  /// Events of all kinds over all splits.
  int64_t events;
  /// Events a second over all splits; 0: as fast as can be.
  int64_t rate;
  /// Which values column "key" has; only of `nexmark_keyed_bids`.
  nexmark_keys keys;
  /// How many columns are emitted.
  uint32_t column_count;
  /// Their indices among those of the kind, in the order of emission.
  uint32_t columns[NEXMARK_COLUMNS_MAX];
} nexmark_source_config;

/// JSON Schema of the configuration.
extern const char nexmark_source_config_schema[];

/// Reads a configuration. Fails, fatally, with what is wrong. [any]
int32_t nexmark_source_config_read(const char *json, nexmark_source_config *out, mill_error *error);

/// Calls `take` with each string of the array that is member `key` of `json`, without looking at escapes;
/// nothing happens if there is no such member. Fails if it is no array of strings, or when `take` fails. [any]
int32_t nexmark_config_strings(const char *json, const char *key,
                               int32_t (*take)(void *context, const char *text, size_t size, mill_error *error),
                               void *context, mill_error *error);

#endif
