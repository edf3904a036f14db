#include "derive.h"

static int write_bytes(encoded *out, const char *text, int64_t size) {
  if (!encoded_reserve(out, size))
    return 0;
  memcpy(out->bytes + out->size, text, (size_t)size);
  out->size += size;
  return 1;
}

static int write_text(encoded *out, const char *text) { return write_bytes(out, text, (int64_t)strlen(text)); }

static int write_type(const column_type *type, encoded *out);

// `"name":{…}` of each field, and the names of those that are required.
static int write_struct(const column_type *type, encoded *out) {
  int is_written = write_text(out, "\"type\":\"object\",\"properties\":{");
  for (uint32_t i = 0; i < type->child_count; i++) {
    const column_type *field = &type->children[i];
    int64_t skipped = i == 0; // the label's comma
    is_written = is_written && write_bytes(out, field->label + skipped, (int64_t)field->label_size - skipped) &&
                 write_type(field, out);
  }
  is_written = is_written && write_text(out, "},\"additionalProperties\":false");
  const char *before = ",\"required\":[";
  for (uint32_t i = 0; i < type->child_count; i++) {
    const column_type *field = &type->children[i];
    if (field->is_nullable)
      continue;
    // A label is `,"name":`.
    is_written = is_written && write_text(out, before) &&
                 write_bytes(out, field->label + 1, (int64_t)field->label_size - 2);
    before = ",";
  }
  return is_written && (before[1] == '\0' ? write_text(out, "]") : 1);
}

static int write_bounds(const column_type *type, encoded *out) {
  char text[112];
  snprintf(text, sizeof text, "\"type\":\"integer\",\"minimum\":%s%llu,\"maximum\":%llu",
           type->least == 0 ? "" : "-", (unsigned long long)type->least, (unsigned long long)type->largest);
  return write_text(out, text);
}

static int write_child(const char *before, const column_type *child, encoded *out) {
  return write_text(out, before) && write_type(child, out);
}

static int write_keywords(const column_type *type, encoded *out) {
  switch (type->kind) {
  case COLUMN_BOOL:
    return write_text(out, "\"type\":\"boolean\"");
  case COLUMN_INTEGER:
    return write_bounds(type, out);
  case COLUMN_FLOAT32:
  case COLUMN_FLOAT64:
  case COLUMN_DECIMAL:
    return write_text(out, "\"type\":\"number\"");
  case COLUMN_TEXT:
    return write_text(out, "\"type\":\"string\"");
  case COLUMN_BINARY:
    return write_text(out, "\"type\":\"string\",\"contentEncoding\":\"base64\"");
  case COLUMN_DATE:
    return write_text(out, "\"type\":\"string\",\"format\":\"date\"");
  case COLUMN_TIME:
    return write_text(out,
                      "\"type\":\"string\",\"pattern\":\"^\\\\d\\\\d:\\\\d\\\\d:\\\\d\\\\d(\\\\.\\\\d+)?$\"");
  case COLUMN_TIMESTAMP:
    // RFC 3339, which `date-time` stands for, has an offset.
    return write_text(out,
                      type->has_zone ? "\"type\":\"string\",\"format\":\"date-time\"" : "\"type\":\"string\"");
  case COLUMN_LIST:
    return write_child("\"type\":\"array\",\"items\":", &type->children[0], out);
  case COLUMN_MAP:
    return write_child("\"type\":\"object\",\"additionalProperties\":", &type->children[1], out);
  default:
    return write_struct(type, out);
  }
}

static int write_type(const column_type *type, encoded *out) {
  const char *before = type->is_nullable ? "{\"oneOf\":[{\"type\":\"null\"},{" : "{";
  return write_text(out, before) && write_keywords(type, out) &&
         write_text(out, type->is_nullable ? "}]}" : "}");
}

static int write_title(const char *title, encoded *out) {
  return title[0] == '\0' ||
         (write_text(out, "\"title\":\"") && write_text(out, title) && write_text(out, "\","));
}

int json_derive(const column_type *type, const char *title, encoded *out) {
  out->size = 0;
  return write_text(out, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",") &&
         write_title(title, out) && write_struct(type, out) && write_bytes(out, "}", 2); // and its NUL
}
