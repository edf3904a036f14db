#include "container_head.h"

#include "../avro/binary.h"

// Where reading is.
typedef struct cursor {
  const uint8_t *at, *end;
  head_state state;
  const char *problem;
} cursor;

static int fail(cursor *from, head_state state, const char *problem) {
  from->state = state;
  from->problem = problem;
  return 0;
}

static int take(cursor *from, int64_t size, const uint8_t **out) {
  if (size < 0)
    return fail(from, HEAD_IS_BAD, "a negative length in its metadata");
  if (size > from->end - from->at)
    return fail(from, HEAD_GOES_ON, NULL);
  *out = from->at;
  from->at += size;
  return 1;
}

static int take_long(cursor *from, int64_t *out) {
  const uint8_t *behind = avro_read_long(from->at, out);
  if (behind == NULL)
    return fail(from, HEAD_IS_BAD, "an integer of more than 64 bits in its metadata");
  if (behind > from->end)
    return fail(from, HEAD_GOES_ON, NULL);
  from->at = behind;
  return 1;
}

static int take_bytes(cursor *from, const uint8_t **out, int64_t *size) {
  return take_long(from, size) && take(from, *size, out);
}

static int is_key(const uint8_t *key, int64_t size, const char *name) {
  return (int64_t)strlen(name) == size && memcmp(key, name, (size_t)size) == 0;
}

static int take_entry(cursor *from, container_head *out) {
  const uint8_t *key, *value;
  int64_t key_size, value_size;
  if (!take_bytes(from, &key, &key_size) || !take_bytes(from, &value, &value_size))
    return 0;
  if (is_key(key, key_size, "avro.schema")) {
    out->schema = value;
    out->schema_size = value_size;
  } else if (is_key(key, key_size, "avro.codec")) {
    out->codec = value;
    out->codec_size = value_size;
  }
  return 1;
}

// The count of the next entries; a negative one is followed by their size.
static int take_count(cursor *from, int64_t *out) {
  int64_t size;
  if (!take_long(from, out))
    return 0;
  if (*out >= 0)
    return 1;
  if (*out == INT64_MIN)
    return fail(from, HEAD_IS_BAD, "a count that is too great in its metadata");
  *out = -*out;
  return take_long(from, &size);
}

static int take_metadata(cursor *from, container_head *out) {
  for (int64_t count = 1; count > 0;) {
    if (!take_count(from, &count))
      return 0;
    for (int64_t i = 0; i < count; i++)
      if (!take_entry(from, out))
        return 0;
  }
  return 1;
}

head_state container_head_read(const uint8_t *bytes, int64_t size, container_head *out, const char **problem) {
  static const uint8_t magic[4] = {'O', 'b', 'j', 1};
  cursor from = {.at = bytes, .end = bytes + size, .state = HEAD_READ};
  const uint8_t *taken;
  *out = (container_head){.size = 0};
  if (memcmp(bytes, magic, size < 4 ? (size_t)size : 4) != 0) {
    *problem = "it does not begin with \"Obj\" and 1";
    return HEAD_IS_BAD;
  }
  if (take(&from, sizeof magic, &taken) && take_metadata(&from, out) && take(&from, SYNC_SIZE, &taken)) {
    memcpy(out->sync, taken, SYNC_SIZE);
    out->size = from.at - bytes;
    if (out->schema == NULL)
      fail(&from, HEAD_IS_BAD, "its metadata has no \"avro.schema\"");
  }
  *problem = from.problem;
  return from.state;
}
