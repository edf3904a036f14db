#include "schema_read.h"

// A logical type without parameters.
typedef struct simple_logical {
  const char *name;
  avro_kind kind;
  avro_logical logical;
  int64_t per_second;
} simple_logical;

static const simple_logical simple_logicals[] = {
    {"date", AVRO_INT, AVRO_DATE, 0},
    {"time-millis", AVRO_INT, AVRO_TIME, 1000},
    {"time-micros", AVRO_LONG, AVRO_TIME, 1000000},
    {"timestamp-millis", AVRO_LONG, AVRO_TIMESTAMP, 1000},
    {"timestamp-micros", AVRO_LONG, AVRO_TIMESTAMP, 1000000},
    {"local-timestamp-millis", AVRO_LONG, AVRO_LOCAL_TIMESTAMP, 1000},
    {"local-timestamp-micros", AVRO_LONG, AVRO_LOCAL_TIMESTAMP, 1000000},
};

// Digits that a two's complement number of `size` bytes always holds.
static int64_t digits_of(int64_t size) {
  return size > 1000 ? 2400 : (int64_t)((double)(8 * size - 1) * 0.30103);
}

static void set_decimal(avro_type *type, const json_tree *json) {
  int64_t precision = 0, scale = 0;
  const json_tree *given = json_tree_member(json, "scale");
  if (!json_tree_integer(json_tree_member(json, "precision"), &precision) ||
      (given != NULL && !json_tree_integer(given, &scale)))
    return;
  int64_t most = type->kind == AVRO_FIXED ? digits_of(type->size) : INT32_MAX;
  if (precision < 1 || precision > most || scale < 0 || scale > precision)
    return;
  type->logical = AVRO_DECIMAL;
  type->precision = (int)precision;
  type->scale = (int)scale;
}

void avro_schema_set_logical(avro_type *type, const json_tree *json) {
  const char *name = json_tree_text(json, "logicalType");
  if (name == NULL)
    return;
  if (strcmp(name, "decimal") == 0 && (type->kind == AVRO_BYTES || type->kind == AVRO_FIXED))
    set_decimal(type, json);
  for (size_t i = 0; i < sizeof simple_logicals / sizeof simple_logicals[0]; i++) {
    const simple_logical *simple = &simple_logicals[i];
    if (simple->kind != type->kind || strcmp(simple->name, name) != 0)
      continue;
    type->logical = simple->logical;
    type->per_second = simple->per_second;
  }
}
