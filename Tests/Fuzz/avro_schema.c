/// Fuzzes the reading of Avro schemas, and decoding and encoding by them.
#include "schema.h"

#define ENTRIES(value) "(entries +s(key vu; value " value "))"

static const char *const columns[] = {
    "a l?",
    "a vu?; b l?; c g?",
    "a vz?; b d:12,3?; c tsu:UTC?; d tdD?; e ttm?",
    "a +l?(item l?); b +m?" ENTRIES("vu?") "; c +s?(a l?; b vu?)",
    "a +s?(int i?; string vu?; array +l?(item i?)); b b?; c f?",
    "a i",
    "value +l?(item l?)",
};

static const char *const names[] = {"n.A", "B", "C"};

// Zeros, small numbers, each branch and symbol, blocks, texts, and bytes that are too many for all.
static const char messages_of_all[] = SEPARATOR
    "\0" SEPARATOR "\2" SEPARATOR "\2\2\0\0" SEPARATOR "\4\6abc\4\2\2\4\0\0" SEPARATOR
    "\0\0\0\0\0\0\0\0" SEPARATOR "\2\2\2\2\2\2\2\2\0" SEPARATOR "\xff\xff\xff\xff\xff\xff\xff\xff\xff\1";

const schema_target target = {MILL_SCHEMA_AVRO, sizeof columns / sizeof columns[0], columns, names,
                              messages_of_all,  sizeof messages_of_all - 1};
