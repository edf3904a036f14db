/// Reading serialized FileDescriptorProtos.
#ifndef PROTO_DESCRIPTOR_H
#define PROTO_DESCRIPTOR_H

#include "proto.h"

#include <stddef.h>

/// Reads a FileDescriptorProto of `size` bytes, 16 more being readable. NULL, with what is wrong in `problem`
/// of `problem_size` bytes, if it is none, or without memory. [any]
proto_file *proto_descriptor_read(arena *memory, const uint8_t *bytes, int64_t size, char *problem,
                                  size_t problem_size);

#endif
