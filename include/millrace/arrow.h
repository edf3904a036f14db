/// The Arrow C Data Interface: how columns cross the boundary.
/// Source: https://arrow.apache.org/docs/format/CDataInterface.html (the structs are given there to be
/// repeated). Strings and bytes travel as views (formats "vu" and "vz"); the offset layouts ("u", "U", "z",
/// "Z") are accepted.
#ifndef MILLRACE_ARROW_H
#define MILLRACE_ARROW_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

/// A type, by Arrow's format strings. Constant schemas in descriptors are static: their `release` is NULL.
struct ArrowSchema {
  /// Format string; owned by this struct.
  const char *format;
  /// Field name, UTF-8; may be NULL; owned by this struct.
  const char *name;
  /// Encoded key-value metadata; may be NULL; owned by this struct.
  const char *metadata;
  /// Bit set of ARROW_FLAG_*.
  int64_t flags;
  /// How many children.
  int64_t n_children;
  /// `n_children` pointers; owned by this struct.
  struct ArrowSchema **children;
  /// Value type of a dictionary, or NULL.
  struct ArrowSchema *dictionary;
  /// Frees what this struct owns and sets itself to NULL; NULL when released, moved or static. [any]
  void (*release)(struct ArrowSchema *);
  /// The producer's own.
  void *private_data;
};

/// One column, or with format "+s" a whole batch.
struct ArrowArray {
  /// Rows.
  int64_t length;
  /// Nulls, or -1 for not counted.
  int64_t null_count;
  /// Rows to skip at the start of every buffer.
  int64_t offset;
  /// How many buffers, by the type's layout; views have their data buffers and a last one with their sizes.
  int64_t n_buffers;
  /// How many children.
  int64_t n_children;
  /// `n_buffers` pointers, a missing validity bitmap is NULL; owned by this struct.
  const void **buffers;
  /// `n_children` pointers; owned by this struct.
  struct ArrowArray **children;
  /// Dictionary values, or NULL.
  struct ArrowArray *dictionary;
  /// Frees what this struct owns, children included, and sets itself to NULL; NULL when released or moved.
  /// [any]
  void (*release)(struct ArrowArray *);
  /// The producer's own.
  void *private_data;
};

#endif

#ifdef __cplusplus
}
#endif
#endif
