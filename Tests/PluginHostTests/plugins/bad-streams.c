/// A serde, a source and a sink that do what their config says, {"do":"…"}.
#include "millrace/draft/sink.h"
#include "millrace/draft/source.h"
#include "millrace_sdk.h"

MILL_PLUGIN_NOTE("c");

#ifndef VERSION
#define VERSION "1.0.0"
#endif

typedef struct stream {
  char what[32];
  int64_t position;
  mill_builder output;
  mill_span spans[2];
} stream;

static const mill_field fields[] = {{"name", "vu", 0}};

static int does(const stream *self, const char *what) { return strcmp(self->what, what) == 0; }

static int32_t create(const char *config_json, void **out_self, mill_error *error) {
  stream *self = calloc(1, sizeof *self);
  const char *at = strstr(config_json, "\"do\":\"");
  for (size_t i = 0; at != NULL && at[6 + i] != '"' && i < sizeof self->what - 1; i++)
    self->what[i] = at[6 + i];
  *out_self = self;
  return mill_builder_init(&self->output, fields, 1, error);
}

static void destroy(void *raw) {
  stream *self = raw;
  mill_builder_free(&self->output);
  free(self);
}

static int32_t create_serde(const mill_host *host, const char *config_json, uint32_t part, void **out_self,
                            mill_error *error) {
  (void)host, (void)part;
  return create(config_json, out_self, error);
}

static int32_t bind_serde(void *raw, const struct ArrowSchema *schema, mill_error *error) {
  (void)schema;
  return does(raw, "bind-fails") ? mill_fail(error, MILL_CLASS_FATAL, 1, "can't make that type") : MILL_OK;
}

static int32_t decode(void *raw, const mill_raw_batch *messages, mill_batch *out, const mill_row_errors *errors,
                      mill_error *error) {
  stream *self = raw;
  if (does(self, "decode-fails"))
    return mill_fail(error, MILL_CLASS_RETRY, 1, "the registry is away");
  if (does(self, "no-batch"))
    return MILL_OK;
  for (int64_t row = 0; row < messages->length; row++) {
    mill_span value = messages->values[row];
    mill_builder_add_row(&self->output, MILL_NO_TIME);
    if (value.length < 0) {
      mill_put_null(&self->output, 0);
      if (!does(self, "hides-nulls"))
        errors->report(errors, row, 5, NULL);
    } else {
      mill_put_text(&self->output, 0, messages->data + value.offset, value.length);
    }
  }
  if (does(self, "short"))
    mill_builder_clear(&self->output);
  if (does(self, "stray")) {
    errors->report(errors, 1, 1, "later");
    errors->report(errors, 0, 1, "earlier");
  }
  if (does(self, "far"))
    errors->report(errors, messages->length, 1, "there is no such row");
  return mill_builder_finish(&self->output, out, error);
}

static int32_t encode(void *raw, const mill_batch *batch, mill_encoded *out, const mill_row_errors *errors,
                      mill_error *error) {
  stream *self = raw;
  (void)errors, (void)error;
  out->length = does(self, "short") ? 0 : batch->columns.length;
  out->data = does(self, "no-data") ? NULL : (const uint8_t *)"text";
  out->spans = does(self, "no-spans") ? NULL : self->spans;
  self->spans[0] = (mill_span){does(self, "before") ? -1 : 0, does(self, "negative") ? -2 : 4};
  self->spans[1] = (mill_span){0, -1};
  return MILL_OK;
}

static const mill_serde_descriptor serde_descriptor = {.struct_size = sizeof(mill_serde_descriptor),
                                                       .id = "bad_serde",
                                                       .version = VERSION,
                                                       .summary = "Decodes wrongly.",
                                                       .config_schema = "{}"};
#ifdef OLD_SERDE
// Of before ABI 1.2: what lies behind its end is something else.
#define SERDE_SIZE offsetof(mill_serde_vtable, use_schema)
#define BEHIND (void *)16
#else
#define SERDE_SIZE sizeof(mill_serde_vtable)
#define BEHIND NULL
#endif
static const mill_serde_vtable serde_vtable = {.struct_size = SERDE_SIZE,
                                               .use_schema = BEHIND,
                                               .written_schema = BEHIND,
                                               .set_lead = BEHIND,
                                               .create = create_serde,
                                               .bind_decode = bind_serde,
                                               .decode = decode,
                                               .bind_encode = bind_serde,
#ifndef HALF_SERDE
                                               .encode = encode,
#endif
                                               .destroy = destroy};
static const mill_serde_type serde_type = {sizeof(mill_serde_type), 0, &serde_descriptor, &serde_vtable};
static const mill_serde_type *const serde_types[] = {&serde_type};
static const mill_serdes serdes = {sizeof(mill_serdes), 1, serde_types};

static int32_t create_source(const mill_host *host, const char *config_json, uint32_t split_index,
                             uint32_t split_count, void **out_self, mill_error *error) {
  (void)host, (void)split_index, (void)split_count;
  return create(config_json, out_self, error);
}

static int32_t schema(void *raw, struct ArrowSchema *out, mill_error *error) {
  static const mill_field offsets[] = {{"name", "U", 0}}, unknown[] = {{"name", "n", 0}};
  if (does(raw, "schema-fails"))
    return mill_fail(error, MILL_CLASS_FATAL, 1, "no schema");
  return mill_schema_make(out, does(raw, "bad-schema") ? unknown : offsets, 1, error);
}

