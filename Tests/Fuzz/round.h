/// What all fuzzers of serdes do with messages, once they have taken them from their input.
#ifndef FUZZ_ROUND_H
#define FUZZ_ROUND_H

#include "driver.h"

/// Messages that one input may have.
enum { MESSAGES_MAX = 64 };

/// Between two messages or schemas in an input.
#define SEPARATOR "\n=\n"

/// The serde that is compiled in, of the plugin's entry.
const mill_serde_vtable *serde_of_plugin(void);

/// Cuts the next piece off the `*left` bytes at `*at`, up to a separator, which is passed over, or the end; its
/// size. `*left` is -1 once there is none left.
int64_t piece_cut(const uint8_t **at, int64_t *left);

/// A schema of `size` bytes of text, in a block that ends with the NUL behind it; no other has its number. To
/// be freed by schema_free. References are the caller's.
mill_schema *schema_make(uint32_t format, const char *name, const uint8_t *text, int64_t size);
void schema_free(mill_schema *schema);

/// A reader, writers for its rows, and a reader of what they write.
typedef struct round {
  /// The caller fills in what reader_start and writers_start need, and keeps it alive.
  run own;
  /// Knows no schema but the writers'. Has no reader if the columns can't be written.
  run again;
  /// What rows are written with; NULL: nothing.
  mill_schema *written;
} round;

/// Makes the instances; 0, without any, if the serde refuses the schema or the columns. Columns that don't suit
/// the schema that they are to be written by are written by one that is made from them.
int round_open(round *of);

/// Decodes messages as one batch, checks all that came of it, and decodes them again in the reverse order,
/// which must give the same values and errors: no row may depend on those around it. Then encodes the rows in
/// all layouts and decodes what was written, which must give the same values. Ends the process if anything is
/// wrong. At its end the rows are counted on stderr.
void round_messages(round *of, const messages *all);

/// Destroys the instances, if there are any.
void round_close(round *of);

#endif
