/// The entry of a plugin with one serde.
#ifndef PLUGIN_OF_SERDE_H
#define PLUGIN_OF_SERDE_H

#include "millrace_sdk.h"

/// At file scope: defines the plugin's entry and note, for the serde that `descriptor_` and `vtable_` (static
/// objects) describe.
#define PLUGIN_OF_SERDE(descriptor_, vtable_)                                                                  \
  MILL_PLUGIN_NOTE("c");                                                                                       \
  static const mill_serde_type plugin_type = {sizeof(mill_serde_type), 0, &descriptor_, &vtable_};             \
  static const mill_serde_type *const plugin_types[] = {&plugin_type};                                         \
  static const mill_serdes plugin_serdes = {sizeof(mill_serdes), 1, plugin_types};                             \
  static const void *plugin_extension(const char *id) {                                                        \
    return strcmp(id, MILL_SERDES) == 0 ? &plugin_serdes : NULL;                                               \
  }                                                                                                            \
  static const mill_plugin *plugin_entry(void) {                                                               \
    static mill_plugin plugin = {sizeof(mill_plugin), MILL_ABI_MINOR, NULL, NULL, NULL, plugin_extension};     \
    plugin.name = descriptor_.id;                                                                              \
    plugin.version = descriptor_.version;                                                                      \
    return &plugin;                                                                                            \
  }                                                                                                            \
  const mill_plugin *mill_plugin_v1(void) { return plugin_entry(); }

#endif
