#include "driver_faults.h"
#include "driver.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_traced;

// What is to fail, with what, and after how many calls.
static struct fault {
  char call[16];
  int number, skipped;
} fault;

void faults_trace(void) { is_traced = 1; }

void faults_set(const char *call, int number, int skipped) {
  snprintf(fault.call, sizeof fault.call, "%s", call);
  fault.number = number;
  fault.skipped = skipped;
}

// Whether a call is to fail now, with errno set.
static int fails(const char *call) {
  if (fault.number == 0 || strcmp(fault.call, call) != 0 || fault.skipped-- > 0)
    return 0;
  fault.skipped = 0;
  errno = fault.number;
  return 1;
}

static const char *last_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

static int trace(const char *call, const char *path, int status) {
  if (is_traced && status == 0)
    printf("T %s %s\n", call, last_name(path));
  return status;
}

int fsync(int fd) {
  char link[64], path[4096];
  if (fails("fsync"))
    return -1;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  path[size < 0 ? 0 : size] = '\0';
  return trace("fsync", path, (int)syscall(SYS_fsync, fd));
}

int renameat(int from_fd, const char *from, int to_fd, const char *to) {
  if (fails("renameat"))
    return -1;
  return trace("rename", to, (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, 0));
}

int unlinkat(int fd, const char *path, int flags) {
  return trace("unlink", path, (int)syscall(SYS_unlinkat, fd, path, flags));
}

int openat(int fd, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return fails("openat") ? -1 : (int)syscall(SYS_openat, fd, path, flags, mode);
}

int mkdir(const char *path, mode_t mode) {
  return fails("mkdir") ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  static int is_cut;
  if (fails("pwrite")) {
    is_cut = !is_cut;
    if (!is_cut || size < 2)
      return -1;
    size /= 2;
  }
  return syscall(SYS_pwrite64, fd, bytes, size, offset);
}
