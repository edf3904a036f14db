/// A plugin's entry, the host it meets, and the note that is read before it is loaded.
#ifndef MILLRACE_PLUGIN_H
#define MILLRACE_PLUGIN_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Name of the one symbol that a plugin exports.
#define MILL_ENTRY_SYMBOL "mill_plugin_v1"

/// The engine, as a plugin sees it. The host's; valid for the life of the process.
typedef struct mill_host {
  /// sizeof(mill_host) at the host.
  uint32_t struct_size;
  /// MILL_ABI_MINOR of the host.
  uint32_t abi_minor;
  /// The engine's version (semver).
  const char *version;
  /// A capability of the host by id (e.g. MILL_LOG), or NULL if it has none. [any]
  const void *(*get_extension)(const struct mill_host *host, const char *id);
} mill_host;

/// A plugin, as the engine sees it. Constant for the life of the process; owned by the plugin.
typedef struct mill_plugin {
  /// sizeof(mill_plugin) at the plugin.
  uint32_t struct_size;
  /// MILL_ABI_MINOR that the plugin was built with.
  uint32_t abi_minor;
  /// Name of the package, for people.
  const char *name;
  /// Version of the package (semver).
  const char *version;
  /// Called once after loading, before anything else; may be NULL. If it fails the plugin is refused. [control]
  int32_t (*init)(const mill_host *host, mill_error *error);
  /// The plugin's capabilities by id: MILL_OPERATORS, MILL_SERDES, MILL_SOURCES, MILL_SINKS; NULL for those it
  /// has not. What it returns is constant. [control]
  const void *(*get_extension)(const char *id);
} mill_plugin;

/// The one exported symbol of a plugin. Never NULL. [control]
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const mill_plugin *mill_plugin_v1(void);

/// Owner name of the ELF note.
#define MILL_NOTE_NAME "Millrace"
/// Type of the ELF note.
#define MILL_NOTE_TYPE 1

/// What the note holds: read from the file before it is loaded, so that a plugin that can't work is refused
/// without running any of its code.
typedef struct mill_note {
  /// MILL_ABI_MAJOR of the plugin.
  uint32_t abi_major;
  /// MILL_ABI_MINOR of the plugin.
  uint32_t abi_minor;
  /// What the plugin runs on: "c", "c++", or "swift-6.2.3/dynamic" for one that needs that runtime; NUL-padded.
  char runtime[56];
} mill_note;

/// The note with its ELF header, as it lies in the section ".note.millrace".
typedef struct mill_note_section {
  /// Bytes of `name`.
  uint32_t name_size;
  /// Bytes of `note`.
  uint32_t note_size;
  /// MILL_NOTE_TYPE.
  uint32_t type;
  /// MILL_NOTE_NAME, NUL-padded to a multiple of four.
  char name[12];
  /// The content.
  mill_note note;
} mill_note_section;

/// Put this once at file scope of a plugin: MILL_PLUGIN_NOTE("c");
#define MILL_PLUGIN_NOTE(runtime_tag)                                                                          \
  __attribute__((used, section(".note.millrace"),                                                              \
                 aligned(4))) static const mill_note_section mill_note_of_this_plugin = {                      \
      9, sizeof(mill_note), MILL_NOTE_TYPE, MILL_NOTE_NAME, {MILL_ABI_MAJOR, MILL_ABI_MINOR, runtime_tag}}

#ifdef __cplusplus
}
#endif
#endif
