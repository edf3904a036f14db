/// Fuzzes decoding and encoding of Protobuf.
#include "decode.h"

// A map's entries.
#define ENTRIES(value) "(entries +s(key vu; value " value "))"

static const char scalars[] =
    "syntax = 'proto3'; package p; message M { int32 a = 1; int64 b = 2; uint32 c = 3; uint64 d = 4; "
    "sint32 e = 5; sint64 f = 6; bool g = 7; fixed32 h = 8; fixed64 i = 9; sfixed32 j = 10; "
    "sfixed64 k = 11; float l = 12; double m = 13; string n = 14; bytes o = 15; E p = 16; enum E { "
    "X = 0; A_NAME_THAT_IS_LONG = 1; Z = -1; } }";

static const char presence[] =
    "syntax = 'proto3'; package p; message M { optional int32 a = 1; optional int64 b = 2; "
    "optional string n = 14; optional bytes o = 15; oneof one { float l = 12; double m = 13; E p = 16; "
    "M x = 17; } enum E { X = 0; } }";

static const char old[] =
    "syntax = 'proto2'; package p; message M { required int32 a = 1 [default = 7]; "
    "optional string n = 2 [default = 'a default that is not inlined']; optional E e = 3 [default = B]; "
    "optional group G = 4 { optional int32 x = 1; repeated group H = 2 { required int32 y = 1; } } "
    "repeated E es = 5 [packed = true]; repeated int32 xs = 6; optional double d = 7 [default = -inf]; "
    "enum E { A = 1; B = 3; } extensions 100 to max; }";

static const char nested[] =
    "syntax = 'proto3'; package p; message M { N one = 1; repeated N many = 2; repeated int32 xs = 3; "
    "repeated string ys = 4; map<string, int64> m = 5; map<int32, N> n = 6; map<bool, string> o = 7; "
    "message N { int32 a = 1; N in = 2; repeated sint64 zs = 3; string s = 4; } repeated fixed64 fs = 8; "
    "repeated bool bs = 9 [packed = false]; }";

static const char known[] =
    "syntax = 'proto3'; package p; import 'google/protobuf/timestamp.proto'; "
    "import 'google/protobuf/duration.proto'; import 'google/protobuf/wrappers.proto'; "
    "import 'google/protobuf/struct.proto'; message M { google.protobuf.Timestamp t = 1; "
    "google.protobuf.Duration d = 2; google.protobuf.Int64Value i = 3; "
    "google.protobuf.StringValue s = 4; google.protobuf.BoolValue b = 5; google.protobuf.Struct st = 6; "
    "repeated google.protobuf.Timestamp ts = 7; google.protobuf.BytesValue y = 8; "
    "google.protobuf.DoubleValue f = 9; google.protobuf.UInt32Value u = 10; }";

static const char editions[] =
    "edition = '2023'; package p; option features.field_presence = IMPLICIT; "
    "option features.enum_type = CLOSED; message M { int32 a = 1; "
    "N n = 2 [features.message_encoding = DELIMITED]; "
    "repeated int32 xs = 3 [features.repeated_field_encoding = EXPANDED]; "
    "string s = 4 [features.field_presence = LEGACY_REQUIRED]; "
    "E e = 5 [features.field_presence = EXPLICIT]; message N { int32 x = 1; repeated N more = 2; } "
    "enum E { A = 0; B = 5; } }";

static const char other[] =
    "syntax = 'proto3'; package p; message First { int64 a = 1; message Within { string n = 14; "
    "int32 a = 1; } } message Second { sint32 a = 1; repeated string n = 14; }";

// Unknown fields are kept.
#define KEEPS_UNKNOWN "{\"unknown_fields\":\"rest\"}"

static const decode_case all[] = {
    {.columns = "a i; b l; c I; d L; e i; f l; g b; h I; i L; j i; k l; l f; m g; n vu; o vz; p vu",
     .written = {scalars}},
    {.columns = "a c; b S; c s; d l; e l; f i; h C; i l; j s; k L; l g; n d:12,3; o vu; p i",
     .written = {scalars}},
    {.columns = "a tdD; b tdm; d ttn; e ttm; f ttu; i tsu:UTC; k tsn:; h tts", .written = {scalars}},
    {.columns = "a i?; b l?; l f?; m g?; n vu?; o vz?; p vu?; x +s?(a i?; x +s?(n vu?)); zz +l?(item i)",
     .written = {presence, scalars}},
    {.columns = "a i; b l; l f; m g; n vu; o vz; p i; x +s(a i; n vu)", .written = {presence}},
    {.columns = "a i; n vu?; e vu?; g +s?(x i?; h +l(item +s(y i))); es +l(item vu); xs +l(item i); d g",
     .written = {old}},
    {.columns = "a l; n vu; e i; g +s(x l; h +l(item +s(y l))); es +l(item i); xs +l?(item l?); d g?",
     .written = {old},
     .read = old},
    {.columns = "one +s?(a i; in +s?(a i; zs +l(item l)); zs +l(item l); s vu); many +l(item +s(s vu; zs "
                "+l(item l))); xs +l(item i); "
                "ys +l(item vu); m +m" ENTRIES("l") "; n +m" ENTRIES("+s(a i; s vu)") "; o +m" ENTRIES(
                    "vu") "; fs +l(item L); bs +l(item b)",
     .written = {nested}},
    {.columns =
         "one vz?; many +l(item vz); m +l(item +s(key vu; value l)); n +l(item +s(key i; value +s(s vu)))",
     .written = {nested}},
    {.columns = "t tsu:UTC?; d l?; i l?; s vu?; b b?; st vz?; ts +l(item tss:UTC); y vz?; f g?; u I?",
     .written = {known}},
    {.columns = "t tsn:; d l; i i; s vz; b b; ts +l(item tsm:); y vu; f g; u l", .written = {known}},
    {.columns = "t +s?(seconds l; nanos i)", .written = {known}},
    {.columns = "a i; n +s?(x i; more +l(item +s(x i))); xs +l(item i); s vu; e vu?", .written = {editions}},
    {.columns = "a l; n vu?", .written = {other, scalars, presence}},
    {.columns = "a l; n vu",
     .written = {other, scalars},
     .read = other,
     .config = "{\"message\":\"p.First.Within\"}"},
    {.columns = "a l?; rest vz; n vu?", .written = {presence, scalars, old}, .config = KEEPS_UNKNOWN},
    {.columns = "rest vz?; a i; e vu?; es +l(item vu); xs +l(item i); g +s?(x i?)",
     .written = {old, scalars, nested},
     .read = old,
     .config = KEEPS_UNKNOWN},
    {.columns = "rest vz?", .written = {"message None {}"}, .config = KEEPS_UNKNOWN},
};

const decode_cases cases = {MILL_SCHEMA_PROTOBUF, sizeof all / sizeof all[0], all};
