/// The operator's functions and states, for plugin.c to name in its descriptor.
#ifndef KNOCK_ON_DELAY_H
#define KNOCK_ON_DELAY_H

#include "millrace_sdk.h"

#ifndef VERSION_MAJOR
#define VERSION_MAJOR 1
#endif

// A build may give another version to alerts of the same kind: make version.
#ifndef KNOCK_ON_VERSION
#if VERSION_MAJOR == 2
#define KNOCK_ON_VERSION "2.0.0"
#else
#define KNOCK_ON_VERSION "1.0.0"
#endif
#endif

/// Longest origin that state has room for, in bytes.
#define KNOCK_ON_ORIGIN_MAX 15

/// State "aircraft": the last flown flight of an aircraft and the chain it belongs to. Laid out as
/// `knock_on_aircraft_schema` says; the same in every version of the operator.
typedef struct knock_on_aircraft {
  /// Scheduled departure of the last flown flight.
  int64_t scheduled_us;
  /// How late it arrived, in minutes.
  int32_t arrival_delay;
  /// Knock-on departures in the chain so far; 0: the last flight is at most the head of one.
  int32_t chain_length;
  /// Bytes of `first_origin`.
  uint8_t first_origin_size;
  /// Where the chain's first flight took off, which is the late one that started it.
  char first_origin[KNOCK_ON_ORIGIN_MAX];
} knock_on_aircraft;

/// The functions of the operator.
extern const mill_operator_vtable knock_on_delay_vtable;

#endif
