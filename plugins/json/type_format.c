#include "type.h"

// An Arrow format without parameters.
typedef struct simple_format {
  const char *format;
  const char *title;
  json_kind kind;
  uint32_t width;
  int is_signed;
  int64_t per_second;
} simple_format;

static const simple_format simple_formats[] = {
    {"b", "bool", JSON_BOOL, 0, 0, 0},
    {"c", "int8", JSON_INTEGER, 1, 1, 0},
    {"C", "uint8", JSON_INTEGER, 1, 0, 0},
    {"s", "int16", JSON_INTEGER, 2, 1, 0},
    {"S", "uint16", JSON_INTEGER, 2, 0, 0},
    {"i", "int32", JSON_INTEGER, 4, 1, 0},
    {"I", "uint32", JSON_INTEGER, 4, 0, 0},
    {"l", "int64", JSON_INTEGER, 8, 1, 0},
    {"L", "uint64", JSON_INTEGER, 8, 0, 0},
    {"f", "float32", JSON_FLOAT32, 4, 0, 0},
    {"g", "float64", JSON_FLOAT64, 8, 0, 0},
    {"vu", "utf8", JSON_TEXT, 16, 0, 0},
    {"u", "utf8", JSON_TEXT, 16, 0, 0},
    {"U", "utf8", JSON_TEXT, 16, 0, 0},
    {"vz", "binary", JSON_BINARY, 16, 0, 0},
    {"z", "binary", JSON_BINARY, 16, 0, 0},
    {"Z", "binary", JSON_BINARY, 16, 0, 0},
    {"tdD", "date32", JSON_DATE, 4, 0, 0},
    {"tdm", "date64", JSON_DATE, 8, 0, 0},
    {"tts", "time32[s]", JSON_TIME, 4, 0, 1},
    {"ttm", "time32[ms]", JSON_TIME, 4, 0, 1000},
    {"ttu", "time64[us]", JSON_TIME, 8, 0, 1000000},
    {"ttn", "time64[ns]", JSON_TIME, 8, 0, 1000000000},
    {"+l", "list", JSON_LIST, 0, 0, 0},
    {"+s", "struct", JSON_STRUCT, 0, 0, 0},
    {"+m", "map", JSON_MAP, 0, 0, 0},
};

static void set_range(json_type *type, int is_signed) {
  unsigned bits = type->width * 8;
  type->least = is_signed ? UINT64_C(1) << (bits - 1) : 0;
  type->largest = is_signed ? type->least - 1 : UINT64_MAX >> (64 - bits);
}

static int read_simple(json_type *type, const char *format) {
  size_t count = sizeof simple_formats / sizeof simple_formats[0];
  for (const simple_format *simple = simple_formats; simple < simple_formats + count; simple++) {
    if (strcmp(simple->format, format) != 0)
      continue;
    type->kind = simple->kind;
    type->width = simple->width;
    type->layout = mill_layout_of(format);
    type->per_second = simple->per_second;
    if (type->kind == JSON_INTEGER)
      set_range(type, simple->is_signed);
    snprintf(type->title, sizeof type->title, "%s", simple->title);
    return 1;
  }
  return 0;
}

static int read_timestamp(json_type *type, const char *format) {
  static const char units[] = "smun";
  static const char *const names[] = {"s", "ms", "us", "ns"};
  static const int64_t per_second[] = {1, 1000, 1000000, 1000000000};
  const char *unit = format[2] == '\0' ? NULL : strchr(units, format[2]);
  if (unit == NULL || format[3] != ':')
    return 0;
  const char *zone = format + 4;
  type->kind = JSON_TIMESTAMP;
  type->width = 8;
  set_range(type, 1);
  type->per_second = per_second[unit - units];
  type->has_zone = *zone != '\0';
  snprintf(type->title, sizeof type->title, "timestamp[%s%s%.40s]", names[unit - units], *zone ? ", " : "",
           zone);
  return 1;
}

static int read_decimal(json_type *type, const char *format) {
  int precision, scale, bits = 128, end = 0;
  if (sscanf(format, "d:%2d,%2d%n,%3d%n", &precision, &scale, &end, &bits, &end) < 2 || format[end] != '\0')
    return 0;
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision || bits != 128)
    return 0;
  type->kind = JSON_DECIMAL;
  type->width = 16;
  type->precision = precision;
  type->scale = scale;
  type->limit = 1;
  for (int i = 0; i < precision; i++)
    type->limit *= 10;
  snprintf(type->title, sizeof type->title, "decimal128(%d, %d)", precision, scale);
  return 1;
}

int json_type_read_format(json_type *type, const char *format) {
  if (strncmp(format, "ts", 2) == 0)
    return read_timestamp(type, format);
  if (strncmp(format, "d:", 2) == 0)
    return read_decimal(type, format);
  return read_simple(type, format);
}
