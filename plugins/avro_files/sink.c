#include "sink.h"

#include "../avro/derive.h"
#include "../common/float_text.h"
#include "file_list.h"
#include "schema_file.h"
#include "sink_options.h"
#include "sink_slot.h"
#include "source.h"

static const column_rules rules = {.title = SINK_TITLE, .types = "a type that Avro has"};

typedef struct sink {
  sink_options options;
  const mill_memory *memory;
  sink_directory directory;
  /// Made by bind.
  avro_schema *schema;
  column_type *type;
  avro_write_plan *plan;
  /// A worker's each.
  sink_slot *slots;
  uint32_t slot_count;
  /// Files that are prepared, and not committed. Of no concern to workers.
  sink_file_list prepared;
} sink;

static void destroy(void *raw) {
  sink *self = raw;
  for (uint32_t i = 0; self->slots != NULL && i < self->slot_count; i++)
    sink_slot_free(&self->slots[i]);
  free(self->slots);
  avro_write_plan_free(self->plan);
  if (self->type != NULL)
    column_type_free(self->type);
  avro_schema_free(self->schema);
  sink_file_list_free(&self->prepared);
  sink_directory_close(&self->directory);
  sink_options_free(&self->options);
  free(self);
}

static int32_t open_sink(sink *self, const char *config_json, const mill_sink_step *step, mill_error *error) {
  self->directory.fd = -1;
  self->slot_count = step->worker_count;
  if (!float_text_init())
    return mill_fail_memory(error, SINK_TITLE);
  if (sink_options_read(config_json, &self->options, error) != MILL_OK)
    return MILL_FAILED;
  self->directory.path = self->options.path;
  return sink_owner_make(step, &self->directory.owner, error);
}

static int32_t create(const struct mill_host *host, const char *config_json, const mill_sink_step *step,
                      void **out_self, mill_error *error) {
  sink *self = calloc(1, sizeof *self);
  if (self == NULL)
    return mill_fail_memory(error, SINK_TITLE);
  self->memory = mill_memory_of(host);
  if (open_sink(self, config_json, step, error) != MILL_OK) {
    destroy(self);
    return MILL_FAILED;
  }
  *out_self = self;
  return MILL_OK;
}

static int32_t make_slots(sink *self, mill_error *error) {
  self->slots = calloc(self->slot_count, sizeof *self->slots);
  int is_good = self->slots != NULL;
  for (uint32_t i = 0; is_good && i < self->slot_count; i++) {
    self->slots[i] = (sink_slot){.directory = &self->directory,
                                 .plan = self->plan,
                                 .memory = self->memory,
                                 .file = {.worker_index = i, .is_part = 1},
                                 .fd = -1,
                                 .writer = {.codec = self->options.codec,
                                            .schema = self->schema->text,
                                            .block_size = self->options.block_size}};
    is_good = column_source_init(&self->slots[i].columns, self->type);
  }
  return is_good ? MILL_OK : mill_fail_memory(error, SINK_TITLE);
}

static int32_t bind(void *raw, const struct ArrowSchema *rows, mill_error *error) {
  sink *self = raw;
  const char *path = self->options.schema;
  self->type = column_type_make(&rules, rows, 0, error);
  if (self->type == NULL)
    return MILL_FAILED;
  self->schema = path != NULL ? schema_file_read(path, SINK_TITLE, error)
                              : avro_derive(self->type, self->options.record.record_name, SINK_TITLE, error);
  if (self->schema == NULL)
    return MILL_FAILED;
  self->plan = avro_write_plan_make(self->schema, self->type, SINK_TITLE, error);
  return self->plan == NULL ? MILL_FAILED : make_slots(self, error);
}

static int32_t recover(void *raw, uint64_t epoch, mill_error *error) {
  sink *self = raw;
  return sink_directory_open(&self->directory, error) == MILL_OK
             ? sink_directory_recover(&self->directory, epoch, error)
             : MILL_FAILED;
}

static int32_t write(void *raw, uint32_t worker_index, uint64_t epoch, const mill_batch *batch,
                     const mill_row_errors *errors, mill_error *error) {
  return sink_slot_take(&((sink *)raw)->slots[worker_index], epoch, batch, errors, error);
}

static int32_t prepare(void *raw, uint64_t epoch, mill_error *error) {
  sink *self = raw;
  (void)epoch;
  for (uint32_t i = 0; i < self->slot_count; i++) {
    sink_slot *slot = &self->slots[i];
    if (!container_writer_has_rows(&slot->writer))
      continue;
    if (sink_slot_finish(slot, error) != MILL_OK)
      return MILL_FAILED;
    if (!sink_file_list_add(&self->prepared, slot->file))
      return mill_fail_memory(error, SINK_TITLE);
  }
  return self->prepared.count == 0 ? MILL_OK : sink_directory_sync(&self->directory, error);
}

static int32_t commit(void *raw, uint64_t epoch, mill_error *error) {
  sink *self = raw;
  sink_file_list *files = &self->prepared;
  int64_t left = 0;
  for (int64_t i = 0; i < files->count; i++)
    if (files->all[i].epoch == epoch && sink_directory_show(&self->directory, files->all[i], error) != MILL_OK)
      return MILL_FAILED;
  if (files->count > 0 && sink_directory_sync(&self->directory, error) != MILL_OK)
    return MILL_FAILED;
  for (int64_t i = 0; i < files->count; i++)
    if (files->all[i].epoch != epoch)
      files->all[left++] = files->all[i];
  files->count = left;
  return MILL_OK;
}

static const mill_sink_descriptor descriptor = {.struct_size = sizeof(mill_sink_descriptor),
                                                .id = "avro_files",
                                                .version = FILES_VERSION,
                                                .summary = "Rows as Avro object container files.",
                                                .config_schema = SINK_CONFIG_SCHEMA};
static const mill_sink_vtable vtable = {.struct_size = sizeof(mill_sink_vtable),
                                        .create = create,
                                        .bind = bind,
                                        .recover = recover,
                                        .write = write,
                                        .prepare = prepare,
                                        .commit = commit,
                                        .destroy = destroy};
const mill_sink_type files_sink = {sizeof(mill_sink_type), 0, &descriptor, &vtable};
