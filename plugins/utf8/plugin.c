#include "../common/plugin_of_serde.h"
#include "../common/single_column.h"

static const single_column_kind kind = {"utf8", "vu", MILL_FORMATS_UTF8, "utf8", 1};
static const mill_serde_descriptor descriptor = {sizeof(mill_serde_descriptor),        0,   "utf8", "1.0.0",
                                                 "A message is text: one utf8 column", NULL};
SINGLE_COLUMN_VTABLE(vtable, create, kind);
PLUGIN_OF_SERDE(descriptor, vtable)
