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

/// Decodes messages as one batch, checks all that came of it, and decodes them again in the reverse order,
/// which must give the same values and errors: no row may depend on those around it. Then encodes the rows in
/// all layouts, if the serde can write the columns, and decodes what was written by the schema that the writer
/// tells of, which must give the same values. `own` needs what the caller of reader_start has to fill in. Ends
/// the process if anything is wrong; a serde that refuses the schema or the columns is not. At the process's
/// end the rows are counted on stderr.
void round_run(run *own, const messages *all);

#endif
