/// Columns being read, for encoding.
#ifndef JSON_SOURCE_H
#define JSON_SOURCE_H

#include "type.h"

/// A column. Its values are numbered without its array's offset.
typedef struct json_source {
  const json_type *type;
  /// The array's parts; the batch's, so valid during one call.
  mill_column column;
  struct json_source *children;
} json_source;

/// Makes the source of a type, and those below; 0 without memory: json_source_free it then, too. [any]
int json_source_init(json_source *source, const json_type *type);

/// Frees what a source and those below own; does nothing for one of zeros. [any]
void json_source_free(json_source *source);

/// Opens an array, and those below. [any]
void json_source_open(json_source *source, const struct ArrowArray *array);

#endif
