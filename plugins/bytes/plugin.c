#include "../common/plugin_of_serde.h"
#include "../common/single_column.h"

static const single_column_kind kind = {"bytes", "vz", MILL_FORMATS_BINARY, "binary", 0};
static const mill_serde_descriptor descriptor = {
    sizeof(mill_serde_descriptor), 0, "bytes", "1.0.0", "A message is taken as it is: one binary column", NULL};
SINGLE_COLUMN_VTABLE(vtable, create, kind);
PLUGIN_OF_SERDE(descriptor, vtable)
