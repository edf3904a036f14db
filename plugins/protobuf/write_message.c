#include "encode.h"

int proto_write_fail(proto_encoder *encoder, const column_type *column, const char *format, ...) {
  char path[256], problem[256];
  column_type_path(column, path, sizeof path);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(problem, sizeof problem, format, arguments);
  va_end(arguments);
  snprintf(encoder->message, sizeof encoder->message, "field \"%.240s\": %.240s", path, problem);
  return 0;
}

int proto_end_sized(proto_encoder *encoder, int64_t start) {
  int64_t size = encoder->to->size - start;
  uint8_t length[VARINT_MAX];
  int64_t more = varint_write((uint64_t)size, length) - length - 1;
  if (more > 0) {
    // Room for one byte was left: most messages are short.
    if (proto_write_room(encoder, more) == NULL)
      return 0;
    uint8_t *bytes = encoder->to->bytes + start;
    memmove(bytes + more, bytes, (size_t)size);
    encoder->to->size += more;
  }
  memcpy(encoder->to->bytes + start - 1, length, (size_t)more + 1);
  return 1;
}

int proto_write_message(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                        int64_t index) {
  int64_t start = proto_begin_sized(encoder);
  return start > 0 && proto_write_columns(encoder, &step->inner, source->children, index) &&
         proto_end_sized(encoder, start);
}

int proto_write_group(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                      int64_t index) {
  return proto_write_columns(encoder, &step->inner, source->children, index) &&
         proto_put_tag(encoder, step->end_tag, step->tag_size);
}

static inline int put_value(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                            int64_t index) {
  return proto_put_tag(encoder, step->tag, step->tag_size) && step->write(encoder, step, source, index);
}

// Takes back a value that is the field's default, if that is as good as not set: its bytes are zeros.
static void take_back_zero(proto_encoder *encoder, const proto_writing *step, int64_t start) {
  const uint8_t *bytes = encoder->to->bytes + start + step->tag_size,
                *end = encoder->to->bytes + encoder->to->size;
  while (bytes < end && *bytes == 0)
    bytes++;
  if (bytes == end)
    encoder->to->size = start;
}

int proto_write_wrapper(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                        int64_t index) {
  const proto_writing *inner = step->inner.steps[0];
  int64_t start = proto_begin_sized(encoder);
  if (start == 0 || !put_value(encoder, inner, source, index))
    return 0;
  take_back_zero(encoder, inner, start);
  return proto_end_sized(encoder, start);
}

static int write_entries(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                         int32_t first, int32_t end) {
  for (int32_t i = first; i < end; i++) {
    if (mill_is_null(&source->children[1].column, i))
      return proto_write_fail(encoder, source->type, "a null value, but a map has no nulls");
    int64_t start = proto_put_tag(encoder, step->tag, step->tag_size) ? proto_begin_sized(encoder) : 0;
    if (start == 0 || !proto_write_columns(encoder, &step->inner, source->children, i) ||
        !proto_end_sized(encoder, start))
      return 0;
  }
  return 1;
}

// Writes the items of a list, in one piece if they are packed.
static int write_items(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                       int32_t first, int32_t end) {
  const column_source *items = source->children;
  int is_packed = step->field->is_packed;
  int64_t start = 0;
  if (first == end)
    return 1;
  if (is_packed &&
      (!proto_put_tag(encoder, step->tag, step->tag_size) || (start = proto_begin_sized(encoder)) == 0))
    return 0;
  for (int32_t i = first; i < end; i++) {
    if (mill_is_null(&items->column, i))
      return proto_write_fail(encoder, items->type, "null, but a repeated field has no nulls");
    if (!(is_packed ? step->write(encoder, step, items, i) : put_value(encoder, step, items, i)))
      return 0;
  }
  return !is_packed || proto_end_sized(encoder, start);
}

static int write_repeated(proto_encoder *encoder, const proto_writing *step, const column_source *source,
                          int64_t index) {
  const int32_t *offsets = (const int32_t *)source->column.values + index + source->column.offset;
  return source->type->kind == COLUMN_MAP ? write_entries(encoder, step, source, offsets[0], offsets[1])
                                          : write_items(encoder, step, source, offsets[0], offsets[1]);
}

int proto_write_field(proto_encoder *encoder, const proto_writing *step, const column_source *columns,
                      const column_source *source, int64_t index) {
  if (mill_is_null(&source->column, index))
    return step->field->label != PROTO_REQUIRED ||
           proto_write_fail(encoder, source->type, "null, but the field is required");
  for (uint32_t i = 0; i < step->rival_count; i++)
    if (!mill_is_null(&columns[step->rivals[i]].column, index))
      return proto_write_fail(encoder, source->type,
                              "it and \"%.100s\" have values, but only one of a oneof's fields can",
                              columns[step->rivals[i]].type->name);
  if (step->field->label == PROTO_REPEATED)
    return write_repeated(encoder, step, source, index);
  int64_t start = encoder->to->size;
  if (!put_value(encoder, step, source, index))
    return 0;
  if (!step->field->has_presence)
    take_back_zero(encoder, step, start);
  return 1;
}

int proto_write_columns(proto_encoder *encoder, const proto_write_fields *fields, const column_source *columns,
                        int64_t index) {
  for (uint32_t i = 0; i < fields->count; i++)
    if (!proto_write_field(encoder, fields->steps[i], columns, &columns[i], index))
      return 0;
  return 1;
}
