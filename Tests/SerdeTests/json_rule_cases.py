"""Cases of the json serde with JSON Schemas: what messages may be."""
import itertools
import json
import re

from cases import row
from harness import check, logged, run
from json_schema_cases import INTEGER, LATEST, NULL, TEXT, of, schemas
from oracle import Field

UNKNOWN = {"pattern": r"\p{NoSuch}"}  # that is no pattern for PCRE2: not checked

# What a member a may be by the topic's own schema: texts that are good, and others with what is said of them.
RULES = [
    (INTEGER, ["1", "1.0", "-1e2"], {"1.5": '1.5 is against "type": "integer"', '"x"': '"x" is against "type": "integer"'}),
    ({"type": ["integer", "null"]}, ["1", "null"], {"true": 'true is against "type"'}),
    ({"minimum": 3, "maximum": 10}, ["3", "10", "10.000", '"x"', "0.3e1", "1e1"],
     {"2.99": '2.99 is against "minimum": 3', "1.1e1": '1.1e1 is against "maximum": 10', "1e400": '1e400 is against "maximum": 10'}),
    ({"exclusiveMinimum": 3, "exclusiveMaximum": 18446744073709551616}, ["3.0000000000000000000000001", "18446744073709551615"],
     {"3": '3 is against "exclusiveMinimum": 3',
      "18446744073709551616": '18446744073709551616 is against "exclusiveMaximum": 18446744073709551616'}),
    ({"multipleOf": 0.01}, ["1.25", "0", "3e5", "1e40"], {"1.255": '1.255 is against "multipleOf": 0.01'}),
    ({"minLength": 2, "maxLength": 3}, ['"ab"', '"éé"', '"\\u0041\\n"', '"🚀🚀🚀"', '"\\ud83d\\ude80x"', "[]"],
     {'"é"': '"é" is against "minLength": 2', '"abcd"': '"abcd" is against "maxLength": 3'}),
    ({"enum": [1, "x", None, [1, {"a": 2}]]}, ["1", "1.0", "10e-1", '"x"', '"\\u0078"', "null", '[1,{"a":2e0}]', ' [ 1 , { "a" : 2 } ] '],
     {'"y"': '"y" is against "enum"', "2": '2 is against "enum"', "[1]": '[1] is against "enum"',
      '[1,{"a":2},3]': '[1,{"a":2},3] is against "enum"',
      '[1,{"a":2,"b":1}]': '[1,{"a":2,"b":1}] is against "enum"', "[1,{}]": '[1,{}] is against "enum"'}),
    ({"const": "a"}, ['"a"'], {'"b"': '"b" is against "const": "a"'}),
    ({"const": {"b": 1, "c": [True, False]}}, ['{"c":[true,false],"b":1}'], {"{}": '{} is against "const"'}),
    ({"minItems": 1, "maxItems": 2}, ["[1]", "[1,[2]]", "1"], {"[]": '[] is against "minItems": 1', "[1,2,3]": '[1,2,3] is against "maxItems": 2'}),
    ({"minProperties": 1, "maxProperties": 2}, ['{"x":1}'], {"{}": '{} is against "minProperties": 1'}),
    ({"contains": {"const": 1}}, ["[0,1]", "1"], {"[0]": '[0] is against "contains"'}),
    ({"not": TEXT}, ["1"], {'"x"': '"x" is against "not"'}),
    ({"not": UNKNOWN}, ['"x"', '"y"'], {"1": '1 is against "not"'}),
    ({"if": INTEGER, "then": {"minimum": 5}, "else": {"maxLength": 1}}, ["5", '"x"', "1.5"],
     {"4": '4 is against "minimum": 5', '"xy"': '"xy" is against "maxLength": 1'}),
    ({"if": UNKNOWN, "then": {"maxLength": 1}, "else": {"minLength": 5}}, ['"xyz"'], {}),
    ({"not": {"oneOf": [{"minLength": 1}, UNKNOWN]}}, ['"ab"'], {}),
    ({"additionalProperties": False, "patternProperties": {"^x": {}}}, ['{"x":1,"xy":2}', "{}"], {}),
    ({"oneOf": [NULL, {"type": "integer", "maximum": 3}]}, ["null", "3"],
     {"4": '4 is against "maximum": 3', '"x"': '"x" is against "oneOf"'}),
    ({"oneOf": [{"minimum": 1}, {"maximum": 3}]}, ["0", "4"], {"2": '2 is against "oneOf"'}),
    ({"oneOf": [UNKNOWN, {"minLength": 1}]}, ['"x"', '""'], {}),
    ({"anyOf": [{"minimum": 5}, {"multipleOf": 2}]}, ["7", "2"], {"3": '3 is against "anyOf"'}),
    ({"allOf": [{"minimum": 5}, {"multipleOf": 2}]}, ["6"], {"7": '7 is against "multipleOf": 2', "4": '4 is against "minimum": 5'}),
    (False, [], {"1": '1 is against "false"'}),
    ({**UNKNOWN, "format": "uri"}, ['"y"', "[1,1]", '{"x":1}'], {}),
    ({"patternProperties": {UNKNOWN["pattern"]: False, "^y": INTEGER}, "additionalProperties": False}, ['{"x":1,"y":1}'], {}),
    ({"$ref": "#/definitions/x"}, ['"ab"'], {'"a"': '"a" is against "minLength": 2'}),
    ({"const": "\n"}, ['"\\n"'], {"1": '1 is against "const": " "'}),
    ({"maxLength": 3}, [], {f'"{"é" * 40}"': '"' + "é" * 19 + '… is against "maxLength": 3'}),
]

