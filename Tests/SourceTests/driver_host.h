/// What the fake hosts of sources and of sinks have in common: a plugin, and memory that is counted.
#ifndef DRIVER_HOST_H
#define DRIVER_HOST_H

#include "driver.h"

/// A host that counts memory.
extern const mill_host driver_host;

/// Bytes that count now.
int64_t driver_charged(void);

/// Loads a plugin; ends the test if it can't be.
const mill_plugin *driver_load(const char *path);

/// The only source, or sink, of a plugin; ends the test if it is not the only one.
const mill_source_type *driver_source(const mill_plugin *plugin);
const mill_sink_type *driver_sink(const mill_plugin *plugin);

#endif
