#include "../common/plugin_of_serde.h"
#include "instance.h"

static const mill_serde_descriptor descriptor = {sizeof(mill_serde_descriptor),
                                                 0,
                                                 "csv",
                                                 "1.0.0",
                                                 "A message is a CSV record whose fields are the columns.",
                                                 CSV_CONFIG_SCHEMA};
static const mill_serde_vtable vtable = {.struct_size = sizeof(mill_serde_vtable),
                                         .create = csv_create,
                                         .bind_decode = csv_bind_decode,
                                         .decode = csv_decode,
                                         .bind_encode = csv_bind_encode,
                                         .encode = csv_encode,
                                         .destroy = csv_destroy};
PLUGIN_OF_SERDE(descriptor, vtable)
