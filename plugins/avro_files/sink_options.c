#include "sink_options.h"

enum { BLOCK_SIZE_DEFAULT = 64 << 10, BLOCK_SIZE_GREATEST = 32 << 20 };

static int32_t fail(mill_error *error, const char *problem) {
  return mill_fail(error, MILL_CLASS_FATAL, 0, "config: %s", problem);
}

static int32_t read_codec(const json_tree *options, const codec **out, mill_error *error) {
  const char *name = "snappy";
  if (files_option_text(options, "codec", &name, error) != MILL_OK)
    return MILL_FAILED;
  *out = codec_called((const uint8_t *)name, (int64_t)strlen(name));
  return *out != NULL ? MILL_OK : fail(error, "\"codec\" must be one of " CODEC_NAMES);
}

static int32_t read_block_size(const json_tree *options, int64_t *out, mill_error *error) {
  const json_tree *size = json_tree_member(options, "block_size");
  *out = BLOCK_SIZE_DEFAULT;
  if (size == NULL || (size->kind == JSON_TREE_NUMBER && json_tree_integer(size, out) && *out >= 1 &&
                       *out <= BLOCK_SIZE_GREATEST))
    return MILL_OK;
  return fail(error, "\"block_size\" must be a number of bytes from 1 to 33554432");
}

int32_t sink_options_read(const char *json, sink_options *out, mill_error *error) {
  *out = (sink_options){.path = NULL};
  char problem[200];
  const json_tree *options = json_tree_read(&out->arena, json, (int64_t)strlen(json), problem, sizeof problem);
  if (options == NULL)
    return fail(error, problem);
  if (files_option_text(options, "path", &out->path, error) != MILL_OK ||
      files_option_text(options, "schema", &out->schema, error) != MILL_OK ||
      read_codec(options, &out->codec, error) != MILL_OK ||
      read_block_size(options, &out->block_size, error) != MILL_OK ||
      avro_options_read(json, MILL_PART_VALUE, &out->record, error) != MILL_OK)
    return MILL_FAILED;
  return out->path != NULL ? MILL_OK : fail(error, "\"path\" is missing; say where files are to be put");
}

void sink_options_free(sink_options *options) { arena_free(&options->arena); }
