/// What a raw batch has since later versions of the ABI.
#ifndef MILLRACE_SDK_RAW_H
#define MILLRACE_SDK_RAW_H

#include "millrace/serde.h"

#include <stddef.h>

/// The schemas that keys or values (`part`: MILL_PART_*) were written with, one pointer each, which may be
/// NULL; the batch's. NULL if they don't say, or the engine is older than ABI 1.2. [any]
static inline const mill_schema *const *mill_schemas_of(const mill_raw_batch *raw, uint32_t part) {
  if (raw->struct_size < offsetof(mill_raw_batch, value_schemas) + sizeof raw->value_schemas)
    return NULL;
  return part == MILL_PART_KEY ? raw->key_schemas : raw->value_schemas;
}

#endif
