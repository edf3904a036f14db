#define _DEFAULT_SOURCE
#include "container_writer.h"

#include "../avro/binary.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static int put_long(buffer *to, int64_t value) {
  if (!buffer_room(to, AVRO_LONG_MAX))
    return 0;
  to->size = avro_write_long(value, to->bytes + to->size) - to->bytes;
  return 1;
}

static int put_text(buffer *to, const char *text) {
  int64_t size = (int64_t)strlen(text);
  return put_long(to, size) && buffer_append(to, text, size);
}

static int put_head(container_writer *to) {
  buffer *out = &to->out;
  if (getrandom(to->sync, SYNC_SIZE, 0) != SYNC_SIZE)
    return 0;
  return buffer_append(out, "Obj\1", 4) && put_long(out, 2) && put_text(out, "avro.codec") &&
         put_text(out, to->codec->name) && put_text(out, "avro.schema") && put_text(out, to->schema) &&
         put_long(out, 0) && buffer_append(out, to->sync, SYNC_SIZE);
}

static int put_block(container_writer *to) {
  buffer *stored = &to->stored;
  stored->size = 0;
  return to->codec->compress(&to->context, to->rows.bytes, to->rows.size, stored) &&
         put_long(&to->out, to->row_count) && put_long(&to->out, stored->size) &&
         buffer_append(&to->out, stored->bytes, stored->size) && buffer_append(&to->out, to->sync, SYNC_SIZE);
}

int container_writer_end_block(container_writer *to) {
  if (to->row_count == 0)
    return 1;
  int is_first = to->offset == 0 && to->out.size == 0;
  if ((is_first && !put_head(to)) || !put_block(to))
    return 0;
  to->rows.size = 0;
  to->row_count = 0;
  return 1;
}

int container_writer_add(container_writer *to, const uint8_t *bytes, int64_t size) {
  if (to->rows.size + size > to->block_size && !container_writer_end_block(to))
    return 0;
  if (!buffer_append(&to->rows, bytes, size))
    return 0;
  to->row_count++;
  return to->rows.size < to->block_size || container_writer_end_block(to);
}

int container_writer_write(container_writer *from, int fd) {
  int64_t done = 0;
  while (done < from->out.size) {
    errno = EIO; // should it write nothing
    ssize_t count = pwrite(fd, from->out.bytes + done, (size_t)(from->out.size - done), from->offset + done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return 0; // from the start again: files are written at offsets
    done += count;
  }
  from->offset += done;
  from->out.size = 0;
  return 1;
}

int64_t container_writer_memory(const container_writer *of) {
  return of->rows.capacity + of->stored.capacity + of->out.capacity;
}

void container_writer_reset(container_writer *of) {
  of->rows.size = of->row_count = of->out.size = of->offset = 0;
}

void container_writer_free(container_writer *of) {
  if (of->codec != NULL)
    of->codec->free_context(of->context);
  buffer_free(&of->rows);
  buffer_free(&of->stored);
  buffer_free(&of->out);
}
