#include "buffer.h"

#include <stdlib.h>
#include <string.h>

int buffer_reserve(buffer *to, int64_t capacity) {
  if (to->bytes != NULL && capacity <= to->capacity)
    return 1;
  uint8_t *bytes = realloc(to->bytes, (size_t)capacity + BUFFER_PADDING);
  if (bytes == NULL)
    return 0;
  to->bytes = bytes;
  to->capacity = capacity;
  return 1;
}

int buffer_room(buffer *to, int64_t size) {
  int64_t wanted = to->size + size, more = to->capacity + to->capacity / 2;
  if (to->bytes != NULL && wanted <= to->capacity)
    return 1;
  return buffer_reserve(to, wanted > more ? wanted : more);
}

int buffer_append(buffer *to, const void *bytes, int64_t size) {
  if (!buffer_room(to, size))
    return 0;
  memcpy(to->bytes + to->size, bytes, (size_t)size);
  to->size += size;
  return 1;
}

int buffer_grow(buffer *to) {
  int64_t capacity = to->capacity < 2048 ? 4096 : 2 * to->capacity;
  if (capacity > BLOCK_SIZE_MAX)
    capacity = BLOCK_SIZE_MAX;
  return capacity > to->capacity && buffer_reserve(to, capacity);
}

void buffer_pad(buffer *to) { memset(to->bytes + to->size, 0, BUFFER_PADDING); }

void buffer_free(buffer *from) {
  free(from->bytes);
  *from = (buffer){.size = 0};
}
