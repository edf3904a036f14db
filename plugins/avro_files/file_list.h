/// The files that a path stands for.
#ifndef FILES_FILE_LIST_H
#define FILES_FILE_LIST_H

#include "millrace_sdk.h"

/// How files end that a directory is read for.
#define FILE_ENDING ".avro"
/// Bytes of a path that messages show at most: its end.
#define PATH_SHOWN_MAX 160

/// Paths in the order of their bytes. Owned by whoever has the list.
typedef struct file_list {
  char **paths;
  int64_t count, capacity;
} file_list;

/// Lists a file, the files of a directory that end with FILE_ENDING, or those that a pattern (as of `sh`)
/// suits. What is no regular file is left out, and in a directory what begins with a dot. Fails if there are
/// none, or they can't be listed; `title` is the source, for messages. To be freed by file_list_free in any
/// case. [control]
int32_t file_list_make(file_list *out, const char *path, const char *title, mill_error *error);

/// Keeps the files i with i mod `split_count` = `split_index`. [any]
void file_list_keep(file_list *list, uint32_t split_index, uint32_t split_count);

/// Frees the paths. [any]
void file_list_free(file_list *list);

/// A path's last name. [any]
static inline const char *file_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

/// What messages show of a path. [any]
const char *file_shown(const char *path);

#endif
