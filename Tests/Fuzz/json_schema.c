/// Fuzzes the reading of JSON Schemas, and decoding and encoding by them.
#include "schema.h"

#define ENTRIES(value) "(entries +s(key vu; value " value "))"

static const char *const columns[] = {
    "a l?",
    "a vu?; b l?; c g?; d b?",
    "a vz?; b d:12,3?; c tsu:UTC?; d tdD?; e ttm?",
    "a +l?(item l?); b +m?" ENTRIES("vu?") "; c +s?(a l?; b vu?)",
    "a +s?(a +l?(item +s?(b C?; c d:5,0?))); b c; c f?",
    "a i",
};

static const char *const names[] = {"A", "b.json", "http://x/c"};

// Values of all types, at their limits, and objects of some depth.
static const char messages_of_all[] =
    "{}" SEPARATOR "{\"a\":1}" SEPARATOR "{\"a\":null,\"b\":-1.5,\"c\":1e9}" SEPARATOR
    "{\"a\":\"QQ==\",\"b\":12.25,\"c\":\"2026-01-01T00:00:00Z\",\"d\":\"2026-01-01\",\"e\":\"01:02:"
    "03\"}" SEPARATOR "{\"a\":[1,2,null],\"b\":{\"x\":\"y\"},\"c\":{\"a\":0,\"b\":\"\\u00e9\\n\"}}" SEPARATOR
    "{\"a\":{\"a\":[{\"b\":255,\"c\":3},{}]},\"b\":3,\"c\":0.5,\"z\":[[{\"a\":[]}],true]}" SEPARATOR
    "{ \"a\" : \"text\" , \"b\" : 7 , \"d\" : false }" SEPARATOR
    "{\"a\":9223372036854775807,\"\\u0062\":12345678901234567890123}" SEPARATOR
    "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}},\"b\":1}" SEPARATOR "[1]";

const schema_target target = {MILL_SCHEMA_JSON, sizeof columns / sizeof columns[0], columns, names,
                              messages_of_all,  sizeof messages_of_all - 1};
