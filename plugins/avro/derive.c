#include "derive.h"

#include "../common/encoded.h"

// A schema's text under construction.
typedef struct writer {
  encoded to;
  int is_out_of_memory;
  const column_type *misnamed;
} writer;

static void put(writer *to, const char *text) {
  if (!encoded_put_text(&to->to, text))
    to->is_out_of_memory = 1;
}

static void put_type(writer *to, const column_type *type, const char *path);

static void put_logical(writer *to, const char *kind, const char *logical) {
  put(to, "{\"type\":\"");
  put(to, kind);
  put(to, "\",\"logicalType\":\"");
  put(to, logical);
  put(to, "\"}");
}

static void put_timestamp(writer *to, const column_type *type) {
  char logical[40];
  snprintf(logical, sizeof logical, "%stimestamp-%s", type->has_zone ? "" : "local-",
           type->per_second <= 1000 ? "millis" : "micros");
  put_logical(to, "long", logical);
}

static void put_decimal(writer *to, const column_type *type) {
  char text[100];
  snprintf(text, sizeof text, "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":%d,\"scale\":%d}",
           type->precision, type->scale);
  put(to, text);
}

static void put_field(writer *to, const column_type *type, const char *path) {
  if (!avro_is_name(type->name, type->name_size))
    to->misnamed = type;
  put(to, "{\"name\":\"");
  put(to, type->name);
  put(to, "\",\"type\":");
  put_type(to, type, path);
  put(to, type->is_nullable ? ",\"default\":null}" : "}");
}

static char *path_of(const char *path, const char *name) {
  size_t size = strlen(path) + strlen(name) + 2;
  char *longer = malloc(size);
  if (longer != NULL)
    snprintf(longer, size, "%s.%s", path, name);
  return longer;
}

static void put_record(writer *to, const column_type *type, const char *path) {
  put(to, "{\"type\":\"record\",\"name\":\"");
  put(to, path);
  put(to, "\",\"fields\":[");
  for (uint32_t i = 0; i < type->child_count && !to->is_out_of_memory; i++) {
    char *inner = path_of(path, type->children[i].name);
    if (i > 0)
      put(to, ",");
    if (inner == NULL)
      to->is_out_of_memory = 1;
    else
      put_field(to, &type->children[i], inner);
    free(inner);
  }
  put(to, "]}");
}

static void put_items(writer *to, const column_type *type, const char *path) {
  int is_map = type->kind == COLUMN_MAP;
  char *inner = path_of(path, "item");
  put(to, is_map ? "{\"type\":\"map\",\"values\":" : "{\"type\":\"array\",\"items\":");
  if (inner == NULL)
    to->is_out_of_memory = 1;
  else
    put_type(to, &type->children[is_map], inner);
  free(inner);
  put(to, "}");
}

static void put_plain(writer *to, const column_type *type) {
  switch (type->kind) {
  case COLUMN_BOOL:
    put(to, "\"boolean\"");
    break;
  case COLUMN_INTEGER:
    put(to, type->largest <= INT32_MAX ? "\"int\"" : "\"long\"");
    break;
  case COLUMN_FLOAT32:
    put(to, "\"float\"");
    break;
  case COLUMN_FLOAT64:
    put(to, "\"double\"");
    break;
  case COLUMN_TEXT:
    put(to, "\"string\"");
    break;
  default:
    put(to, "\"bytes\"");
  }
}

static void put_kind(writer *to, const column_type *type, const char *path) {
  switch (type->kind) {
  case COLUMN_DATE:
    put_logical(to, "int", "date");
    break;
  case COLUMN_TIME:
    put_logical(to, type->per_second <= 1000 ? "int" : "long",
                type->per_second <= 1000 ? "time-millis" : "time-micros");
    break;
  case COLUMN_TIMESTAMP:
    put_timestamp(to, type);
    break;
  case COLUMN_DECIMAL:
    put_decimal(to, type);
    break;
  case COLUMN_LIST:
  case COLUMN_MAP:
    put_items(to, type, path);
    break;
  case COLUMN_STRUCT:
    put_record(to, type, path);
    break;
  default:
    put_plain(to, type);
  }
}

static void put_type(writer *to, const column_type *type, const char *path) {
  if (type->is_nullable)
    put(to, "[\"null\",");
  put_kind(to, type, path);
  if (type->is_nullable)
    put(to, "]");
}

avro_schema *avro_derive(const column_type *row, const char *name, const char *title, mill_error *error) {
  writer to = {.misnamed = NULL};
  avro_schema *schema = NULL;
  put_record(&to, row, name);
  mill_schema from = {.struct_size = sizeof from,
                      .name = "of the columns",
                      .text = (const char *)to.to.bytes,
                      .text_size = to.to.size};
  if (to.is_out_of_memory)
    mill_fail_memory(error, title);
  else if (to.misnamed != NULL)
    mill_fail(error, MILL_CLASS_FATAL, 0,
              "%s: column \"%.200s\" has no Avro name; rename it to letters, digits and _, no digit first",
              title, to.misnamed->name);
  else
    schema = avro_schema_read(&from, title, error);
  encoded_free(&to.to);
  return schema;
}
