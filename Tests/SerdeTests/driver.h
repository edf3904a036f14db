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

/// Why a row is bad; `message` is NULL if it is not.
typedef struct row_error {
  int32_t code;
  char *message;
} row_error;

/// What was reported of `count` rows; `last` is the last row reported, -1 if none was.
typedef struct collected {
  int64_t count;
  int64_t last;
  row_error *rows;
} collected;

/// Frees what was reported.
void forget(collected *all);

/// A writer, the rows that it gave last, and what it reported of them.
typedef struct writer {
  void *self;
  mill_encoded encoded;
  collected errors;
} writer;

/// Layouts that rows are written from: as they were read, and both of relayout's.
enum { LAYOUTS = 3 };

/// A serde, what its reader and writers are made with, and these. The caller fills in all up to `to_write_by`
/// and keeps it alive.
typedef struct run {
  const mill_serde_vtable *serde;
  const mill_host *host; // NULL: none
  const char *config;
  uint32_t part;                              // MILL_PART_*
  const struct ArrowSchema *columns[LAYOUTS]; // as read; those of relayout_schema only if they are written from
  const mill_schema *to_read_by, *to_write_by; // NULL: none
  void *reader;                                // NULL until it is started
  writer writers[LAYOUTS];
  int writer_count;
} run;

/// Makes the reader; 0, with `error` filled, if it can't be had.
int reader_start(run *own, mill_error *error);

/// Makes the writers of the first `count` layouts; 0, with `error` filled, if the first can't be had. Ends the
/// test if only another one can't.
int writers_start(run *own, int count, mill_error *error);

/// Sets what messages of all writers begin with.
void writers_lead(const run *own, const uint8_t *bytes, int64_t size);

/// Destroys the reader or the writers, if there are any. Batches may outlive it.
void reader_end(run *own);
void writers_end(run *own);

/// Decodes. The batch is the caller's, to be released; `bad` is to be forgotten. Ends the test if the serde
/// fails, or gives no batch of the columns.
mill_batch decode(run *own, const mill_raw_batch *raw, collected *bad);

/// Encodes; what came of it is in `to`, until its next call; `to->errors` is to be forgotten. Ends the test if
/// the serde fails.
void encode(const run *own, writer *to, const mill_batch *batch);

/// Encodes a batch of decode with each writer, from the layout that is its own; ends the test unless all give
/// the same bytes. To be followed by writers_forget.
void encode_layouts(run *own, const mill_batch *batch);

/// Frees what was reported to the writers, and the copies that encode_layouts made.
void writers_forget(run *own);

/// Bytes of a value of an Arrow format that has a fixed width, or of a view; 0 of others.
int64_t width_of(const char *format);

/// Prints the value of an array at a row, as the oracle does.
void dump_value(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row);

/// A copy with other layouts: every array starts at an offset, texts are of `text_format` ("u", "U"; bytes "z",
/// "Z"). Valid until relayouts_free.
struct ArrowArray *relayout(const struct ArrowSchema *schema, const struct ArrowArray *array, int is_large,
                            int64_t lead);
void relayouts_free(void);

/// The schema of such a copy. Never freed.
struct ArrowSchema *relayout_schema(const struct ArrowSchema *schema, int is_large);

#endif
