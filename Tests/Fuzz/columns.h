/// Columns from short texts, and checks of what a decoder filled them with.
#ifndef FUZZ_COLUMNS_H
#define FUZZ_COLUMNS_H

#include "driver.h"

/// Makes the schema of a row from a text: fields with `; ` between, each `name format`, with `?` behind if it
/// is nullable, and with the fields within in parentheses, as in `a l; b +l?(item i)`. Formats are Arrow's.
/// Never freed; ends the process if the text is none.
struct ArrowSchema *columns_make(const char *text);

/// Checks an array of a column, and all within it: counts, validity, offsets, views. Reads every value, so that
/// the address sanitizer sees what is not there. Ends the process if anything is wrong.
void columns_check(const struct ArrowSchema *schema, const struct ArrowArray *array);

/// A hash of a row's value, and of all within it; rows of equal values have equal ones. Without
/// `has_null_lists`, null lists and maps count as empty ones. The array must have been checked.
uint64_t columns_hash(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row,
                      int has_null_lists);

#endif
