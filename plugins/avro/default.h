/// Defaults of fields as Avro's binary encoding.
#ifndef AVRO_DEFAULT_H
#define AVRO_DEFAULT_H

#include "schema.h"

/// Bytes and values of a default at most.
#define AVRO_DEFAULT_MAX 65536

/// Encodes a field's default. The bytes are the arena's, 16 zeros follow. NULL, with what is wrong in `problem`
/// of `problem_size` bytes, if it is none of the field's type. [any]
const uint8_t *avro_default_encode(arena *arena, const avro_field *field, int64_t *size, char *problem,
                                   size_t problem_size);

#endif
