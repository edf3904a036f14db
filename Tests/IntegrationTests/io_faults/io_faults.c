/// Preloaded into an engine, fails some of its file operations with EIO, as a disk does that is about to die.
///
///     IO_FAULTS_UNDER=/some/dir/    only files under it
///     IO_FAULTS_NAME=.sst           only files whose paths end so; may be left out
///     IO_FAULTS_CALL=write          write (pwrite too), sync (fsync and fdatasync) or rename
///     IO_FAULTS_AT=7                the seventh such call is the first that fails
///     IO_FAULTS_COUNT=3             so many fail, one after another
///
/// Each failure is told on standard error.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static long number_of(const char *name) {
  const char *text = getenv(name);
  return text == NULL ? 0 : atol(text);
}

static int ends_with(const char *path, const char *end) {
  size_t size = strlen(path), end_size = end == NULL ? 0 : strlen(end);
  return size >= end_size && (end_size == 0 || strcmp(path + size - end_size, end) == 0);
}

/// Whether a call on `path` is to fail. Counts it if it is of the kind that was asked for.
static int fails(const char *call, const char *path) {
  const char *wanted = getenv("IO_FAULTS_CALL"), *under = getenv("IO_FAULTS_UNDER");
  if (wanted == NULL || under == NULL || strcmp(call, wanted) != 0 ||
      strncmp(path, under, strlen(under)) != 0 || !ends_with(path, getenv("IO_FAULTS_NAME")))
    return 0;
  long number = atomic_fetch_add(&calls, 1) + 1, first = number_of("IO_FAULTS_AT");
  if (number < first || number >= first + number_of("IO_FAULTS_COUNT"))
    return 0;
  dprintf(2, "io_faults: %s of %s fails, as IO_FAULTS_CALL asks\n", call, path);
  errno = EIO;
  return 1;
}

static int fails_at(const char *call, int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0)
    return 0;
  path[size] = 0;
  return fails(call, path);
}

// ISO C has no conversion from dlsym's pointer to one of a function; POSIX does.
#define REAL(NAME) (*(__typeof__(NAME) **)&(void *){dlsym(RTLD_NEXT, #NAME)})

ssize_t write(int file, const void *bytes, size_t count) {
  return fails_at("write", file) ? -1 : REAL(write)(file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  return fails_at("write", file) ? -1 : REAL(pwrite)(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
  return fails_at("write", file) ? -1 : REAL(pwrite64)(file, bytes, count, offset);
}

int fsync(int file) { return fails_at("sync", file) ? -1 : REAL(fsync)(file); }

int fdatasync(int file) { return fails_at("sync", file) ? -1 : REAL(fdatasync)(file); }

int rename(const char *from, const char *to) { return fails("rename", from) ? -1 : REAL(rename)(from, to); }
