/// Fuzzes decoding and encoding of Avro.
#include "decode.h"

// A map's entries.
#define ENTRIES(value) "(entries +s(key vu; value " value "))"

static const char simple[] =
    "{'type':'record','name':'R','fields':["
    "{'name':'n','type':'null'},{'name':'b','type':'boolean'},{'name':'i','type':'int'},"
    "{'name':'l','type':'long'},{'name':'f','type':'float'},{'name':'d','type':'double'},"
    "{'name':'y','type':'bytes'},{'name':'s','type':'string'}]}";

static const char optional[] =
    "{'type':'record','name':'R','fields':["
    "{'name':'s','type':['string','null']},{'name':'b','type':['null','boolean']},"
    "{'name':'l','type':['int','long','null']},{'name':'d','type':['null','float','double','int']},"
    "{'name':'passed','type':['null','bytes']}]}";

static const char widths[] =
    "{'type':'record','name':'W','fields':["
    "{'name':'c','type':'long'},{'name':'C','type':'long'},{'name':'s','type':'int'},"
    "{'name':'S','type':'int'},{'name':'I','type':'long'},{'name':'L','type':'long'},"
    "{'name':'f','type':'int'},{'name':'g','type':'long'},{'name':'t','type':'long'}]}";

static const char logical[] = "{'type':'record','name':'T','fields':["
                              "{'name':'d','type':{'type':'int','logicalType':'date'}},"
                              "{'name':'e','type':{'type':'int','logicalType':'date'}},"
                              "{'name':'tm','type':{'type':'int','logicalType':'time-millis'}},"
                              "{'name':'tu','type':{'type':'long','logicalType':'time-micros'}},"
                              "{'name':'tn','type':{'type':'long','logicalType':'time-micros'}},"
                              "{'name':'sm','type':{'type':'long','logicalType':'timestamp-millis'}},"
                              "{'name':'su','type':{'type':'long','logicalType':'timestamp-micros'}},"
                              "{'name':'lo','type':{'type':'long','logicalType':'local-timestamp-millis'}},"
                              "{'name':'id','type':{'type':'string','logicalType':'uuid'}}]}";

static const char exact[] =
    "{'type':'record','name':'D','fields':["
    "{'name':'a','type':{'type':'bytes','logicalType':'decimal','precision':12,'scale':3}},"
    "{'name':'b','type':{'type':'fixed','name':'F','size':20,'logicalType':'decimal','precision':12,'scale':3}}"
    ","
    "{'name':'c','type':{'type':'fixed','name':'P','size':12,'logicalType':'duration'}},"
    "{'name':'e','type':['null',{'type':'enum','name':'E','symbols':['A','a_symbol_that_is_long']}]}]}";

static const char nested[] =
    "{'type':'record','name':'N','fields':["
    "{'name':'xs','type':{'type':'array','items':'int'}},"
    "{'name':'ys','type':{'type':'array','items':['null','string']}},"
    "{'name':'m','type':{'type':'map','values':{'type':'array','items':'long'}}},"
    "{'name':'rs','type':{'type':'array','items':{'type':'record','name':'P','fields':[{'name':'x','type':'int'"
    "},{'name':'t','type':{'type':'map','values':'string'}}]}}},"
    "{'name':'p','type':['null','P']},{'name':'zs','type':{'type':'array','items':'null'}}]}";

static const char unions[] =
    "{'type':'record','name':'U','fields':["
    "{'name':'u','type':['null','int','string',{'type':'record','name':'P','fields':[{'name':'x','type':'long'}"
    "]},{'type':'array','items':'int'},{'type':'map','values':'P'},{'type':'fixed','name':'F','size':4}]},"
    "{'name':'v','type':['string','bytes']}]}";

static const char node[] = "{'type':'record','name':'Node','fields':["
                           "{'name':'v','type':'int'},{'name':'next','type':['null','Node']},"
                           "{'name':'all','type':{'type':'array','items':'Node'}}]}";

