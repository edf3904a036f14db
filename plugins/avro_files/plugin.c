/// What the plugin offers: the source and the sink "avro_files".
#include "sink.h"
#include "source.h"

MILL_PLUGIN_NOTE("c");

static const mill_source_type *const source_types[] = {&files_source};
static const mill_sources sources = {sizeof(mill_sources), 1, source_types};
static const mill_sink_type *const sink_types[] = {&files_sink};
static const mill_sinks sinks = {sizeof(mill_sinks), 1, sink_types};

static const void *get_extension(const char *id) {
  return strcmp(id, MILL_SOURCES) == 0 ? (const void *)&sources : strcmp(id, MILL_SINKS) == 0 ? &sinks : NULL;
}

static const mill_plugin plugin = {.struct_size = sizeof(mill_plugin),
                                   .abi_minor = MILL_ABI_MINOR,
                                   .name = "avro_files",
                                   .version = FILES_VERSION,
                                   .get_extension = get_extension};

const mill_plugin *mill_plugin_v1(void) { return &plugin; }
