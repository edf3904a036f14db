#define _DEFAULT_SOURCE
#include "sink_directory.h"

#include "file_list.h"
#include "sink_options.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// What to do about what errno says.
static const char *remedy(void) {
  switch (errno) {
  case ENOSPC:
    return "make room there; it is tried again";
  case EDQUOT:
    return "make room there, or raise the quota; it is tried again";
  case EFBIG:
    return "raise the limit of a file's size (prlimit --fsize); it is tried again";
  case EACCES:
  case EPERM:
  case EROFS:
    return "let the engine's user write there, or name another `path`";
  case ENOENT:
  case ENOTDIR:
    return "`path` must be a directory, or a name in one that is there";
  default:
    return "mend it, and start the job again";
  }
}

// Room for what messages show of a file's place.
enum { PLACE_SIZE = PATH_SHOWN_MAX + SINK_NAME_SIZE + 2 };

static int32_t fail_errno(const char *place, const char *what, mill_error *error) {
  int is_passing = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  return mill_fail(error, is_passing ? MILL_CLASS_RETRY : MILL_CLASS_FATAL, 0,
                   SINK_TITLE ": \"%s\" can't be %s: %s; %s", place, what, strerror(errno), remedy());
}

// Where a file is, for messages.
static void place_of(const sink_directory *own, sink_file file, char out[PLACE_SIZE]) {
  char name[SINK_NAME_SIZE];
  sink_file_name(&own->owner, file, name);
  snprintf(out, PLACE_SIZE, "%.*s/%s", PATH_SHOWN_MAX, file_shown(own->path), name);
}

int32_t sink_directory_fail(const sink_directory *own, sink_file file, const char *what, mill_error *error) {
  int number = errno;
  char place[PLACE_SIZE];
  place_of(own, file, place);
  errno = number;
  return fail_errno(place, what, error);
}

static int32_t fail_file(const sink_directory *own, sink_file file, const char *problem, mill_error *error) {
  char place[PLACE_SIZE];
  place_of(own, file, place);
  return mill_fail(error, MILL_CLASS_FATAL, 0, SINK_TITLE ": \"%s\" %s", place, problem);
}

static int32_t fail_sync(const char *place, mill_error *error) {
  return mill_fail(error, MILL_CLASS_FATAL, 0,
                   SINK_TITLE
                   ": \"%s\" can't be written to the disk (fsync): %s; see what the kernel's log says "
                   "of it, and start the job again",
                   place, strerror(errno));
}

// Has the directory's own name written to the disk.
static int32_t sync_parent(const sink_directory *own, int is_made, mill_error *error) {
  int parent = openat(own->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0) // which is no harm if the name is there for long
    return is_made ? fail_errno(file_shown(own->path), "looked above of", error) : MILL_OK;
  int32_t status = fsync(parent) == 0 ? MILL_OK : fail_sync(file_shown(own->path), error);
  close(parent);
  return status;
}

int32_t sink_directory_open(sink_directory *own, mill_error *error) {
  sink_directory_close(own); // should it be opened once more
  int is_made = mkdir(own->path, 0777) == 0;
  if (!is_made && errno != EEXIST)
    return fail_errno(file_shown(own->path), "made", error);
  own->fd = open(own->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own->fd < 0)
    return fail_errno(file_shown(own->path), "opened", error);
  return sync_parent(own, is_made, error);
}

void sink_directory_close(sink_directory *own) {
  if (own->fd >= 0)
    close(own->fd);
  own->fd = -1;
}

int sink_directory_make(const sink_directory *own, sink_file file, mill_error *error) {
  char name[SINK_NAME_SIZE];
  sink_file_name(&own->owner, file, name);
  int fd = openat(own->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0)
    sink_directory_fail(own, file, "made", error);
  return fd;
}

// Whether a file is there: 1 or 0; -1, with `error` filled, if that can't be said.
static int is_there(const sink_directory *own, sink_file file, mill_error *error) {
  struct stat is;
  char name[SINK_NAME_SIZE];
  sink_file_name(&own->owner, file, name);
  if (fstatat(own->fd, name, &is, AT_SYMLINK_NOFOLLOW) == 0)
    return 1;
  if (errno == ENOENT)
    return 0;
  sink_directory_fail(own, file, "looked at", error);
  return -1;
}

