/// What the plugin offers: one operator, its ports, configuration and state.
#include "knock_on_delay.h"

MILL_PLUGIN_NOTE("c");

MILL_STATIC_STRUCT(knock_on_aircraft_schema, MILL_STATIC_FIELD("scheduled", "tsu:UTC"),
                   MILL_STATIC_FIELD("arrival_delay", "i"), MILL_STATIC_FIELD("chain_length", "i"),
                   MILL_STATIC_FIELD("first_origin_size", "C"), MILL_STATIC_FIELD("first_origin", "w:15"));
_Static_assert(sizeof(knock_on_aircraft) == 32, "the record and its schema must agree");

static const mill_state_descriptor aircraft_state = {
    .struct_size = sizeof(mill_state_descriptor),
    .kind = MILL_STATE_VALUE,
    .name = "aircraft",
    .schema = &knock_on_aircraft_schema,
    .schema_version = 1,
};
static const mill_state_descriptor *const states[] = {&aircraft_state};

static const mill_port inputs[] = {{sizeof(mill_port), MILL_PORT_KEYED, "flights"}};
static const mill_port outputs[] = {{sizeof(mill_port), 0, "alerts"}};

static const mill_operator_descriptor descriptor = {
    .struct_size = sizeof(mill_operator_descriptor),
    .id = "examples.knock_on_delay",
    .version = KNOCK_ON_VERSION,
    .summary = "Finds departures that are late because the same aircraft had arrived late.",
    .config_schema = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"late_minutes\":"
                     "{\"type\":\"integer\",\"minimum\":0,\"maximum\":1440,\"default\":15}}}",
    .inputs = inputs,
    .input_count = 1,
    .output_count = 1,
    .outputs = outputs,
    .states = states,
    .state_count = 1,
};

static const mill_operator_type type = {sizeof(mill_operator_type), 0, &descriptor, &knock_on_delay_vtable};
static const mill_operator_type *const types[] = {&type};
static const mill_operators operators = {sizeof(mill_operators), 1, types};

static const void *get_extension(const char *id) { return strcmp(id, MILL_OPERATORS) == 0 ? &operators : NULL; }

static const mill_plugin plugin = {
    .struct_size = sizeof(mill_plugin),
    .abi_minor = MILL_ABI_MINOR,
    .name = "knock-on-delay",
    .version = KNOCK_ON_VERSION,
    .get_extension = get_extension,
};

const mill_plugin *mill_plugin_v1(void) { return &plugin; }
