#include "../common/plugin_of_serde.h"
#include "instance.h"

static const mill_serde_descriptor descriptor = {sizeof(mill_serde_descriptor),
                                                 0,
                                                 "avro",
                                                 "1.0.0",
                                                 "A message is an Avro datum whose fields are the columns.",
                                                 AVRO_CONFIG_SCHEMA};
static const mill_serde_vtable vtable = {.struct_size = sizeof(mill_serde_vtable),
                                         .create = avro_create,
                                         .bind_decode = avro_bind_decode,
                                         .decode = avro_decode,
                                         .bind_encode = avro_bind_encode,
                                         .encode = avro_encode,
                                         .destroy = avro_destroy,
                                         .use_schema = avro_use_schema,
                                         .written_schema = avro_written_schema,
                                         .set_lead = avro_set_lead};
PLUGIN_OF_SERDE(descriptor, vtable)
