#include "type.h"

// Writes `,"name":` with the escapes that JSON needs; returns its end.
static char *write_label(const char *name, char *out) {
  *out++ = ',';
  *out++ = '"';
  for (; *name != '\0'; name++) {
    unsigned char c = (unsigned char)*name;
    if (c < 0x20) {
      out += sprintf(out, "\\u%04x", c);
      continue;
    }
    if (c == '"' || c == '\\')
      *out++ = '\\';
    *out++ = (char)c;
  }
  *out++ = '"';
  *out++ = ':';
  return out;
}

static int make_label(column_type *type) {
  type->label = calloc(1, (size_t)type->name_size * 6 + 4 + 17);
  if (type->label == NULL)
    return 0;
  type->label_size = (uint32_t)(write_label(type->name, type->label) - type->label);
  return 1;
}

static const column_rules rules = {
    .title = "serde \"json\"",
    .types = "bool, int8 to uint64, float32, float64, utf8, binary, date32, date64, time32, "
             "time64, timestamp, decimal128, list, struct or map<utf8, …>",
    .make_label = make_label};

column_type *json_type_make(const struct ArrowSchema *schema, int is_decode, mill_error *error) {
  return column_type_make(&rules, schema, is_decode, error);
}
