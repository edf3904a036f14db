/// A plugin that is right unless a macro spoils one thing of it.
#include "millrace_sdk.h"

#ifndef ID
#define ID "bad.plugin"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef NAME
#define NAME "bad"
#endif
#ifndef PLUGIN_SIZE
#define PLUGIN_SIZE sizeof(mill_plugin)
#endif
#ifndef DESCRIPTOR_SIZE
#define DESCRIPTOR_SIZE sizeof(mill_operator_descriptor)
#endif
#ifndef PORT_SIZE
#define PORT_SIZE sizeof(mill_port)
#endif
#ifndef VTABLE_SIZE
#define VTABLE_SIZE sizeof(mill_operator_vtable)
#endif
#ifndef LIST_SIZE
#define LIST_SIZE sizeof(mill_operators)
#endif
#ifndef STATE_KIND
#define STATE_KIND MILL_STATE_VALUE
#endif
#ifndef STATE_FORMAT
#define STATE_FORMAT "l"
#endif
#ifndef STATE_NAME
#define STATE_NAME "state"
#endif
#ifndef TYPE_COUNT
#define TYPE_COUNT 1
#endif
#ifndef INPUT_COUNT
#define INPUT_COUNT 1
#endif
#ifndef STATE_COUNT
#define STATE_COUNT 1
#endif
#ifndef PROCESS
#define PROCESS process
#endif
#ifndef SNAPSHOT
#define SNAPSHOT NULL
#endif
#ifndef VTABLE
#define VTABLE &vtable
#endif
#ifndef OPERATORS
#define OPERATORS &operators
#endif

#ifdef ABI_MAJOR
#undef MILL_ABI_MAJOR
#define MILL_ABI_MAJOR ABI_MAJOR
#endif
#ifndef NO_NOTE
MILL_PLUGIN_NOTE("c");
#endif

#ifdef UNDEFINED
void nobody_defines_this(void);
#endif
#ifdef NEEDED
int needed(void);
#endif

static int32_t create(const mill_host *host, const char *config_json, void **out_self, mill_error *error) {
  (void)host, (void)config_json, (void)error;
#ifdef UNDEFINED
  nobody_defines_this();
#endif
#ifdef NEEDED
  needed();
#endif
  static int instance;
  *out_self = &instance;
  return MILL_OK;
}
static int32_t bind(void *self, const struct ArrowSchema *const *inputs, uint32_t input_count,
                    struct ArrowSchema *outputs, uint32_t output_count, mill_error *error) {
  (void)self, (void)inputs, (void)input_count, (void)outputs, (void)output_count, (void)error;
  return MILL_OK;
}
static int32_t open_(void *self, mill_task *task, mill_error *error) {
  (void)self, (void)task, (void)error;
  return MILL_OK;
}
static inline int32_t process(void *self, mill_task *task, const mill_input *input, mill_error *error) {
  (void)self, (void)task, (void)input, (void)error;
  return MILL_OK;
}
static inline int32_t snapshot(void *self, mill_task *task, const mill_snapshot_writer *writer,
                               mill_error *error) {
  (void)self, (void)task, (void)writer, (void)error;
  return MILL_OK;
}
static void close_(void *self, mill_task *task) { (void)self, (void)task; }
static void destroy(void *self) { (void)self; }

MILL_STATIC_STRUCT(state_schema, MILL_STATIC_FIELD("field", STATE_FORMAT));
static const mill_state_descriptor state = {.struct_size = sizeof(mill_state_descriptor),
                                            .kind = STATE_KIND,
                                            .name = STATE_NAME,
                                            .schema = &state_schema,
                                            .schema_version = 1};
static const mill_state_descriptor *const states[] = {&state, &state};
static const mill_port inputs[] = {{PORT_SIZE, MILL_PORT_KEYED, "rows"}};
static const mill_operator_descriptor descriptor = {.struct_size = DESCRIPTOR_SIZE,
                                                    .id = ID,
                                                    .version = VERSION,
                                                    .summary = "Does nothing.",
                                                    .inputs = inputs,
                                                    .input_count = INPUT_COUNT,
                                                    .states = states,
                                                    .state_count = STATE_COUNT};
static const mill_operator_vtable vtable = {.struct_size = VTABLE_SIZE,
                                            .create = create,
                                            .bind = bind,
                                            .open = open_,
                                            .process = PROCESS,
                                            .snapshot = SNAPSHOT,
                                            .close = close_,
                                            .destroy = destroy};
static const mill_operator_type type = {sizeof(mill_operator_type), 0, &descriptor, VTABLE};
static const mill_operator_type *const types[] = {&type, &type};
static inline const mill_operators *list(void) {
  static const mill_operators operators = {LIST_SIZE, TYPE_COUNT, types};
  return OPERATORS;
}

static inline const void *extension(const char *id) { return strcmp(id, MILL_OPERATORS) == 0 ? list() : NULL; }

#ifdef INIT_MESSAGE
static int32_t initialize(const mill_host *host, mill_error *error) {
  const mill_log *log = host->get_extension(host, MILL_LOG);
  log->write(MILL_LOG_INFO, "bad.init", "init was called");
  return mill_fail(error, MILL_CLASS_FATAL, 1, "%s", INIT_MESSAGE);
}
#else
#define initialize NULL
#endif

#ifndef EXTENSION
#define EXTENSION extension
#endif

static const mill_plugin plugin = {.struct_size = PLUGIN_SIZE,
                                   .abi_minor = MILL_ABI_MINOR,
                                   .name = NAME,
                                   .version = VERSION,
                                   .init = initialize,
                                   .get_extension = EXTENSION};

#ifdef NO_ENTRY
static
#define mill_plugin_v1 mill_plugin_v9
#endif
    const mill_plugin *mill_plugin_v1(void) {
#ifdef NULL_PLUGIN
  return NULL;
#else
  return &plugin;
#endif
}