static int32_t seek(void *raw, int64_t position, mill_error *error) {
  ((stream *)raw)->position = position;
  return position < 0 ? mill_fail(error, MILL_CLASS_FATAL, 1, "no such place") : MILL_OK;
}

static int64_t position(void *raw) { return ((stream *)raw)->position; }

static void release_nothing(mill_batch *batch) { batch->release = NULL; }

/// One row at a time, three in all, in 64-bit offsets.
static int32_t poll(void *raw, int64_t max_rows, mill_batch *out, int32_t *ended, mill_error *error) {
  stream *self = raw;
  static const int64_t good[] = {0, 3, 24, 27}, wild[] = {9, 4, 9, 4};
  static const char data[] = "onea second, longer text3..";
  static const void *buffers[3], *none[1];
  static struct ArrowArray text, *children[] = {&text};
  (void)max_rows, (void)error;
  *ended = self->position >= 3;
  if (*ended || does(self, "nothing"))
    return MILL_OK;
  buffers[1] = does(self, "wild") ? wild : good;
  buffers[2] = data;
  text = (struct ArrowArray){1, 0, self->position++, 3, 0, buffers, NULL, NULL, NULL, NULL};
  *out = (mill_batch){.struct_size = sizeof *out, .release = release_nothing};
  out->columns = (struct ArrowArray){1, 0, 0, 1, 1, none, children, NULL, NULL, NULL};
  return MILL_OK;
}

static const mill_source_descriptor source_descriptor = {.struct_size = sizeof(mill_source_descriptor),
                                                         .id = "bad_source",
                                                         .version = VERSION,
                                                         .summary = "Makes three rows."};
static const mill_source_vtable source_vtable = {.struct_size = sizeof(mill_source_vtable),
                                                 .create = create_source,
                                                 .schema = schema,
                                                 .seek = seek,
#ifndef HALF_SOURCE
                                                 .poll = poll,
#endif
                                                 .position = position,
                                                 .destroy = destroy};
static const mill_source_type source_type = {sizeof(mill_source_type), 0, &source_descriptor, &source_vtable};
static const mill_source_type *const source_types[] = {&source_type};
static const mill_sources sources = {sizeof(mill_sources), 1, source_types};

static int32_t create_sink(const mill_host *host, const char *config_json, const mill_sink_step *step,
                           void **out_self, mill_error *error) {
  (void)host;
  if (strcmp(step->job, "job") != 0 || strcmp(step->step, "step") != 0 || step->worker_count != 2)
    return mill_fail(error, MILL_CLASS_FATAL, 1, "another step than the one that it is");
  return create(config_json, out_self, error);
}

static int32_t write_rows(void *raw, uint32_t worker_index, uint64_t epoch, const mill_batch *batch,
                          const mill_row_errors *errors, mill_error *error) {
  if (does(raw, "write-fails"))
    return mill_fail(error, MILL_CLASS_RETRY, 1, "worker %u, epoch %u: the disk is full", worker_index, (unsigned)epoch);
  if (does(raw, "far-row"))
    errors->report(errors, batch->columns.length, 1, "there is no such row");
  if (does(raw, "bad-row"))
    errors->report(errors, 1, 7, "it has no form");
  return MILL_OK;
}

static int32_t settle(void *raw, const char *what, uint64_t epoch, mill_error *error) {
  if (does(raw, what))
    return mill_fail(error, MILL_CLASS_FATAL, 1, "epoch %u is in the way", (unsigned)epoch);
  return MILL_OK;
}

static int32_t recover(void *raw, uint64_t epoch, mill_error *error) {
  return settle(raw, "recover-fails", epoch, error);
}

static int32_t prepare(void *raw, uint64_t epoch, mill_error *error) {
  return settle(raw, "prepare-fails", epoch, error);
}

static int32_t commit(void *raw, uint64_t epoch, mill_error *error) {
  return settle(raw, "commit-fails", epoch, error);
}

static const mill_sink_descriptor sink_descriptor = {.struct_size = sizeof(mill_sink_descriptor),
                                                     .id = "bad_sink",
                                                     .version = VERSION,
                                                     .summary = "Writes nothing."};
static const mill_sink_vtable sink_vtable = {.struct_size = sizeof(mill_sink_vtable),
                                             .create = create_sink,
                                             .bind = bind_serde,
                                             .recover = recover,
                                             .write = write_rows,
#ifndef HALF_SINK
                                             .prepare = prepare,
#endif
                                             .commit = commit,
                                             .destroy = destroy};
static const mill_sink_type sink_type = {sizeof(mill_sink_type), 0, &sink_descriptor, &sink_vtable};
static const mill_sink_type *const sink_types[] = {&sink_type};
static const mill_sinks sinks = {sizeof(mill_sinks), 1, sink_types};

static const void *get_extension(const char *id) {
  if (strcmp(id, MILL_SERDES) == 0)
    return &serdes;
  if (strcmp(id, MILL_SOURCES) == 0)
    return &sources;
  return strcmp(id, MILL_SINKS) == 0 ? &sinks : NULL;
}

static const mill_plugin plugin = {.struct_size = sizeof(mill_plugin),
                                   .abi_minor = MILL_ABI_MINOR,
                                   .name = "bad streams",
                                   .version = VERSION,
                                   .get_extension = get_extension};

const mill_plugin *mill_plugin_v1(void) { return &plugin; }
