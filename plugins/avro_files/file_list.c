#define _POSIX_C_SOURCE 200809L
#include "file_list.h"

#include <dirent.h>
#include <glob.h>
#include <sys/stat.h>

const char *file_shown(const char *path) {
  size_t size = strlen(path);
  const char *shown = size > PATH_SHOWN_MAX ? path + size - PATH_SHOWN_MAX : path;
  while (shown > path && ((uint8_t)*shown & 0xC0) == 0x80) // not from within a character
    shown++;
  return shown;
}

static int is_file(const char *path) {
  struct stat is;
  return stat(path, &is) == 0 && S_ISREG(is.st_mode);
}

// Takes over a path, and frees it if it is no file's; 0 without memory.
static int add(file_list *to, char *path) {
  if (path == NULL)
    return 0;
  if (!is_file(path)) {
    free(path);
    return 1;
  }
  if (to->count == to->capacity) {
    int64_t capacity = to->capacity < 16 ? 16 : 2 * to->capacity;
    char **paths = realloc(to->paths, (size_t)capacity * sizeof *paths);
    if (paths == NULL) {
      free(path);
      return 0;
    }
    to->paths = paths;
    to->capacity = capacity;
  }
  to->paths[to->count++] = path;
  return 1;
}

static char *join(const char *directory, const char *name) {
  size_t size = strlen(directory) + strlen(name) + 2;
  char *path = malloc(size);
  if (path != NULL)
    snprintf(path, size, "%s/%s", directory, name);
  return path;
}

static int is_wanted(const char *name) {
  size_t size = strlen(name), ending = strlen(FILE_ENDING);
  return name[0] != '.' && size > ending && strcmp(name + size - ending, FILE_ENDING) == 0;
}

static int add_directory(file_list *to, const char *path) {
  DIR *directory = opendir(path);
  if (directory == NULL)
    return 0;
  int is_good = 1;
  errno = 0;
  for (struct dirent *entry; is_good && (entry = readdir(directory)) != NULL; errno = 0)
    is_good = !is_wanted(entry->d_name) || add(to, join(path, entry->d_name));
  is_good = is_good && errno == 0;
  closedir(directory);
  return is_good;
}

static int add_pattern(file_list *to, const char *pattern) {
  glob_t found;
  errno = 0;
  int status = glob(pattern, GLOB_NOSORT | GLOB_ERR, NULL, &found), is_good = status == 0;
  for (size_t i = 0; is_good && i < found.gl_pathc; i++)
    is_good = add(to, strdup(found.gl_pathv[i]));
  globfree(&found);
  if (status == GLOB_NOSPACE)
    errno = ENOMEM;
  else if (status == GLOB_ABORTED && errno == 0)
    errno = EIO;
  return is_good || status == GLOB_NOMATCH;
}

// Lists what there is, in no order. 0, with errno set, if that can't be done.
static int list(file_list *out, const char *path) {
  struct stat is;
  if (stat(path, &is) != 0)
    return add_pattern(out, path);
  return S_ISDIR(is.st_mode) ? add_directory(out, path) : add(out, strdup(path));
}

static int compare(const void *one, const void *other) {
  return strcmp(*(char *const *)one, *(char *const *)other);
}

int32_t file_list_make(file_list *out, const char *path, const char *title, mill_error *error) {
  *out = (file_list){.count = 0};
  if (!list(out, path))
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "%s: \"%s\" can't be listed: %s; mend it, or name another `path`", title, file_shown(path),
                     strerror(errno));
  if (out->count == 0)
    return mill_fail(error, MILL_CLASS_FATAL, 0,
                     "%s: no file is at \"%s\"; `path` must be a file, a directory with files that end with "
                     "\"" FILE_ENDING "\", or a pattern",
                     title, file_shown(path));
  qsort(out->paths, (size_t)out->count, sizeof *out->paths, compare);
  return MILL_OK;
}

void file_list_keep(file_list *list, uint32_t split_index, uint32_t split_count) {
  int64_t kept = 0;
  for (int64_t i = 0; i < list->count; i++)
    if (i % split_count == split_index)
      list->paths[kept++] = list->paths[i];
    else
      free(list->paths[i]);
  list->count = kept;
}

void file_list_free(file_list *list) {
  for (int64_t i = 0; i < list->count; i++)
    free(list->paths[i]);
  free(list->paths);
  *list = (file_list){.count = 0};
}
