#include "driver_host.h"

#include <dlfcn.h>

static _Atomic int64_t charged;

static void charge(uint64_t bytes) { charged += (int64_t)bytes; }
static void discharge(uint64_t bytes) { charged -= (int64_t)bytes; }

int64_t driver_charged(void) { return charged; }

static const void *get_extension(const mill_host *host, const char *id) {
  static const mill_memory memory = {.struct_size = sizeof memory, .charge = charge, .discharge = discharge};
  (void)host;
  return strcmp(id, MILL_MEMORY) == 0 ? &memory : NULL;
}

const mill_host driver_host = {.struct_size = sizeof driver_host,
                               .abi_minor = MILL_ABI_MINOR,
                               .version = "1.0.0",
                               .get_extension = get_extension};

const mill_plugin *driver_load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    die("dlopen", dlerror());
  const mill_plugin *(*entry)(void) = NULL;
  *(void **)&entry = dlsym(library, MILL_ENTRY_SYMBOL);
  if (entry == NULL)
    die("no plugin", path);
  return entry();
}

const mill_source_type *driver_source(const mill_plugin *plugin) {
  const mill_sources *sources = plugin->get_extension(MILL_SOURCES);
  if (sources == NULL || sources->count != 1)
    die("not one source", plugin->name);
  return sources->types[0];
}

const mill_sink_type *driver_sink(const mill_plugin *plugin) {
  const mill_sinks *sinks = plugin->get_extension(MILL_SINKS);
  if (sinks == NULL || sinks->count != 1)
    die("not one sink", plugin->name);
  return sinks->types[0];
}
