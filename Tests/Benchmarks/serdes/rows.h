/// Rows that serdes are measured with: of text, flights; of Avro and Protobuf, a record of a long, a string, a
/// double, a boolean, a nullable string and a timestamp.
#ifndef ROWS_H
#define ROWS_H

#include "millrace_sdk.h"

/// Rows of a batch, and bytes that one takes at most.
enum { ROWS = 4096, ROW_MAX = 256 };

/// A way to write rows. Text: the format of a row's values, and what null is.
typedef struct form {
  const char *name;
  const mill_field *fields;
  size_t field_count;
  /// Writes row number `row`; its bytes.
  int (*write)(const struct form *form, char *out, int row);
  const char *row, *null;
  /// Whether the reader, and whether the writer, is to be given the schema that rows are written with.
  int is_read_by_schema, is_written_by_schema;
} form;

/// A serde's form, or one with a schema that the serde goes by; NULL if there is none called so.
const form *form_called(const char *name);

/// Flights, as the text forms have them.
enum { FLIGHT_FIELDS = 8 };
extern const mill_field flight_fields[FLIGHT_FIELDS];

#endif
