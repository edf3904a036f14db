/// The files of types that everybody knows (https://protobuf.dev/reference/protobuf/google.protobuf/), so that
/// schemas need no references to them.
#ifndef PROTO_BUILTIN_H
#define PROTO_BUILTIN_H

/// The text of the file that is imported as `path`, e.g. "google/protobuf/timestamp.proto"; NULL if it is none
/// of them. [any]
const char *proto_builtin(const char *path);

#endif
