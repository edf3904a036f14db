#include "options.h"

// Reads member `key`, if there is one, as text of less than `size` bytes into `out`; how many they are, escaped
// NULs counted in, is left in `length`.
static int32_t read_text(const char *json, const char *key, char *out, size_t size, size_t *length,
                         mill_error *error) {
  if (mill_json_member(json, key) == NULL)
    return MILL_OK;
  memset(out, 0xFF, size);
  if (mill_json_string(json, key, out, size, error) != MILL_OK)
    return MILL_FAILED;
  // The last NUL is the one that ends the text: behind it is what was there before.
  while (out[size - 1] != '\0')
    size--;
  *length = size - 1;
  return MILL_OK;
}

// Reads member `key` as one ASCII character into `out`, which holds what it is without.
static int32_t read_character(const char *json, const char *key, uint8_t *out, mill_error *error) {
  char text[64] = {(char)*out};
  size_t length = 1;
  if (read_text(json, key, text, sizeof text, &length, error) != MILL_OK)
    return MILL_FAILED;
  *out = (uint8_t)text[0];
  if (length == 1 && *out < 0x80 && *out != '\0' && *out != '\r' && *out != '\n')
    return MILL_OK;
  return mill_fail(error, MILL_CLASS_FATAL, 0,
                   "config: \"%s\" must be one ASCII character that is no line end and not NUL", key);
}

static int32_t read_null(const char *json, csv_options *out, mill_error *error) {
  size_t length = 0;
  if (read_text(json, "null", out->null, sizeof out->null, &length, error) != MILL_OK)
    return MILL_FAILED;
  out->null_size = (int64_t)length;
  for (int64_t i = 0; i < out->null_size; i++)
    if (out->marks[(uint8_t)out->null[i]] & (CSV_MARK_SPECIAL | CSV_MARK_NUL))
      return mill_fail(error, MILL_CLASS_FATAL, 0,
                       "config: \"null\" must hold no delimiter, quote, line end or NUL: it is never quoted");
  return MILL_OK;
}

static int32_t read_extra(const char *json, csv_options *out, mill_error *error) {
  char text[16] = "error";
  if (mill_json_string(json, "extra", text, sizeof text, error) != MILL_OK)
    return MILL_FAILED;
  out->skips_extra = strcmp(text, "skip") == 0;
  if (out->skips_extra || strcmp(text, "error") == 0)
    return MILL_OK;
  return mill_fail(error, MILL_CLASS_FATAL, 0, "config: \"extra\" is \"%s\"; write \"error\" or \"skip\"",
                   text);
}

// Whether a byte may be part of a value that is no text: a number, true, a time, base64.
static int is_of_values(uint8_t c) {
  uint8_t lower = c | 0x20;
  return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z') || (c != '\0' && strchr("+-.:/=", c) != NULL);
}

static void set_marks(csv_options *out) {
  memset(out->marks + 0x80, CSV_MARK_OTHER, 0x80);
  out->marks[0] = CSV_MARK_NUL;
  out->marks['\r'] = out->marks['\n'] = out->marks[out->delimiter] = CSV_MARK_SPECIAL;
  out->marks[out->quote] = CSV_MARK_SPECIAL | CSV_MARK_QUOTE;
  out->splits_values = is_of_values(out->delimiter) || is_of_values(out->quote);
}

int32_t csv_options_read(const char *json, csv_options *out, mill_error *error) {
  *out = (csv_options){.delimiter = ',', .quote = '"'};
  if (read_character(json, "delimiter", &out->delimiter, error) != MILL_OK ||
      read_character(json, "quote", &out->quote, error) != MILL_OK)
    return MILL_FAILED;
  if (out->delimiter == out->quote)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "config: \"delimiter\" and \"quote\" are the same; choose another for one of them");
  set_marks(out);
  return read_null(json, out, error) == MILL_OK ? read_extra(json, out, error) : MILL_FAILED;
}
