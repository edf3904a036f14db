/// A fake host for serdes: decodes messages, prints what came of them, and encodes that again.
#ifndef DRIVER_H
#define DRIVER_H

#include "millrace_sdk.h"

/// Ends the test with a message.
_Noreturn void die(const char *what, const char *detail);

/// malloc that ends the test without memory.
void *get_memory(size_t size);

/// Reads a schema: per line, before order, `children TAB flags TAB format TAB name`. Never freed.
struct ArrowSchema *schema_read(const char *path);

/// Reads schemas: per line `format number TAB name TAB path of the text TAB references`, where references are
/// pairs of `name=number of a line above`, with spaces between. A schema's number is its line's, from 1. Never
/// freed.
void schemas_read(const char *path);

/// A schema by its number; NULL for 0.
const mill_schema *schema_numbered(int64_t number);

/// Messages: as in a file, `int32 length, bytes`; length -1 is null. If there are schemas, `int32 number` of
/// the message's comes before each; 0 for none.
typedef struct messages {
  uint8_t *bytes;
  mill_span *spans;
  const mill_schema **schemas; // NULL if no message has one
  int64_t count;
} messages;
messages messages_read(const char *path, int have_schemas);

/// A raw batch of some messages, in a block that ends 64 zeros after them; reference-counted.
mill_raw_batch *raw_make(const messages *from, int64_t first, int64_t count);

/// Raw batches that are alive.
extern int raw_alive;

/// One column of the messages themselves, as fixed-width values or views.
mill_batch batch_of_values(const struct ArrowSchema *schema, const messages *from);

/// Prints the value of an array at a row, as the oracle does.
void dump_value(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row);

/// A copy with other layouts: every array starts at an offset, texts are of `text_format` ("u", "U"; bytes "z",
/// "Z"). Valid until arena_free.
struct ArrowArray *relayout(const struct ArrowSchema *schema, const struct ArrowArray *array, int is_large,
                            int64_t lead);
void arena_free(void);

/// The schema of such a copy. Never freed.
struct ArrowSchema *relayout_schema(const struct ArrowSchema *schema, int is_large);

#endif
