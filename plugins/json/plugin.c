#include "../common/plugin_of_serde.h"
#include "instance.h"

static const mill_serde_descriptor descriptor = {sizeof(mill_serde_descriptor),
                                                 0,
                                                 "json",
                                                 "1.0.0",
                                                 "A message is a JSON object whose members are the columns.",
                                                 JSON_CONFIG_SCHEMA};
static const mill_serde_vtable vtable = {.struct_size = sizeof(mill_serde_vtable),
                                         .create = json_create,
                                         .bind_decode = json_bind_decode,
                                         .decode = json_decode,
                                         .bind_encode = json_bind_encode,
                                         .encode = json_encode,
                                         .destroy = json_destroy,
                                         .use_schema = json_use_schema,
                                         .written_schema = json_written_schema,
                                         .set_lead = json_set_lead};
PLUGIN_OF_SERDE(descriptor, vtable)
