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
} form;

/// The form of a serde, NULL if there is none called so.
const form *form_called(const char *name);

/// Flights, as the text forms have them.
enum { FLIGHT_FIELDS = 8 };
extern const mill_field flight_fields[FLIGHT_FIELDS];

#endif
