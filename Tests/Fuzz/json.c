/// Fuzzes decoding and encoding of JSON.
#include "decode.h"

#define ENTRIES(value) "(entries +s(key vu; value " value "))"

static const decode_case all[] = {
    {.columns = "a i; b vu?; c vu; d tsu:UTC; e b; f g?"},
    {.columns = "a c?; b C?; c s?; d S?; e I?; f l?; g L?; h f?; i g?; j b?"},
    {.columns = "a tdD?; b tdm?; c tss:UTC?; d tsn:?; e tts?; f ttm?; g ttu?; h ttn?; i tsm:UTC?"},
    {.columns = "a d:12,3?; b d:38,0?; c d:5,5?; d vz?; e vu?"},
    {.columns =
         "a +l?(item l?); b +l(item vu); c +m?" ENTRIES("g?") "; d +s?(a +l(item +l?(item b)); b vu?); e "
                                                              "+l?(item +s?(a vu; b +m" ENTRIES("vu?") "))"},
    {.columns =
         "a +s(a +s(a +s(a i?; b vz))); quote\"d i?; \xc3\xa9 +m?" ENTRIES("+m" ENTRIES("+s(a d:9,2?)"))},
};

const decode_cases cases = {MILL_SCHEMA_JSON, sizeof all / sizeof all[0], all};
