/// Fuzzes the reading of .proto files and descriptors, and decoding and encoding by them.
#include "schema.h"

#define ENTRIES(value) "(entries +s(key vu; value " value "))"

static const char *const columns[] = {
    "a l?",
    "a vu?; b l?; c g?",
    "a vz?; b d:12,3?; c tsu:UTC?; d tdD?; e ttm?",
    "a +l?(item l); b +m?" ENTRIES("vu") "; c +s?(a l?; b vu?)",
    "a vu; b +l(item vu); c +s(a +s?(a i?); b f); d b",
    "a i",
};

static const char *const names[] = {"a.proto", "b.proto", "google/protobuf/any.proto"};

// Each begins with the list of indexes: the first message, or one within it. Fields 1 to 4 of all wire types.
static const char messages_of_all[] =
    "\0" SEPARATOR "\2\2\10\1" SEPARATOR "\4\0\0\10\5" SEPARATOR "\0\10\1\20\2\30\3" SEPARATOR
    "\0\12\3abc\22\3def\32\2\10\1" SEPARATOR "\0\11\1\2\3\4\5\6\7\10\25\1\2\3\4" SEPARATOR
    "\0\13\10\1\14\23\24\33\20\1\34" SEPARATOR "\0\12\4\12\0\20\1\22\4\12\1k\20\7\12\0" SEPARATOR
    "\0\10\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\12\0";

const schema_target target = {MILL_SCHEMA_PROTOBUF, sizeof columns / sizeof columns[0], columns, names,
                              messages_of_all,      sizeof messages_of_all - 1};
