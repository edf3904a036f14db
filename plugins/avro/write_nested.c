#include "encode.h"

int avro_write_fail(avro_encoder *encoder, const column_type *column, const char *format, ...) {
  char path[256], problem[256];
  column_type_path(column, path, sizeof path);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(problem, sizeof problem, format, arguments);
  va_end(arguments);
  snprintf(encoder->message, sizeof encoder->message, "field \"%.240s\": %.240s", path, problem);
  return 0;
}

int avro_write_value(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                     int64_t index) {
  if (mill_is_null(&source->column, index)) {
    if (step->null_branch >= 0)
      return avro_put_long(encoder, step->null_branch);
    return step->type->kind == AVRO_NULL ||
           avro_write_fail(encoder, source->type, "null, but the schema's %s is not", step->type->name);
  }
  if (step->branch >= 0 && !avro_put_long(encoder, step->branch))
    return 0;
  if (step->write == NULL)
    return avro_write_fail(encoder, source->type, "a value, but the schema takes null only");
  return step->write(encoder, step, source, index);
}

// As avro_write_value of a value in a row with nested ones, for what rows are mostly made of.
static inline int write_leaf(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                             int64_t index) {
  int64_t at = index + source->column.offset;
  uint8_t *out = avro_write_room(encoder, 2 * AVRO_LONG_MAX);
  if (out == NULL || step->leaf == AVRO_LEAF_NONE || mill_is_null(&source->column, index))
    return out != NULL && avro_write_value(encoder, step, source, index);
  if (step->branch >= 0)
    out = avro_write_long(step->branch, out);
  encoder->to->size = out - encoder->to->bytes;
  switch (step->leaf) {
  case AVRO_LEAF_TEXT:
    return avro_write_text(encoder, step, source, index);
  case AVRO_LEAF_INT32:
    out = avro_write_long(((const int32_t *)source->column.values)[at], out);
    break;
  case AVRO_LEAF_INT64:
    out = avro_write_long(((const int64_t *)source->column.values)[at], out);
    break;
  case AVRO_LEAF_DOUBLE:
    memcpy(out, (const double *)source->column.values + at, 8);
    out += 8;
    break;
  default:
    *out++ = (uint8_t)mill_bool(&source->column, index);
  }
  encoder->to->size = out - encoder->to->bytes;
  return 1;
}

int avro_write_record(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                      int64_t index) {
  for (uint32_t i = 0; i < step->count; i++) {
    const avro_writing *field = step->steps[i];
    const column_source *child = field->index < 0 ? NULL : &source->children[field->index];
    if (!(child == NULL ? avro_put_bytes(encoder, field->bytes, field->size)
                        : write_leaf(encoder, field, child, index)))
      return 0;
  }
  return 1;
}

// Writes the items of a list or a map as one block.
static int write_items(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                       int64_t index) {
  const int32_t *offsets = (const int32_t *)source->column.values + index + source->column.offset;
  int is_map = source->type->kind == COLUMN_MAP;
  if (offsets[1] > offsets[0] && !avro_put_long(encoder, offsets[1] - offsets[0]))
    return 0;
  for (int32_t i = offsets[0]; i < offsets[1]; i++) {
    if (is_map && !avro_write_text(encoder, step->steps[1], &source->children[0], i))
      return 0;
    if (!avro_write_value(encoder, step->steps[0], &source->children[is_map], i))
      return 0;
  }
  return avro_put_long(encoder, 0);
}

int avro_write_array(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                     int64_t index) {
  return write_items(encoder, step, source, index);
}

int avro_write_map(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                   int64_t index) {
  return write_items(encoder, step, source, index);
}

int avro_write_spread(avro_encoder *encoder, const avro_writing *step, const column_source *source,
                      int64_t index) {
  int64_t found = -1;
  for (uint32_t i = 0; i < step->count; i++) {
    if (mill_is_null(&source->children[i].column, index))
      continue;
    if (found >= 0)
      return avro_write_fail(encoder, source->type,
                             "more than one field is not null, but a union holds one value");
    found = i;
  }
  if (found < 0)
    return avro_write_fail(encoder, source->type, "no field has a value, but a union holds one");
  return avro_write_value(encoder, step->steps[found], &source->children[found], index);
}
