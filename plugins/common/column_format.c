#include "column_type.h"

// An Arrow format without parameters.
typedef struct simple_format {
  const char *format;
  const char *title;
  column_kind kind;
  uint32_t width;
  int is_signed;
  int64_t per_second;
} simple_format;

static const simple_format simple_formats[] = {
    {"b", "bool", COLUMN_BOOL, 0, 0, 0},
    {"c", "int8", COLUMN_INTEGER, 1, 1, 0},
    {"C", "uint8", COLUMN_INTEGER, 1, 0, 0},
    {"s", "int16", COLUMN_INTEGER, 2, 1, 0},
    {"S", "uint16", COLUMN_INTEGER, 2, 0, 0},
    {"i", "int32", COLUMN_INTEGER, 4, 1, 0},
    {"I", "uint32", COLUMN_INTEGER, 4, 0, 0},
    {"l", "int64", COLUMN_INTEGER, 8, 1, 0},
    {"L", "uint64", COLUMN_INTEGER, 8, 0, 0},
    {"f", "float32", COLUMN_FLOAT32, 4, 0, 0},
    {"g", "float64", COLUMN_FLOAT64, 8, 0, 0},
    {"vu", "utf8", COLUMN_TEXT, 16, 0, 0},
    {"u", "utf8", COLUMN_TEXT, 16, 0, 0},
    {"U", "utf8", COLUMN_TEXT, 16, 0, 0},
    {"vz", "binary", COLUMN_BINARY, 16, 0, 0},
    {"z", "binary", COLUMN_BINARY, 16, 0, 0},
    {"Z", "binary", COLUMN_BINARY, 16, 0, 0},
    {"tdD", "date32", COLUMN_DATE, 4, 0, 0},
    {"tdm", "date64", COLUMN_DATE, 8, 0, 0},
    {"tts", "time32[s]", COLUMN_TIME, 4, 0, 1},
    {"ttm", "time32[ms]", COLUMN_TIME, 4, 0, 1000},
    {"ttu", "time64[us]", COLUMN_TIME, 8, 0, 1000000},
    {"ttn", "time64[ns]", COLUMN_TIME, 8, 0, 1000000000},
    {"+l", "list", COLUMN_LIST, 0, 0, 0},
    {"+s", "struct", COLUMN_STRUCT, 0, 0, 0},
    {"+m", "map", COLUMN_MAP, 0, 0, 0},
};

static void set_range(column_type *type, int is_signed) {
  unsigned bits = type->width * 8;
  type->least = is_signed ? UINT64_C(1) << (bits - 1) : 0;
  type->largest = is_signed ? type->least - 1 : UINT64_MAX >> (64 - bits);
}

static int read_simple(column_type *type, const char *format) {
  size_t count = sizeof simple_formats / sizeof simple_formats[0];
  for (const simple_format *simple = simple_formats; simple < simple_formats + count; simple++) {
    if (strcmp(simple->format, format) != 0)
      continue;
    type->kind = simple->kind;
    type->width = simple->width;
    type->layout = mill_layout_of(format);
    type->per_second = simple->per_second;
    if (type->kind == COLUMN_INTEGER)
      set_range(type, simple->is_signed);
    snprintf(type->title, sizeof type->title, "%s", simple->title);
    return 1;
  }
  return 0;
}

static int read_timestamp(column_type *type, const char *format) {
  static const char units[] = "smun";
  static const char *const names[] = {"s", "ms", "us", "ns"};
  static const int64_t per_second[] = {1, 1000, 1000000, 1000000000};
  const char *unit = format[2] == '\0' ? NULL : strchr(units, format[2]);
  if (unit == NULL || format[3] != ':')
    return 0;
  const char *zone = format + 4;
  type->kind = COLUMN_TIMESTAMP;
  type->width = 8;
  set_range(type, 1);
  type->per_second = per_second[unit - units];
  type->has_zone = *zone != '\0';
  snprintf(type->title, sizeof type->title, "timestamp[%s%s%.40s]", names[unit - units], *zone ? ", " : "",
           zone);
  return 1;
}

static int read_decimal(column_type *type, const char *format) {
  int precision, scale, bits = 128, end = 0;
  if (sscanf(format, "d:%2d,%2d%n,%3d%n", &precision, &scale, &end, &bits, &end) < 2 || format[end] != '\0')
    return 0;
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision || bits != 128)
    return 0;
  type->kind = COLUMN_DECIMAL;
  type->width = 16;
  type->precision = precision;
  type->scale = scale;
  type->limit = 1;
  for (int i = 0; i < precision; i++)
    type->limit *= 10;
  snprintf(type->title, sizeof type->title, "decimal128(%d, %d)", precision, scale);
  return 1;
}

int column_type_read_format(column_type *type, const char *format) {
  if (strncmp(format, "ts", 2) == 0)
    return read_timestamp(type, format);
  if (strncmp(format, "d:", 2) == 0)
    return read_decimal(type, format);
  return read_simple(type, format);
}
