#include "read.h"

AVRO_READ(avro_skip_nothing) {
  (void)decoder, (void)step, (void)column, (void)slot;
  return at;
}

AVRO_READ(avro_skip_boolean) {
  (void)slot;
  if (at >= decoder->end)
    return avro_fail_end(decoder, step, column, at);
  return *at <= 1
             ? at + 1
             : avro_fail(decoder, step, column, at, AVRO_BAD_DATA, "a boolean of %d, expected 0 or 1", *at);
}

AVRO_READ(avro_skip_integer) {
  (void)slot;
  int64_t value, most = step->written->kind == AVRO_ENUM ? step->written->count : INT64_MAX;
  const uint8_t *behind = avro_read_long(at, &value);
  if (behind == NULL || behind > decoder->end)
    return avro_fail_end(decoder, step, column, at);
  int is_bad = step->written->kind == AVRO_ENUM  ? value < 0 || value >= most
               : step->written->kind == AVRO_INT ? value != (int32_t)value
                                                 : 0;
  return is_bad ? avro_fail(decoder, step, column, at, AVRO_BAD_DATA, "%lld is out of range for %s",
                            (long long)value, step->written->name)
                : behind;
}

AVRO_READ(avro_skip_sized) {
  (void)slot;
  return decoder->end - at >= step->size ? at + step->size : avro_fail_end(decoder, step, column, at);
}

AVRO_READ(avro_skip_bytes) {
  (void)slot;
  int64_t size = 0;
  const uint8_t *bytes = avro_read_size(decoder, step, column, at, &size);
  if (bytes == NULL)
    return NULL;
  int64_t bad = step->written->kind == AVRO_STRING ? mill_utf8_invalid_at(bytes, size) : -1;
  return bad < 0 ? bytes + size
                 : avro_fail(decoder, step, column, bytes + bad, AVRO_BAD_DATA,
                             "a byte that is not UTF-8, expected text");
}

// Goes one level down; 0, noted, if there are too many. Records count as items: types may nest so that few of
// them make endlessly many values without bytes.
static int enter(avro_decoder *decoder, const avro_step *step, const uint8_t *at) {
  if (decoder->items_left-- <= 0) {
    avro_fail(decoder, step, NULL, at, AVRO_BAD_DATA, "more values than its bytes can hold");
    return 0;
  }
  if (decoder->depth++ < AVRO_DEPTH_MAX)
    return 1;
  avro_fail(decoder, step, NULL, at, AVRO_BAD_DATA, "values are nested more than %d deep", AVRO_DEPTH_MAX);
  return 0;
}

AVRO_READ(avro_skip_record) {
  if (!enter(decoder, step, at))
    return NULL;
  for (uint32_t i = 0; i < step->count && at != NULL; i++)
    at = step->steps[i]->read(decoder, step->steps[i], column, slot, at);
  decoder->depth--;
  return at;
}

AVRO_READ(avro_skip_items) {
  int64_t count = 1;
  if (!enter(decoder, step, at))
    return NULL;
  while (count > 0 && at != NULL) {
    at = avro_read_block(decoder, step, column, at, &count);
    for (int64_t i = 0; i < count && at != NULL; i++) {
      if (step->count > 1)
        at = avro_skip_bytes(decoder, step->steps[1], column, slot, at);
      if (at != NULL)
        at = step->steps[0]->read(decoder, step->steps[0], column, slot, at);
    }
  }
  decoder->depth--;
  return at;
}
