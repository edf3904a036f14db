#include "builtin.h"

#include <stddef.h>
#include <string.h>

#define FILE_OF(body) "syntax = \"proto3\"; package google.protobuf; " body

#define WRAPPER(name, type) "message " name " { " type " value = 1; } "

static const struct {
  const char *path, *text;
} files[] = {
    {"google/protobuf/timestamp.proto", FILE_OF("message Timestamp { int64 seconds = 1; int32 nanos = 2; }")},
    {"google/protobuf/duration.proto", FILE_OF("message Duration { int64 seconds = 1; int32 nanos = 2; }")},
    {"google/protobuf/wrappers.proto",
     FILE_OF(WRAPPER("DoubleValue", "double") WRAPPER("FloatValue", "float") WRAPPER("Int64Value", "int64")
                 WRAPPER("UInt64Value", "uint64") WRAPPER("Int32Value", "int32")
                     WRAPPER("UInt32Value", "uint32") WRAPPER("BoolValue", "bool")
                         WRAPPER("StringValue", "string") WRAPPER("BytesValue", "bytes"))},
    {"google/protobuf/struct.proto",
     FILE_OF("message Struct { map<string, Value> fields = 1; } "
             "message Value { oneof kind { NullValue null_value = 1; double number_value = 2; string "
             "string_value = 3; "
             "bool bool_value = 4; Struct struct_value = 5; ListValue list_value = 6; } } "
             "enum NullValue { NULL_VALUE = 0; } message ListValue { repeated Value values = 1; }")},
    {"google/protobuf/any.proto", FILE_OF("message Any { string type_url = 1; bytes value = 2; }")},
    {"google/protobuf/empty.proto", FILE_OF("message Empty {}")},
    {"google/protobuf/field_mask.proto", FILE_OF("message FieldMask { repeated string paths = 1; }")},
};

const char *proto_builtin(const char *path) {
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    if (strcmp(files[i].path, path) == 0)
      return files[i].text;
  return NULL;
}
