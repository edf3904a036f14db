#include "plan.h"

// Writes where a value is to `out`: the column's path, else the field, else nothing.
static void write_place(const proto_step *step, const column_builder *column, char *out, size_t size) {
  char path[200] = "";
  if (column != NULL)
    column_type_path(column->type, path, sizeof path);
  else if (step != NULL && step->field != NULL)
    snprintf(path, sizeof path, "%.190s", step->field->name);
  snprintf(out, size, path[0] == '\0' ? "%s" : "field \"%s\": ", path);
}

const uint8_t *proto_fail(proto_decoder *decoder, const proto_step *step, const column_builder *column,
                          const uint8_t *at, int32_t code, const char *format, ...) {
  char place[256], problem[MILL_ERROR_MESSAGE_SIZE];
  write_place(step, column, place, sizeof place);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(problem, sizeof problem, format, arguments);
  va_end(arguments);
  mill_error error = {.struct_size = sizeof error};
  if (at >= decoder->source.data && at <= decoder->source.data_end)
    mill_fail(&error, MILL_CLASS_ROW, code, "%sat byte %lld: %s", place, (long long)(at - decoder->start),
              problem);
  else
    mill_fail(&error, MILL_CLASS_ROW, code, "%s%s", place, problem);
  memcpy(decoder->message, error.message, sizeof decoder->message);
  decoder->code = code;
  return NULL;
}

const uint8_t *proto_fail_end(proto_decoder *decoder, const proto_step *step, const column_builder *column,
                              const uint8_t *at) {
  uint64_t value;
  const proto_field *field = step == NULL ? NULL : step->field;
  proto_wire wire = field == NULL ? PROTO_WIRE_VARINT : proto_wire_of(field->kind);
  if (wire == PROTO_WIRE_GROUP)
    return proto_fail(decoder, step, column, at, PROTO_BAD_DATA,
                      "a group that does not end in its message, or is malformed");
  // With fewer bytes left, some that it is read from are another row's.
  int is_whole = at >= decoder->start && decoder->end - at >= VARINT_MAX;
  int is_long =
      (wire == PROTO_WIRE_VARINT || wire == PROTO_WIRE_SIZED) && is_whole && varint_read(at, &value) == NULL;
  return proto_fail(decoder, step, column, at, PROTO_BAD_DATA,
                    is_long ? "an integer of more than 64 bits, expected %s"
                            : "the message ends too early, expected %s",
                    field == NULL ? "a field" : proto_kind_name(field->kind));
}

const uint8_t *proto_fail_memory(proto_decoder *decoder) {
  decoder->is_out_of_memory = 1;
  return NULL;
}
