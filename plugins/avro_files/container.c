#define _POSIX_C_SOURCE 200809L
#include "container.h"

#include "../avro/binary.h"
#include "file_list.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char no_memory[] = "out of memory; give the process more";
static const char is_short[] =
    "the file ends within it: it was cut, or is still being written; restore it, or take "
    "it out of `path`";

int32_t container_fail(const container *file, const block_head *block, const char *problem, mill_error *error) {
  if (block == NULL)
    return mill_fail(error, MILL_CLASS_FATAL, 0, FILES_TITLE ": \"%s\": %s", file_shown(file->path), problem);
  return mill_fail(error, MILL_CLASS_FATAL, 0, FILES_TITLE ": \"%s\": block %lld at byte %lld: %s",
                   file_shown(file->path), (long long)block->number, (long long)block->offset, problem);
}

static int32_t fail_system(const container *file, const char *what, mill_error *error) {
  char problem[200];
  snprintf(problem, sizeof problem, "it can't be %s: %s", what, strerror(errno));
  return container_fail(file, NULL, problem, error);
}

// Reads up to `size` bytes: how many there were, -1 with errno set.
static int64_t read_at(int fd, uint8_t *bytes, int64_t size, int64_t offset) {
  int64_t done = 0;
  while (done < size) {
    ssize_t count = pread(fd, bytes + done, (size_t)(size - done), offset + done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return -1;
    if (count == 0)
      break;
    done += count;
  }
  return done;
}

static int32_t open_file(container *out, mill_error *error) {
  struct stat is;
  out->fd = open(out->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // what became a pipe meanwhile must not block
  if (out->fd < 0 || fstat(out->fd, &is) != 0)
    return fail_system(out, "opened", error);
  if (!S_ISREG(is.st_mode))
    return container_fail(out, NULL, "it is no regular file; take it out of `path`", error);
  out->size = is.st_size;
  posix_fadvise(out->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return MILL_OK;
}

// Reads the head into `bytes`, to which it points.
static int32_t read_head(container *file, buffer *bytes, container_head *out, mill_error *error) {
  const char *problem;
  for (int64_t size = 16 << 10;; size *= 4) {
    if (!buffer_reserve(bytes, size))
      return container_fail(file, NULL, no_memory, error);
    bytes->size = read_at(file->fd, bytes->bytes, size, 0);
    if (bytes->size < 0)
      return fail_system(file, "read", error);
    buffer_pad(bytes);
    head_state state = container_head_read(bytes->bytes, bytes->size, out, &problem);
    if (state == HEAD_READ)
      return MILL_OK;
    char text[256];
    if (state == HEAD_GOES_ON && bytes->size < size)
      problem = "it ends within its head: it was cut, or is still being written";
    else if (state == HEAD_GOES_ON && size >= HEAD_SIZE_MAX)
      problem = "its head has more than 4 MiB";
    else if (state == HEAD_GOES_ON)
      continue;
    snprintf(text, sizeof text, "no Avro container file: %s; take it out of `path`", problem);
    return container_fail(file, NULL, text, error);
  }
}

static int32_t take_head(container *file, const container_head *head, mill_error *error) {
  file->codec = head->codec == NULL ? codec_called((const uint8_t *)"null", 4)
                                    : codec_called(head->codec, head->codec_size);
  if (file->codec == NULL) {
    char problem[200];
    int shown = (int)(head->codec_size < 40 ? head->codec_size : 40);
    if (mill_utf8_invalid_at(head->codec, shown) >= 0)
      shown = 0;
    snprintf(problem, sizeof problem,
             "its codec is \"%.*s\"; known are " CODEC_NAMES ": write the file with one of them", shown,
             (const char *)head->codec);
    return container_fail(file, NULL, problem, error);
  }
  file->schema = malloc((size_t)head->schema_size + 1);
  if (file->schema == NULL)
    return container_fail(file, NULL, no_memory, error);
  memcpy(file->schema, head->schema, (size_t)head->schema_size);
  file->schema[head->schema_size] = '\0';
  file->schema_size = head->schema_size;
  memcpy(file->sync, head->sync, SYNC_SIZE);
  file->offset = head->size;
  return MILL_OK;
}

int32_t container_open(container *out, const char *path, mill_error *error) {
  *out = (container){.fd = -1, .path = path};
  container_head head;
  buffer bytes = {.size = 0};
  int32_t status = open_file(out, error);
  if (status == MILL_OK)
    status = read_head(out, &bytes, &head, error);
  if (status == MILL_OK)
    status = take_head(out, &head, error);
  buffer_free(&bytes);
  if (status != MILL_OK)
    container_close(out);
  return status;
}

// Reads the count and the size of the block; what is wrong, or NULL.
static const char *read_block_head(block_head *out, const uint8_t *bytes, int64_t size) {
  const uint8_t *at = avro_read_long(bytes, &out->row_count);
  if (at != NULL && at <= bytes + size)
    at = avro_read_long(at, &out->size);
  if (at == NULL)
    return "an integer of more than 64 bits where its rows are counted: the file is damaged; restore it";
  if (at > bytes + size)
    return is_short;
  out->data_offset = out->offset + (at - bytes);
  if (out->row_count < 0 || out->size < 0)
    return "a negative count or size: the file is damaged; restore it";
  return out->size > BLOCK_SIZE_MAX ? "it has more than 64 MiB; write files with smaller blocks" : NULL;
}

int32_t container_next(container *file, block_head *out, int *ended, mill_error *error) {
  uint8_t bytes[2 * AVRO_LONG_MAX + BUFFER_PADDING] = {0};
  *out = (block_head){.number = file->next_block, .offset = file->offset};
  *ended = file->offset >= file->size;
  if (*ended)
    return MILL_OK;
  int64_t left = file->size - file->offset;
  int64_t size = read_at(file->fd, bytes, left < 2 * AVRO_LONG_MAX ? left : 2 * AVRO_LONG_MAX, file->offset);
  if (size < 0)
    return fail_system(file, "read", error);
  const char *problem = read_block_head(out, bytes, size);
  if (problem == NULL && out->size + SYNC_SIZE > file->size - out->data_offset)
    problem = is_short;
  if (problem != NULL)
    return container_fail(file, out, problem, error);
  file->offset = out->data_offset + out->size + SYNC_SIZE;
  file->next_block++;
  return MILL_OK;
}

int32_t container_load(container *file, const block_head *block, buffer *to, mill_error *error) {
  if (!buffer_reserve(&file->stored, block->size + SYNC_SIZE))
    return container_fail(file, block, no_memory, error);
  int64_t size = read_at(file->fd, file->stored.bytes, block->size + SYNC_SIZE, block->data_offset);
  if (size < 0)
    return fail_system(file, "read", error);
  if (size < block->size + SYNC_SIZE)
    return container_fail(file, block, is_short, error);
  if (memcmp(file->stored.bytes + block->size, file->sync, SYNC_SIZE) != 0)
    return container_fail(file, block,
                          "the file's sync marker does not follow it: the file is damaged; restore it", error);
  const char *problem = file->codec->uncompress(file->stored.bytes, block->size, to);
  if (problem == NULL)
    return MILL_OK;
  char text[200];
  snprintf(text, sizeof text, "%s: %s", file->codec->name, problem);
  return container_fail(file, block, text, error);
}

void container_close(container *file) {
  if (file->fd >= 0)
    close(file->fd);
  free(file->schema);
  buffer_free(&file->stored);
  *file = (container){.fd = -1};
}