int32_t sink_directory_show(const sink_directory *own, sink_file part, mill_error *error) {
  char from[SINK_NAME_SIZE], to[SINK_NAME_SIZE];
  sink_file shown = part;
  shown.is_part = 0;
  int has_part = is_there(own, part, error), is_shown = has_part < 0 ? -1 : is_there(own, shown, error);
  if (is_shown < 0)
    return MILL_FAILED;
  if (has_part && is_shown)
    return fail_file(own, shown,
                     "is there already, and so is its part: another job of this name writes here, or someone "
                     "put it there; move one of the two away, and start the job again",
                     error);
  if (!has_part && !is_shown)
    return fail_file(
        own, part,
        "is gone, with rows of an epoch that counts: someone removed it; put it back, or start the "
        "job from an earlier checkpoint",
        error);
  sink_file_name(&own->owner, part, from);
  sink_file_name(&own->owner, shown, to);
  return is_shown || renameat(own->fd, from, own->fd, to) == 0
             ? MILL_OK
             : sink_directory_fail(own, part, "renamed", error);
}

int32_t sink_directory_sync(const sink_directory *own, mill_error *error) {
  return fsync(own->fd) == 0 ? MILL_OK : fail_sync(file_shown(own->path), error);
}

int32_t sink_directory_sync_file(const sink_directory *own, sink_file file, int fd, mill_error *error) {
  char place[PLACE_SIZE];
  if (fsync(fd) == 0)
    return MILL_OK;
  int number = errno;
  place_of(own, file, place);
  errno = number;
  return fail_sync(place, error);
}

// Reads the names of one stream of the directory. 0, with errno set, if that can't be done.
static int list_names(const sink_directory *own, DIR *directory, sink_file_list *out) {
  sink_file file;
  errno = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL; errno = 0)
    if (sink_file_parse(&own->owner, entry->d_name, &file) && !sink_file_list_add(out, file))
      return 0;
  return errno == 0;
}

static int32_t list_files(const sink_directory *own, sink_file_list *out, mill_error *error) {
  int fd = openat(own->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  int is_good = directory != NULL && list_names(own, directory, out), number = errno;
  if (directory != NULL)
    closedir(directory);
  else if (fd >= 0)
    close(fd);
  errno = number;
  return is_good ? MILL_OK : fail_errno(file_shown(own->path), "listed", error);
}

static int32_t refuse_shown(const sink_directory *own, const sink_file_list *files, uint64_t epoch,
                            mill_error *error) {
  sink_file first = {.epoch = 0};
  long long count = 0;
  for (int64_t i = 0; i < files->count; i++) {
    sink_file file = files->all[i];
    if (file.is_part || file.epoch <= epoch)
      continue;
    if (count++ == 0 || file.epoch < first.epoch ||
        (file.epoch == first.epoch && file.worker_index < first.worker_index))
      first = file;
  }
  if (count == 0)
    return MILL_OK;
  char problem[256];
  snprintf(problem, sizeof problem,
           "is there (%lld in all), but the job goes on behind epoch %llu, and writes those rows again; move "
           "such files away, name another `path`, or start from a later checkpoint",
           count, (unsigned long long)epoch);
  return fail_file(own, first, problem, error);
}

static int32_t drop(const sink_directory *own, sink_file part, mill_error *error) {
  char name[SINK_NAME_SIZE];
  sink_file_name(&own->owner, part, name);
  return unlinkat(own->fd, name, 0) == 0 ? MILL_OK : sink_directory_fail(own, part, "removed", error);
}

static int32_t recover_files(const sink_directory *own, const sink_file_list *files, uint64_t epoch,
                             mill_error *error) {
  if (refuse_shown(own, files, epoch, error) != MILL_OK)
    return MILL_FAILED;
  for (int64_t i = 0; i < files->count; i++) {
    sink_file file = files->all[i];
    // Parts of earlier epochs are of a time before the step was taken out of the pipeline for a while.
    if (file.is_part && (file.epoch == epoch ? sink_directory_show : drop)(own, file, error) != MILL_OK)
      return MILL_FAILED;
  }
  return sink_directory_sync(own, error);
}

int32_t sink_directory_recover(const sink_directory *own, uint64_t epoch, mill_error *error) {
  sink_file_list files = {.count = 0};
  int32_t status = list_files(own, &files, error);
  if (status == MILL_OK)
    status = recover_files(own, &files, epoch, error);
  sink_file_list_free(&files);
  return status;
}
