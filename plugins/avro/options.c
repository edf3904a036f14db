#include "options.h"

#include "schema.h"

// Checks a name; with dots if `is_full`.
static int32_t check_name(const char *option, const char *name, int is_full, mill_error *error) {
  const char *part = name;
  for (const char *dot;
       is_full && (dot = strchr(part, '.')) != NULL && avro_is_name(part, (size_t)(dot - part));)
    part = dot + 1;
  if (avro_is_name(part, strlen(part)))
    return MILL_OK;
  return mill_fail(error, MILL_CLASS_FATAL, 0,
                   "config: \"%s\" is \"%.100s\"; write letters, digits and _%s, no digit first", option, name,
                   is_full ? ", parts separated by dots" : "");
}

int32_t avro_options_read(const char *json, uint32_t part, avro_options *out, mill_error *error) {
  char name[AVRO_NAME_MAX + 1], space[AVRO_NAME_MAX + 1] = "";
  strcpy(name, part == MILL_PART_KEY ? "key" : "value");
  if (mill_json_string(json, "record_name", name, sizeof name, error) != MILL_OK ||
      mill_json_string(json, "namespace", space, sizeof space, error) != MILL_OK)
    return MILL_FAILED;
  if (check_name("record_name", name, 0, error) != MILL_OK ||
      (space[0] != '\0' && check_name("namespace", space, 1, error) != MILL_OK))
    return MILL_FAILED;
  snprintf(out->record_name, sizeof out->record_name, "%s%s%s", space, space[0] == '\0' ? "" : ".", name);
  return MILL_OK;
}
