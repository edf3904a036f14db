/// A host that runs operators on a source, with keyed state in a plain array.
#ifndef NEXMARK_TEST_FAKE_TASK_H
#define NEXMARK_TEST_FAKE_TASK_H

#include "../nexmark.h"

/// Sends the source's rows through `middle` (NULL: none), keyed by column 0, into the checksum operator with
/// `checksum_config`; what that put out at the end. Ends the process if anything fails.
void run_query(const char *source_config, const mill_operator_type *middle, const char *checksum_config,
               int64_t *rows, int64_t *checksum);

#endif
