#include "options.h"

static int32_t fail(mill_error *error, const char *problem) {
  return mill_fail(error, MILL_CLASS_FATAL, 0, "config: %s", problem);
}

static int is_text(const json_tree *json) {
  return json->kind == JSON_TREE_STRING && json->size > 0 && strlen(json->text) == (size_t)json->size;
}

int32_t files_option_text(const json_tree *options, const char *key, const char **out, mill_error *error) {
  const json_tree *value = json_tree_member(options, key);
  if (value == NULL)
    return MILL_OK;
  if (!is_text(value))
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"%s\" must be a text that is not empty", key);
  *out = value->text;
  return MILL_OK;
}

static int32_t read_columns(const json_tree *options, const json_tree **out, mill_error *error) {
  const json_tree *names = json_tree_member(options, "columns");
  if (names == NULL)
    return MILL_OK;
  if (names->kind != JSON_TREE_ARRAY || names->count == 0)
    return fail(error, "\"columns\" must be a list of names; name a column, or leave it out");
  for (const json_tree *name = names->first; name != NULL; name = name->next)
    if (!is_text(name))
      return fail(error, "\"columns\" must be a list of names; one is empty, or no text");
  *out = names;
  return MILL_OK;
}

int32_t files_options_read(const char *json, files_options *out, mill_error *error) {
  *out = (files_options){.path = NULL};
  char problem[200];
  const json_tree *options = json_tree_read(&out->arena, json, (int64_t)strlen(json), problem, sizeof problem);
  if (options == NULL)
    return fail(error, problem);
  if (files_option_text(options, "path", &out->path, error) != MILL_OK ||
      files_option_text(options, "schema", &out->schema, error) != MILL_OK ||
      read_columns(options, &out->columns, error) != MILL_OK)
    return MILL_FAILED;
  return out->path != NULL ? MILL_OK : fail(error, "\"path\" is missing; say which files are to be read");
}

void files_options_free(files_options *options) { arena_free(&options->arena); }