# The same in drafts from 2019-09 on.
NEWER_RULES = [
    ({"contains": INTEGER}, ["[1]", '["x",1]', "{}"], {"[]": '[] is against "contains"', '["x"]': '["x"] is against "contains"'}),
    ({"contains": INTEGER, "minContains": 2, "maxContains": 3}, ["[1,2]", '[1,"x",1.0]', "[1,2,3]"],
     {"[1]": '[1] is against "minContains": 2', "[1,2,3,4]": '[1,2,3,4] is against "maxContains": 3'}),
    ({"contains": INTEGER, "minContains": 0}, ["[]", '["x"]'], {}),
    ({"contains": INTEGER, "minContains": 0, "maxContains": 1}, ["[]", "[1]"], {"[1,2]": '[1,2] is against "maxContains": 1'}),
    ({"minContains": 2, "maxContains": 0}, ["[]", "[1]"], {}),
    ({"contains": UNKNOWN, "minContains": 2, "maxContains": 2}, ['["x","y","z"]'], {'["x"]': '["x"] is against "minContains": 2'}),
    ({"dependentRequired": {"x": ["y", "z"], "u": []}}, ['{"x":1,"y":2,"z":3}', '{"y":2,"u":1}', "1"],
     {'{"x":1,"z":3}': 'the member "y" is missing, against "dependentRequired"'}),
    ({"dependentSchemas": {"x": {"required": ["y"]}, "z": False}}, ['{"x":1,"y":2}', '{"y":2}'],
     {'{"x":1}': 'the member "y" is missing, against "required"', '{"z":1}': '{"z":1} is against "false"'}),
    ({"dependencies": {"x": ["y"]}}, ['{"x":1}'], {}),
]

# Arrays whose items are all different, and others whose last item is the same as one before.
DIFFERENT = ["[]", "[1]", "1", "[1,true]", "[0,false,null,\"\",[],{}]", '["1",1]', "[1,10,100,0.1,1.5,-1]", '[[1,2],[2,1]]', '[{"x":1},{"y":1}]',
             '[{"x":1},{"x":1,"y":1}]', '[{"x":1,"y":2},{"x":2,"y":1}]', '["a","\\u0061\\u0000"]', "[9007199254740993,9007199254740992]",
             '[{"x":1,"x":1},{"x":1}]', '[{"x":1,"x":2},{"x":2,"x":1}]', "[%s]" % ",".join(map(str, range(300))), "[1e400,1e401]", "[[],[[]]]"]
SAME = ["[1,1]", "[1,2,1.0]", "[100,1e2]", "[0,-0.0]", "[0.10,1e-1]", '["a","\\u0061"]', '["\\ud83d\\ude80","🚀"]', "[null,1,null]", "[{},{}]", '[{"x":1,"x":1},{"x":1,"x":1}]',
        "[true,true]", '[{"x":1,"y":[2,{"z":"q"}]}, { "y" : [2.0,{"\\u007a":"q"}] , "x":1e0 }]', "[[1,[2]],[1,[2]]]", "[1.50,1500e-3]",
        "[%s,299]" % ",".join(map(str, range(300))),
        "[{%s},{%s}]" % tuple(",".join(f'"{name}":1' for name in names) for names in (range(200), reversed(range(200))))]

