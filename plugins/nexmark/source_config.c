#include "source_config.h"

const char nexmark_source_config_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"events\"],\"properties\":{"
    "\"events\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":1000000000000000},"
    "\"kind\":{\"type\":\"string\",\"enum\":[\"bid\",\"auction\",\"person\"],\"default\":\"bid\"},"
    "\"columns\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
    "\"key\":{\"type\":\"string\",\"enum\":[\"uniform\",\"zipf\"]},"
    "\"keys\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000000000},"
    "\"exponent\":{\"type\":\"number\",\"minimum\":0,\"maximum\":4,\"default\":0.99},"
    "\"each_key_first\":{\"type\":\"boolean\",\"default\":false},"
    "\"rate\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":1000000000,\"default\":0}}}";

int32_t nexmark_config_strings(const char *json, const char *key,
                               int32_t (*take)(void *context, const char *text, size_t size, mill_error *error),
                               void *context, mill_error *error) {
  const char *at = mill_json_member(json, key);
  if (at == NULL)
    return MILL_OK;
  if (*at != '[')
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"%s\" must be a list of strings", key);
  at = mill_json_space(at + 1);
  while (*at == '"') {
    const char *end = mill_json_skip_string(at);
    if (end == NULL)
      break;
    if (take(context, at + 1, (size_t)(end - at - 2), error) != MILL_OK)
      return MILL_FAILED;
    at = mill_json_space(end);
    if (*at == ',')
      at = mill_json_space(at + 1);
  }
  if (*at != ']')
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"%s\" must be a list of strings", key);
  return MILL_OK;
}

/// Adds column "key" to the bids if it is wanted.
static int32_t read_keys(const char *json, nexmark_source_config *out, mill_error *error) {
  if (nexmark_keys_read(json, &out->keys, error) != MILL_OK)
    return MILL_FAILED;
  if (out->keys.count == 0)
    return MILL_OK;
  if (out->kind != &nexmark_bids)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"key\" is for bids; leave it out for a %s",
                     out->kind->name);
  out->kind = &nexmark_keyed_bids;
  return MILL_OK;
}

static int32_t read_kind(const char *json, nexmark_source_config *out, mill_error *error) {
  static const nexmark_kind *const kinds[] = {&nexmark_bids, &nexmark_auctions, &nexmark_persons};
  char name[16] = "bid";
  if (mill_json_string(json, "kind", name, sizeof name, error) != MILL_OK)
    return MILL_FAILED;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (strcmp(kinds[i]->name, name) == 0)
      out->kind = kinds[i];
  if (out->kind == NULL)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "config: \"kind\" is \"%s\"; write \"bid\", \"auction\" or \"person\"", name);
  return MILL_OK;
}

/// Index of a kind's column; its `column_count` if it has none of that name.
static uint32_t column_index(const nexmark_kind *kind, const char *name, size_t size) {
  uint32_t i = 0;
  while (i < kind->column_count &&
         (strlen(kind->fields[i].name) != size || memcmp(kind->fields[i].name, name, size) != 0))
    i++;
  return i;
}

static int32_t take_column(void *context, const char *name, size_t size, mill_error *error) {
  nexmark_source_config *out = context;
  uint32_t index = column_index(out->kind, name, size);
  if (index == out->kind->column_count)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "config: \"columns\": a %s has no \"%.*s\"; README.md of the plugin lists its columns",
                     out->kind->name, size > 64 ? 64 : (int)size, name);
  for (uint32_t i = 0; i < out->column_count; i++)
    if (out->columns[i] == index)
      return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"columns\" names \"%.*s\" twice; name it once",
                       (int)size, name);
  out->columns[out->column_count++] = index;
  return MILL_OK;
}

static int32_t read_columns(const char *json, nexmark_source_config *out, mill_error *error) {
  if (nexmark_config_strings(json, "columns", take_column, out, error) != MILL_OK)
    return MILL_FAILED;
  if (mill_json_member(json, "columns") == NULL)
    while (out->column_count < out->kind->column_count) {
      out->columns[out->column_count] = out->column_count;
      out->column_count++;
    }
  if (out->column_count == 0)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "config: \"columns\" is empty; name a column, or leave it out");
  return MILL_OK;
}

int32_t nexmark_source_config_read(const char *json, nexmark_source_config *out, mill_error *error) {
  memset(out, 0, sizeof *out);
  out->events = -1;
  if (mill_json_integer(json, "events", 0, NEXMARK_EVENTS_MAX, &out->events, error) != MILL_OK ||
      mill_json_integer(json, "rate", 0, 1000000000, &out->rate, error) != MILL_OK ||
      read_kind(json, out, error) != MILL_OK || read_keys(json, out, error) != MILL_OK)
    return MILL_FAILED;
  if (out->events < 0)
    return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"events\" is missing; say how many there shall be");
  return read_columns(json, out, error);
}
