/// What the plugin offers: the source "nexmark" and operators for its queries.
#include "millrace/plugin.h"
#include "nexmark.h"

MILL_PLUGIN_NOTE("c");

static const mill_source_type *const source_types[] = {&nexmark_source};
static const mill_sources sources = {sizeof(mill_sources), 1, source_types};

static const mill_operator_type *const operator_types[] = {&nexmark_count_by_auction, &nexmark_count_by_key,
                                                           &nexmark_currency,         &nexmark_filter_auction,
                                                           &nexmark_store_value,      &nexmark_checksum};
static const mill_operators operators = {sizeof(mill_operators),
                                         sizeof operator_types / sizeof operator_types[0], operator_types};

static const void *get_extension(const char *id) {
  if (strcmp(id, MILL_SOURCES) == 0)
    return &sources;
  return strcmp(id, MILL_OPERATORS) == 0 ? &operators : NULL;
}

static const mill_plugin plugin = {.struct_size = sizeof(mill_plugin),
                                   .abi_minor = MILL_ABI_MINOR,
                                   .name = "nexmark",
                                   .version = NEXMARK_VERSION,
                                   .get_extension = get_extension};

const mill_plugin *mill_plugin_v1(void) { return &plugin; }
