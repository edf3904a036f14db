#include "options.h"

int proto_is_identifier(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    char c = text[i];
    int is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!is_letter && (i == 0 || c < '0' || c > '9'))
      return 0;
  }
  return size > 0;
}

int32_t proto_options_read(const char *json, proto_options *out, mill_error *error) {
  out->message[0] = out->unknown_fields[0] = '\0';
  if (mill_json_string(json, "message", out->message, sizeof out->message, error) != MILL_OK ||
      mill_json_string(json, "unknown_fields", out->unknown_fields, sizeof out->unknown_fields, error) !=
          MILL_OK)
    return MILL_FAILED;
  const char *part = out->message;
  for (const char *dot; (dot = strchr(part, '.')) != NULL && proto_is_identifier(part, (size_t)(dot - part));)
    part = dot + 1;
  if (out->message[0] == '\0' || proto_is_identifier(part, strlen(part)))
    return MILL_OK;
  return mill_fail(error, MILL_CLASS_FATAL, 0,
                   "config: \"message\" is \"%.100s\"; write a full name: identifiers, separated by dots",
                   out->message);
}