# Patterns: texts in which they are, and others.
PATTERNS = [
    ("b", ["abc", "b"], ["", "a"]), ("^b", ["b", "bc"], ["ab", "a\\nb"]), ("b$", ["ab"], ["ba", "b\\n"]), ("^.$", ["é", "🚀"], ["", "ab", "\\n", "\\r"]),
    (r"^\d{3}-\d+$", ["123-4"], ["12-4", "１23-4"]), (r"^\w+$", ["aZ_9"], ["é", "a b"]), (r"^\u00e9\x41\u{1F680}$", ["éA🚀"], ["eA"]), ("^[^]$", ["\\n"], [""]),
    ("[]", [], ["", "a"]), (r"^(?:(a)|b)*\1c$", ["bc", "abac"], ["c"[:0]]), (r"^\p{Lu}\p{L}*$", ["Élan"], ["élan"]), ("^(?=.*1)(?!.*2).{2,}$", ["a1"], ["12", "1"]),
    (r"^[\w-.]+[\d-x][a-\d]$", ["a-.9a", "_x-", "a-5"], ["a,5a", "é-5"]), (r"^[\w-\.]+@([\w-]+\.)+[\w-]{2,4}$", ["a-b.c@d-e.org"], ["a@b"]),
    (r"^\/[a-z]+\-$", ["/a-"], ["a-"]), ("a++b", ["aab"], ["a"]), ("^\\n$", ["\\n"], ["n"]), ("", ["", "x"], []), ("^(a|b|é)*$", ["abéab" * 20], ["abx"]),
]

# Members by their names.
MATCHED = {"properties": {"xa": INTEGER}, "patternProperties": {"^x": {"minimum": 3}, "a$": {"maximum": 5}}, "additionalProperties": TEXT}
RULES += [
    (MATCHED, ['{"xa":3,"xb":9.5,"a":-1.5,"c":"text"}', '{"xc":"text"}'], {}),
    ({"dependencies": {"x": ["y"], "y": {"maxProperties": 2}, "z": []}}, ['{"x":1,"y":2}', '{"z":1}'],
     {'{"x":1}': 'the member "y" is missing, against "dependencies"', '{"y":1,"b":2,"c":3}': '{"y":1,"b":2,"c":3} is against "maxProperties": 2'}),
    ({"dependentRequired": {"x": ["y"]}, "dependentSchemas": {"x": False}, "minContains": 4, "contains": True}, ['{"x":1}', "[1]"], {}),
    ({"contains": {"const": 1}, "uniqueItems": True}, ["[0,1]"], {"[0,2]": '[0,2] is against "contains"'}),
    ({"uniqueItems": False}, ["[1,1]"], {}),
    ({"uniqueItems": True}, DIFFERENT, {}),
    ({"enum": [{"x": 1, "y": 2}]}, ['{"y":2,"x":1}'], {'{"x":1,"x":1}': '{"x":1,"x":1} is against "enum"'}),
]

