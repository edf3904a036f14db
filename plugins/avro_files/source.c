#include "source.h"

#include "../common/float_text.h"
#include "columns.h"
#include "reader.h"
#include "schema_file.h"

/// The most rows of a batch, whatever the host asks for.
#define ROWS_MAX 65536

static const column_rules rules = {.title = FILES_TITLE, .types = "a type that Avro has"};

typedef struct source {
  files_options options;
  /// What files are resolved into, NULL: nothing; and the schema that the columns are made of.
  avro_schema *read, *shape;
  reader reader;
} source;

static void destroy(void *raw) {
  source *self = raw;
  reader_free(&self->reader);
  block_pool_close(self->reader.rows.pool);
  if (self->shape != self->read)
    avro_schema_free(self->shape);
  avro_schema_free(self->read);
  files_options_free(&self->options);
  free(self);
}

static int32_t schema(void *raw, struct ArrowSchema *out, mill_error *error) {
  source *self = raw;
  const char *path = self->options.schema;
  if (path == NULL) // the first of all files, as long as they are listed: later calls don't fail
    path = self->reader.files.count > 0 ? self->reader.files.paths[0] : self->options.path;
  return columns_of_schema(self->shape, path, self->options.columns, out, error);
}

// Makes the columns' types, and the pool of memory for them.
static int32_t make_types(source *self, mill_error *error) {
  rows *rows = &self->reader.rows;
  struct ArrowSchema columns;
  if (schema(self, &columns, error) != MILL_OK)
    return MILL_FAILED;
  int32_t status = row_pool_open(&rows->pool, &rows->type, column_type_make(&rules, &columns, 1, error),
                                 self->reader.memory, FILES_TITLE, error);
  columns.release(&columns);
  return status;
}

// Reads the schema of the first of all files.
static avro_schema *first_schema(const source *self, mill_error *error) {
  container file;
  if (container_open(&file, self->reader.files.paths[0], error) != MILL_OK)
    return NULL;
  avro_schema *made = reader_schema_of(&file, error);
  container_close(&file);
  return made;
}

static int32_t open_source(source *self, const char *config_json, mill_error *error) {
  if (!float_text_init())
    return mill_fail_memory(error, FILES_TITLE);
  if (files_options_read(config_json, &self->options, error) != MILL_OK ||
      file_list_make(&self->reader.files, self->options.path, FILES_TITLE, error) != MILL_OK)
    return MILL_FAILED;
  if (self->options.schema != NULL)
    self->shape = self->read = schema_file_read(self->options.schema, FILES_TITLE, error);
  else
    self->shape = first_schema(self, error);
  self->reader.read = self->read;
  return self->shape == NULL ? MILL_FAILED : make_types(self, error);
}

static int32_t keep_split(reader *of, uint32_t split_index, uint32_t split_count, mill_error *error) {
  file_list_keep(&of->files, split_index, split_count);
  of->split_count = split_count;
  if (of->files.count <= POSITION_FILES_MAX)
    return MILL_OK;
  return mill_fail(error, MILL_CLASS_FATAL, 0,
                   FILES_TITLE
                   ": %lld files in one of %u splits; make it more `splits`, so that each has at most %lld",
                   (long long)of->files.count, split_count, (long long)POSITION_FILES_MAX);
}

static int32_t create(const struct mill_host *host, const char *config_json, uint32_t split_index,
                      uint32_t split_count, void **out_self, mill_error *error) {
  source *self = calloc(1, sizeof *self);
  if (self == NULL)
    return mill_fail_memory(error, FILES_TITLE);
  self->reader.memory = mill_memory_of(host);
  if (open_source(self, config_json, error) != MILL_OK ||
      keep_split(&self->reader, split_index, split_count, error) != MILL_OK) {
    destroy(self);
    return MILL_FAILED;
  }
  *out_self = self;
  return MILL_OK;
}

static int32_t seek(void *raw, int64_t position, mill_error *error) {
  return reader_seek(&((source *)raw)->reader, position, error);
}

static int32_t poll(void *raw, int64_t max_rows, mill_batch *out, int32_t *ended, mill_error *error) {
  *ended = 0;
  out->release = NULL;
  if (max_rows <= 0)
    return MILL_OK;
  int32_t status = reader_take(&((source *)raw)->reader, max_rows < ROWS_MAX ? max_rows : ROWS_MAX, out, error);
  *ended = status == MILL_OK && out->release == NULL;
  return status;
}

static int64_t position(void *raw) { return position_make(((source *)raw)->reader.at); }

static const mill_source_descriptor descriptor = {.struct_size = sizeof(mill_source_descriptor),
                                                  .id = "avro_files",
                                                  .version = FILES_VERSION,
                                                  .summary = "The rows of Avro object container files.",
                                                  .config_schema = FILES_CONFIG_SCHEMA};
static const mill_source_vtable vtable = {.struct_size = sizeof(mill_source_vtable),
                                          .create = create,
                                          .schema = schema,
                                          .seek = seek,
                                          .poll = poll,
                                          .position = position,
                                          .destroy = destroy};
const mill_source_type files_source = {sizeof(mill_source_type), 0, &descriptor, &vtable};
