/// Reading .proto files.
#ifndef PROTO_PARSE_H
#define PROTO_PARSE_H

#include "proto.h"

#include <stddef.h>

/// Reads the text of a .proto file of syntax proto2 or proto3, or of edition 2023 or 2024
/// (https://protobuf.dev/reference/protobuf/edition-2023-spec/). NULL, with line, column and what was expected
/// in `problem` of `problem_size` bytes, if it is none, or without memory. [any]
proto_file *proto_parse(arena *memory, const char *text, int64_t size, char *problem, size_t problem_size);

#endif
