#include "../common/plugin_of_serde.h"
#include "instance.h"

static const mill_serde_descriptor descriptor = {
    sizeof(mill_serde_descriptor),
    0,
    "protobuf",
    "1.0.0",
    "A message is a Protobuf message whose fields are the columns.",
    PROTO_CONFIG_SCHEMA};
static const mill_serde_vtable vtable = {.struct_size = sizeof(mill_serde_vtable),
                                         .create = proto_create,
                                         .bind_decode = proto_bind_decode,
                                         .decode = proto_decode,
                                         .bind_encode = proto_bind_encode,
                                         .encode = proto_encode,
                                         .destroy = proto_destroy,
                                         .use_schema = proto_use_schema,
                                         .written_schema = proto_written_schema,
                                         .set_lead = proto_set_lead};
PLUGIN_OF_SERDE(descriptor, vtable)