# The same of objects in a, where the difference is inside: its place, and what is said.
INSIDE = [
    (of(b={"minimum": 1}), '{"b":0}', "a.b", '0 is against "minimum": 1'),
    ({**of(b={}), "additionalProperties": False}, '{"b":0,"c":{}}', "a.c", '{} is against "additionalProperties": false'),
    ({**of(b={}), "additionalProperties": INTEGER}, '{"b":"x","c":"x"}', "a.c", '"x" is against "type": "integer"'),
    ({"items": {"items": TEXT}}, '[[],["x",1]]', "a[][]", '1 is against "type": "string"'),
    ({"items": of(b=TEXT)}, '[{"b":"x"},{"b":null}]', "a[].b", 'null is against "type": "string"'),
    ({"items": [TEXT], "additionalItems": INTEGER}, '["x","y"]', "a[]", '"y" is against "type": "integer"'),
    ({"required": ["x", "y"]}, '{"x":1}', "a", 'the member "y" is missing, against "required"'),
    ({"propertyNames": {"pattern": "^[a-z]*$"}}, '{"x":1,"Xy":1}', "a.Xy", '"Xy" is against "pattern": "^[a-z]*$"'),
    (MATCHED, '{"xa":3.5}', "a.xa", '3.5 is against "type": "integer"'),
    (MATCHED, '{"xa":2}', "a.xa", '2 is against "minimum": 3'),
    (MATCHED, '{"xa":6}', "a.xa", '6 is against "maximum": 5'),
    (MATCHED, '{"c":6}', "a.c", '6 is against "type": "string"'),
    ({"additionalProperties": False, "patternProperties": {"^x": {}, "é": False}}, '{"xy":1,"c":[]}', "a.c", '[] is against "additionalProperties": false'),
    ({"additionalProperties": False, "patternProperties": {"^x": {}, "é": False}}, '{"x\\u00e9":1}', "a.x\\u00e9", '1 is against "false"'),
    ({"items": of(b={"minLength": 1})}, '[{"\\u0062":"x"},{"\\u0062":"%s"},{"b":""}]' % ("\\n" * 3000), "a[].b", '"" is against "minLength": 1'),
    (of(**{"é": {"minLength": 4000}}), '{"\\u00e9":"%s"}' % ("\\n" * 3000), "a.\\u00e9", '"' + "\\n" * 19 + '\\… is against "minLength": 4000'),
    ({"propertyNames": {"maxLength": 1}}, '{"xy":1}', "a.xy", '"xy" is against "maxLength": 1'),
]


OTHERS = row(Field("z", "i", True))  # so that the rules, not a column, decide about a


def hold(whole, rules):
    """Holds values of a against rules that stand in a whole schema."""
    for rule, good, bad in rules:
        schema = {**whole, **of(a=rule), "definitions": {"x": {"minLength": 2}}}
        texts = [f'{{"a":{text}}}'.encode() for text in (*good, *bad)]
        got = run("json", OTHERS, texts, schemas=schemas(schema, reader=1, count=len(texts)))
        expected = [("V", None)] * len(good) + [("E", f'field "a": at byte 5: {said} of schema "id 1"') for said in bad.values()]
        check(f"json: {rule}", [("V", None) if one[0] == "V" else ("E", one[2]) for one in got], expected)
        check(f"json: {rule}, code", {one[1] for one in got if one[0] == "E"} <= {6}, True)


def inside():
    for rule, text, place, said in INSIDE:
        got = run("json", OTHERS, [f'{{"a":{text}}}'.encode()], schemas=schemas(of(a=rule), reader=1))[0]
        check(f"json: {rule} of {text}", (got[1], got[2].split(": ")[0], got[2].split(": ", 2)[2]),
              (6, f'field "{place}"', f'{said} of schema "id 1"'))
    got = run("json", OTHERS, [b' {"z":1}'], schemas=schemas({"required": ["a"]}, reader=1))
    check("json: the row itself", got, [("E", 6, 'at byte 1: the member "a" is missing, against "required" of schema "id 1"')])


def unique():
    texts = [f'{{"a":{text}}}'.encode() for text in SAME]
    got = run("json", OTHERS, texts, schemas=schemas(of(a={"uniqueItems": True}), reader=1, count=len(texts)))
    check("json: items that are the same", [(one[1], one[2].split(":")[0], one[2].split(" is against ")[1]) for one in got],
          [(6, 'field "a[]"', '"uniqueItems": true of schema "id 1"')] * len(texts))
    got = run("json", OTHERS, [b'{"a":[1, 2,[],2.0]}'], schemas=schemas(of(a={"uniqueItems": True}), reader=1))
    check("json: which item is the same", got, [("E", 6, 'field "a[]": at byte 14: 2.0 is against "uniqueItems": true of schema "id 1"')])


def patterns():
    for pattern, good, bad in PATTERNS:
        texts = [f'{{"a":"{text}"}}'.encode() for text in (*good, *bad)]
        got = run("json", OTHERS, texts, schemas=schemas(of(a={"pattern": pattern}), reader=1, count=len(texts)))
        check(f"json: {pattern!r} in {good} and {bad}", [one[0] for one in got], ["V"] * len(good) + ["E"] * len(bad))
        told = json.dumps(bad[0])[1:-1] if bad else ""
        if bad and "\\" not in told + pattern:
            check(f"json: {pattern!r} not in {bad[0]}", got[len(good)][1:],
                  (6, f'field "a": at byte 5: "{bad[0]}" is against "pattern": "{pattern}" of schema "id 1"'))
        names = [f'{{"a":{{"{text}":1}}}}'.encode() for text in (*good, *bad)]
        rule = {"patternProperties": {pattern: False}}
        got = run("json", OTHERS, names, schemas=schemas(of(a=rule), reader=1, count=len(names)))
        check(f"json: names with {pattern!r}", [one[0] for one in got], ["E"] * len(good) + ["V"] * len(bad))


