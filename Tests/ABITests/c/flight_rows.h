/// Rows for the operator's input: made up or read, and turned into batches of several layouts.
#ifndef FLIGHT_ROWS_H
#define FLIGHT_ROWS_H

#include "millrace.h"

#include <stddef.h>

/// Room for a text of a row, NUL included.
#define FLIGHT_TEXT 40

/// Stands for a null delay.
#define FLIGHT_NULL INT32_MIN

/// A row; an empty tail number is a null.
typedef struct flight_row {
  char texts[4][FLIGHT_TEXT]; // tailnum, carrier, origin, dest
  int32_t flight, departure_delay, arrival_delay;
  int64_t scheduled_us;
} flight_row;

/// How a batch's columns lie.
enum { LAYOUT_VIEWS, LAYOUT_OFFSETS_32, LAYOUT_OFFSETS_64, LAYOUT_SLICED, LAYOUT_KINDS };

/// Fills `rows`: the same rows every time; few aircraft, many delays, texts short and long, nulls.
void flight_rows_make(flight_row *rows, size_t count);
/// Reads tab-separated rows ("\N" is null) until the end of the file; the caller frees `*rows`. 0 if a line is
/// wrong.
int flight_rows_read(const char *path, flight_row **rows, size_t *count);
/// Prints rows as flight_rows_read reads them.
void flight_rows_print(const flight_row *rows, size_t count);
/// The input's schema for a layout; released by the caller.
void flight_schema(struct ArrowSchema *out, int layout);
/// A batch of rows; released by the caller.
void flight_batch(mill_batch *out, const flight_row *rows, size_t count, int layout);

#endif
