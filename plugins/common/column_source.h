/// Columns being read, for encoding.
#ifndef COLUMN_SOURCE_H
#define COLUMN_SOURCE_H

#include "column_type.h"

/// A column. Its values are numbered without its array's offset.
typedef struct column_source {
  const column_type *type;
  /// The array's parts; the batch's, so valid during one call.
  mill_column column;
  struct column_source *children;
} column_source;

/// Makes the source of a type, and those below; 0 without memory: column_source_free it then, too. [any]
int column_source_init(column_source *source, const column_type *type);

/// Frees what a source and those below own; does nothing for one of zeros. [any]
void column_source_free(column_source *source);

/// Opens an array, and those below. [any]
void column_source_open(column_source *source, const struct ArrowArray *array);

/// The rows that a serde encodes. Zeros are none. One thread at a time.
typedef struct row_source {
  /// Its own.
  column_type *type;
  column_source columns;
} row_source;

/// Binds rows of `type` (which it takes over; NULL fails, with `error` filled already) in place of those
/// before. `title` is the serde, for messages. Fails without memory. [control]
int32_t row_source_bind(row_source *rows, column_type *type, const char *title, mill_error *error);

/// Frees what is bound; does nothing if nothing is. [any]
void row_source_free(row_source *rows);

#endif