static const char before[] =
    "{'type':'record','name':'old.W','fields':["
    "{'name':'i','type':'int'},{'name':'f','type':'float'},"
    "{'name':'gone','type':{'type':'array','items':{'type':'map','values':'boolean'}}},"
    "{'name':'e','type':{'type':'enum','name':'E','symbols':['X','Y','Z']}},"
    "{'name':'s','type':['null','int','string']},{'name':'was','type':'bytes'}]}";

static const char after[] =
    "{'type':'record','name':'V','aliases':['X','old.W'],'fields':["
    "{'name':'s','type':['string','double','null']},{'name':'i','type':'long'},"
    "{'name':'f','type':'double'},"
    "{'name':'e','type':{'type':'enum','name':'E','symbols':['Y','X','Q'],'default':'Q'}},"
    "{'name':'is','aliases':['was'],'type':'string'},"
    "{'name':'a','type':{'type':'array','items':'int'},'default':[1,2,300]},"
    "{'name':'m','type':{'type':'map','values':'string'},'default':{'k':'a text that is not inlined'}},"
    "{'name':'r','type':{'type':'record','name':'P','fields':[{'name':'x','type':'int'},{'name':'y','type':['"
    "null','long'],'default':null}]},'default':{'x':5}},"
    "{'name':'z','type':'bytes','default':'\\u00ff\\u0000'}]}";

static const char maps[] =
    "{'type':'map','values':{'type':'map','values':{'type':'array','items':['null','double']}}}";

static const decode_case all[] = {
    {.columns = "n i?; b b; i i; l l; f f; d g; y vz; s vu", .written = {simple}},
    {.columns = "b b?; l l?; d g?; s vu?; more +l?(item i?)", .written = {optional, simple}},
    {.columns = "c c; C C; s s; S S; I I; L L; f f; g g; t tsn:UTC", .written = {widths}},
    {.columns = "d tdD; e tdm; tm ttm; tu ttu; tn ttn; sm tsu:UTC; su tsm:UTC; lo tss:; id vu",
     .written = {logical}},
    {.columns = "d i; e l; tm l; tu l; tn l; sm l; su l; lo L; id vz", .written = {logical}},
    {.columns = "a d:12,3; b d:38,5; c vz; e vu?", .written = {exact}},
    {.columns = "a d:20,1; b d:12,3; c vz; e vu", .written = {exact}, .read = exact},
    {.columns = "xs +l(item l); ys +l(item vu?); m +m" ENTRIES("+l(item i)") "; p +s?(x l); zs +l(item i?); "
                                                                             "rs +l(item +s(t +m" ENTRIES(
                                                                                 "vu") "; x i))",
     .written = {nested}},
    {.columns = "p +s?(t +m" ENTRIES("vz") ")", .written = {nested}},
    {.columns =
         "u +s?(int i?; string vu?; P +s?(x l); array +l?(item i); map +m?" ENTRIES("+s(x l)") "; F vz?); v vu",
     .written = {unions}},
    {.columns = "u i?", .written = {unions}},
    {.columns = "v i; next +s?(v i; next +s?(v l)); all +l(item +s(all +l(item +s(v i))))", .written = {node}},
    {.columns = "v i", .written = {node}},
    {.columns = "s vu?; i l; f g; e vu; is vu; a +l(item i); m +m" ENTRIES("vu") "; r +s(x l; y l?); z vz",
     .written = {before, after},
     .read = after},
    {.columns = "s g?; e vu; r +s?(y l?)", .written = {before, after}, .read = after},
    {.columns = "value l?",
     .written = {"'long'", "['null','int']", "{'type':'int','logicalType':'date'}"},
     .read = "['null','long']"},
    {.columns = "value +l(item vu?)",
     .written = {"{'type':'array','items':'string'}", "{'type':'array','items':['string','null']}"},
     .config = "{\"record_name\":\"R\",\"namespace\":\"a.b\"}"},
    {.columns = "value +m" ENTRIES("+m" ENTRIES("+l?(item g?)")), .written = {maps}},
};

const decode_cases cases = {MILL_SCHEMA_AVRO, sizeof all / sizeof all[0], all};
