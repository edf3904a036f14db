#include "decoder.h"

#include "binary.h"

// Writes where a value is to `out`: the column's path, else the writer's field, else nothing.
static void write_place(const avro_step *step, const column_builder *column, char *out, size_t size) {
  char path[200] = "";
  if (column != NULL)
    column_type_path(column->type, path, sizeof path);
  else if (step->name != NULL)
    snprintf(path, sizeof path, "%.190s", step->name);
  snprintf(out, size, path[0] == '\0' ? "%s" : "field \"%s\": ", path);
}

const uint8_t *avro_fail(avro_decoder *decoder, const avro_step *step, const column_builder *column,
                         const uint8_t *at, int32_t code, const char *format, ...) {
  char place[256], problem[MILL_ERROR_MESSAGE_SIZE];
  write_place(step, column, place, sizeof place);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(problem, sizeof problem, format, arguments);
  va_end(arguments);
  mill_error error = {.struct_size = sizeof error};
  mill_fail(&error, MILL_CLASS_ROW, code, "%sat byte %lld: %s", place, (long long)(at - decoder->start),
            problem);
  memcpy(decoder->message, error.message, sizeof decoder->message);
  decoder->code = code;
  return NULL;
}

const uint8_t *avro_fail_end(avro_decoder *decoder, const avro_step *step, const column_builder *column,
                             const uint8_t *at) {
  int64_t value;
  // With fewer bytes left, some that it is read from are another row's.
  int is_long = decoder->end - at >= AVRO_LONG_MAX && avro_read_long(at, &value) == NULL;
  return avro_fail(decoder, step, column, at > decoder->end ? decoder->end : at, AVRO_BAD_DATA,
                   is_long ? "an integer of more than 64 bits, expected %s"
                           : "the bytes end too early, expected %s",
                   step->written == NULL ? "a value" : step->written->name);
}

const uint8_t *avro_fail_memory(avro_decoder *decoder) {
  decoder->is_out_of_memory = 1;
  return NULL;
}
