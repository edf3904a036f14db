#include "options.h"

// What may be part of a topic's name, as subjects often are.
static int is_name(const char *name) {
  return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

int32_t json_options_read(const char *json, json_options *out, mill_error *error) {
  if (mill_json_string(json, "record_name", out->record_name, sizeof out->record_name, error) != MILL_OK)
    return MILL_FAILED;
  if (is_name(out->record_name))
    return MILL_OK;
  return mill_fail(error, MILL_CLASS_FATAL, 0,
                   "config: \"record_name\" is \"%.100s\"; write letters, digits, '.', '_' and '-'",
                   out->record_name);
}
