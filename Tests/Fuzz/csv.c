/// Fuzzes decoding and encoding of CSV.
#include "decode.h"

static const decode_case all[] = {
    {.columns = "a vu?; b vu; c i; d l?; e tsu:UTC?"},
    {.columns = "a c?; b C?; c s?; d S?; e I?; f l?; g L?; h f?; i g?; j b?", .config = "{\"extra\":\"skip\"}"},
    {.columns = "a tdD?; b tdm?; c tss:UTC?; d tsn:?; e tts?; f ttm?; g ttu?; h ttn?",
     .config = "{\"delimiter\":\";\"}"},
    {.columns = "a d:12,3?; b d:38,0?; c vz?; d vz; e vu?", .config = "{\"null\":\"null\",\"quote\":\"'\"}"},
    {.columns = "a vu; b vu", .config = "{\"delimiter\":\"\\t\",\"extra\":\"skip\"}"},
    {.columns = "a vu?", .config = "{\"delimiter\":\" \",\"null\":\"NA\"}"},
};

const decode_cases cases = {MILL_SCHEMA_JSON, sizeof all / sizeof all[0], all};