# Patterns that are not checked, but nothing fails for them.
UNREAD = [r"\2", "[a", r"\p{NoSuch}", r"\ud83d", "a{3,2}", r"\C", "a" * 8193, "(?:" * 65 + "a" + ")" * 65, "(((a{1,999}){1,999}){1,999}){1,999}", "("]


def endless():
    """What would take forever, ends."""
    twice = {"definitions": {"x": {"anyOf": [{"items": {"$ref": "#/definitions/x"}}, {"items": {"$ref": "#/definitions/x"}}],
                                   "not": {"const": 1}}}, **of(a={"$ref": "#/definitions/x"})}
    got = run("json", OTHERS, [b'{"a":' + b"[" * 60 + b"1" + b"]" * 60 + b"}"], schemas=schemas(twice, reader=1))[0]
    check("json: very many rules for a value", got[1:],
          (6, 'at byte 0: the message takes too many steps to check by the rules of schema "id 1"'))
    for pattern in UNREAD:
        rule = {"pattern": pattern, "patternProperties": {pattern: False}, "additionalProperties": False, "minLength": 1}
        got = run("json", OTHERS, [b'{"a":"x"}', b'{"a":{"x":1}}', b'{"a":""}'], schemas=schemas(of(a=rule), reader=1, count=3))
        check(f"json: {pattern[:20]!r}, which is no pattern", [one[0] for one in got], ["V", "V", "E"])
        told = r'2 serde "json": schema "id 1": at #/properties/a/pattern: the pattern ".+" is not checked: .+'
        check(f"json: {pattern[:20]!r}, which is told", [bool(re.fullmatch(told, line)) for line in logged], [True, False])
    check("json: what is told of a pattern", logged[0], '2 serde "json": schema "id 1": at #/properties/a/pattern: the pattern '
          '"(" is not checked: at byte 1: missing closing parenthesis')
    many = {f"{number:0500}": False for number in range(1000)}
    got = run("json", OTHERS, [b'{"a":{"x":1}}'], schemas=schemas(of(a={"patternProperties": many}), reader=1))
    check("json: patterns that take much memory", got[0][0], "V")
    for pattern, text in [("^(a+)+$", "a" * 50 + "b"), (r"(x+x+)+[yz]", "x" * 60), (r"^(a|a)*$", "a" * 60 + "b"), (r"\s+$", " " * 100_000 + "x"),
                          (r"^(.*)(.*)(.*)\1\2\3x$", "a" * 5000)]:
        got = run("json", OTHERS, [f'{{"a":"{text}"}}'.encode()], schemas=schemas(of(a={"pattern": pattern}), reader=1))
        check(f"json: {pattern!r} of {text[:10]}", got[0][1:], (
            6, f'field "a": at byte 5: it takes too many steps or too much memory to match "{pattern}" of schema "id 1"'))
    numbers = ",".join(map(str, range(100_000)))
    # Of one hash, as the order of members says nothing to it.
    objects = ",".join("{%s}" % ",".join(f'"x":{one}' for one in order) for order in itertools.islice(itertools.permutations(range(8)), 5000))
    got = run("json", OTHERS, [f'{{"a":[{items}]}}'.encode() for items in (numbers, numbers + ",7e4", objects)],
              schemas=schemas(of(a={"uniqueItems": True}), reader=1, count=3))
    check("json: very many items", [one[0] if one[0] == "V" else one[2].split(": ", 2)[-1] for one in got], [
        "V", '7e4 is against "uniqueItems": true of schema "id 1"', 'the message takes too many steps to check by the rules of schema "id 1"'])


def all_cases():
    hold({}, RULES)
    hold({"$schema": LATEST}, NEWER_RULES)
    inside()
    unique()
    patterns()
    endless()
