"""Cases with exact expectations."""
import struct

from harness import check, run
from oracle import Field, outcome


def row(*fields):
    return Field("", "+s", children=fields)


def item(format, nullable=False, children=()):
    return Field("item", format, nullable, children)


def map_of(name, value_format, nullable=False, value_nullable=False):
    entries = Field("entries", "+s", children=[Field("key", "vu"), Field("value", value_format, value_nullable)])
    return Field(name, "+m", nullable, [entries])


FLIGHT = row(Field("tailnum", "vu", True), Field("carrier", "vu"), Field("flight", "i"), Field("origin", "vu"),
             Field("dest", "vu"), Field("scheduled_departure", "tsu:UTC"), Field("departure_delay", "i", True),
             Field("arrival_delay", "i", True))
FLIGHT_TEXT = (b'{"tailnum":"N14228","carrier":"UA","flight":1545,"origin":"EWR","dest":"IAH",'
               b'"scheduled_departure":"2013-01-01T10:15:00Z","departure_delay":2,"arrival_delay":null}')

# Messages of one field "a" that are refused: format, nullable, message, code, error.
REFUSED = [
    ("i", 0, None, 3, 'the value is null (no bytes), expected a JSON object'),
    ("i", 0, b'', 1, 'at byte 0: the text ends too early'),
    ("i", 0, b'  ', 1, 'at byte 2: the text ends too early'),
    ("i", 0, b'[1]', 1, 'at byte 0: expected an object, whose members are the fields'),
    ("i", 0, b'{"a":null}', 3, 'field "a": null, but required'),
    ("i", 0, b'{}', 3, 'field "a" is missing'),
    ("i", 0, b'{"b":1}', 3, 'field "a" is missing'),
    ("i", 0, b'{"a" 1}', 1, "at byte 5: expected ':'"),
    ("i", 0, b'{"a":1', 1, 'at byte 6: the text ends too early'),
    ("i", 0, b'{"a":1,', 1, 'at byte 7: the text ends too early'),
    ("i", 0, b'{"a":1,}', 1, 'at byte 7: expected a member name'),
    ("i", 0, b'{"a":1 2}', 1, "at byte 7: expected ',' or '}'"),
    ("i", 0, b'{"a":1}x', 1, 'at byte 7: expected the end, found more after the object'),
    ("i", 0, b'{"a":}', 1, 'at byte 5: expected a value'),
    ("i", 0, b'{"a":nul}', 1, 'at byte 5: expected null'),
    ("i", 0, b'{"a":"1"}', 2, 'field "a": at byte 5: expected a number for int32, found a string'),
    ("i", 0, b'{"a":01}', 1, "at byte 6: expected ',' or '}'"),
    ("i", 0, b'{"a":-}', 1, 'at byte 5: expected a number'),
    ("i", 0, b'{"a":1.}', 1, 'at byte 5: expected a number'),
    ("i", 0, b'{"a":2147483648}', 2, 'field "a": at byte 5: 2147483648 is out of range for int32'),
    ("i", 0, b'{"a":1e99}', 2, 'field "a": at byte 5: 1e99 is out of range for int32'),
    ("i", 0, b'{"a":1.5}', 2, 'field "a": at byte 5: 1.5 is no whole number, needed for int32'),
    *((format, 0, b'{"a":340282366920938463463374607431768211456}', 2,  # 2 to the power of 128
       f'field "a": at byte 5: 340282366920938463463374607431768211456 is out of range for {title}')
      for format, title in (("l", "int64"), ("d:38,0", "decimal128(38, 0)"))),
    ("L", 0, b'{"a":-1}', 2, 'field "a": at byte 5: -1 is out of range for uint64'),
    ("L", 0, b'{"a":18446744073709551616}', 2, 'field "a": at byte 5: 18446744073709551616 is out of range for uint64'),
    ("g", 0, b'{"a":1e400}', 2, 'field "a": at byte 5: 1e400 is out of range for float64'),
    ("f", 0, b'{"a":3.5e38}', 2, 'field "a": at byte 5: 3.5e38 is out of range for float32'),
    ("g", 0, b'{"a":NaN}', 1, 'at byte 5: expected a value'),
    ("b", 0, b'{"a":1}', 2, 'field "a": at byte 5: expected true or false for bool, found a number'),
    ("b", 0, b'{"a":truE}', 1, 'at byte 5: expected true'),
    ("vu", 0, b'{"a":1}', 2, 'field "a": at byte 5: expected a string for utf8, found a number'),
    ("vu", 0, b'{"a":"x', 1, 'at byte 7: the text ends too early'),
    ("vu", 0, b'{"a":"\x01"}', 1, 'at byte 6: a control character in a string; escape it'),
    ("vu", 0, b'{"a":"\xff"}', 1, 'at byte 6: not UTF-8'),
    ("vu", 0, b'{"a":"x\\q"}', 1, 'at byte 7: an escape that JSON does not know, or half a surrogate pair'),
    ("vu", 0, b'{"a":"\\ud800x"}', 1, 'at byte 6: an escape that JSON does not know, or half a surrogate pair'),
    *(("vu", 0, b'{"a":"' + escape + b'"}', 1, 'at byte 6: an escape that JSON does not know, or half a surrogate pair')
      for escape in (b"\\udc00", b"\\udfff", b"\\ud800\\ue000", b"\\ud800\\udbff", b"\\udbff", b"\\u12", b"\\u12g4")),
    ("vz", 0, b'{"a":"abc"}', 2, 'field "a": at byte 5: expected base64, in the standard alphabet with padding'),
    ("tdD", 0, b'{"a":"2013-02-29"}', 2, 'field "a": at byte 5: expected a date such as 2013-01-31'),
    ("tdD", 0, b'{"a":5}', 2, 'field "a": at byte 5: expected a string for date32, found a number'),
    ("tts", 0, b'{"a":"24:00:00"}', 2, 'field "a": at byte 5: expected a time such as 10:15:00'),
    ("ttm", 0, b'{"a":"10:00:00.0001"}', 2,
     'field "a": at byte 5: its fraction of a second is finer than the column\'s unit'),
    ("tsu:UTC", 0, b'{"a":"yesterday"}', 2,
     'field "a": at byte 5: expected a timestamp such as 2013-01-31T10:15:00Z'),
    ("tsu:UTC", 0, b'{"a":"2013-01-01T10:15:00"}', 2,
     'field "a": at byte 5: expected the timestamp to end in an offset, Z or such as +01:00'),
    ("tsn:UTC", 0, b'{"a":"9999-01-01T10:15:00Z"}', 2, 'field "a": at byte 5: out of the column\'s range'),
    ("tsu:UTC", 0, b'{"a":true}', 2,
     'field "a": at byte 5: expected a string or a number for timestamp[us, UTC], found a boolean'),
    ("d:5,2", 0, b'{"a":1000}', 2, 'field "a": at byte 5: 1000 is out of range for decimal128(5, 2)'),
    ("d:5,2", 0, b'{"a":0.001}', 2, 'field "a": at byte 5: 0.001 has more digits after the point than decimal128(5, 2)'),
    ("d:5,2", 0, b'{"a":"x"}', 2, 'field "a": at byte 5: expected the string to hold a number such as "12.50"'),
    ("i", 0, b'{"a":1,"b":' + b'[' * 64 + b']' * 64 + b'}', 1, 'at byte 74: nested more than 64 deep'),
    ("i", 1, b'{"b":{"c":tru}}', 1, 'at byte 10: expected true'),
    ("i", 1, b'{"b":[1 2]}', 1, "at byte 8: expected ',' or ']'"),
]

NESTED = row(Field("legs", "+l", children=[item("+s", children=[Field("to", "vu"), Field("miles", "i", True)])]),
             map_of("tags", "i", nullable=True))
REFUSED_NESTED = [
    (b'{"legs":[{"to":"A"},{}],"tags":null}', 3, 'field "legs[].to" is missing'),
    (b'{"legs":[null]}', 3, 'field "legs[]": null, but required'),
    (b'{"legs":[],"tags":{"x":null}}', 3, 'field "tags{}": null, but required'),
    (b'{"legs":[],"tags":{"x":"y"}}', 2, 'field "tags{}": at byte 23: expected a number for int32, found a string'),
    (b'{"legs":{}}', 2, 'field "legs": at byte 8: expected an array for list, found an object'),
    (b'{"legs":[{"to":"A"}', 1, 'at byte 19: the text ends too early'),
]

# format, message's value, encoded again.
ENCODED = [
    ("i", b"-2147483648", b"-2147483648"), ("L", b"18446744073709551615", b"18446744073709551615"),
    ("l", b"1.0", b"1"), ("l", b"-9223372036854775808", b"-9223372036854775808"), ("i", b"1e3", b"1000"),
    ("i", b"12000e-3", b"12"), ("l", b"0e999999999999999999999", b"0"), ("C", b"-0", b"0"),
    ("b", b"true", b"true"), ("b", b"false", b"false"),
    ("g", b"1", b"1.0"), ("g", b"-0.0", b"-0.0"), ("g", b"0.1", b"0.1"), ("g", b"1e22", b"1e+22"),
    ("g", b"5e-324", b"4.94065645841247e-324"), ("g", b"1.7976931348623157e308", b"1.7976931348623157e+308"),
    ("g", b"0.30000000000000004", b"0.30000000000000004"), ("g", b"123456.789", b"123456.789"),
    ("g", b"9007199254740993", b"9007199254740992.0"), ("f", b"0.1", b"0.1"), ("f", b"16777217", b"16777216.0"),
    # Twice rounded, by way of a double, this would be 1.00000012.
    ("f", b"1.00000005960464477540", b"1.0000001"), ("f", b"1.000000059604644775390625", b"1.0"),
    ("f", b"3.4028235e38", b"3.4028235e+38"),
    ("vu", b'"caf\\u00e9 \\ud83d\\ude80 \\/ \\"q\\" \\\\ \\n"', '"café 🚀 / \\"q\\" \\\\ \\n"'.encode()),
    ("vu", b'"\\ud800\\udc00\\udbff\\udfff\\ue000\\ud7ff"', '"\U00010000\U0010ffff\ue000\ud7ff"'.encode()),
    ("vu", b'"\\u0000\\u001f\\b\\f\\r\\t"', b'"\\u0000\\u001f\\b\\f\\r\\t"'), ("vu", b'""', b'""'),
    ("vz", b'"AAECAwQFBgcICQoLDA0ODw=="', b'"AAECAwQFBgcICQoLDA0ODw=="'), ("vz", b'""', b'""'),
    ("vz", b'"\\u0041QID"', b'"AQID"'),
    ("tdD", b'"0000-01-01"', b'"0000-01-01"'), ("tdD", b'"9999-12-31"', b'"9999-12-31"'),
    ("tdD", b'"2000-02-29"', b'"2000-02-29"'), ("tdm", b'"1969-12-31"', b'"1969-12-31"'),
    ("tts", b'"23:59:59"', b'"23:59:59"'), ("ttm", b'"00:00:00.120"', b'"00:00:00.120"'),
    ("ttu", b'"10:15:00"', b'"10:15:00"'), ("ttn", b'"10:15:00.000000001"', b'"10:15:00.000000001"'),
    ("tsu:UTC", b'"2013-01-01T10:15:00Z"', b'"2013-01-01T10:15:00Z"'),
    ("tsu:UTC", b'"2013-01-01T12:15:00.5+02:00"', b'"2013-01-01T10:15:00.500000Z"'),
    ("tss:Europe/Berlin", b'"1969-12-31 23:59:59z"', b'"1969-12-31T23:59:59Z"'),
    ("tsu:UTC", b"1357035300000000", b'"2013-01-01T10:15:00Z"'), ("tsm:UTC", b"-1", b'"1969-12-31T23:59:59.999Z"'),
    ("tsn:", b'"2013-01-01T10:15:00"', b'"2013-01-01T10:15:00"'),
    ("tsn:", b'"2013-01-01T10:15:00-01:00"', b'"2013-01-01T11:15:00"'),
    ("tsn:UTC", b'"1677-09-21T00:12:43.145224192Z"', b'"1677-09-21T00:12:43.145224192Z"'),
    ("d:5,2", b"-1.5", b"-1.50"), ("d:5,2", b'"0.05"', b"0.05"), ("d:38,0", b"9" * 38, b"9" * 38),
    ("d:38,38", b"-0." + b"9" * 38, b"-0." + b"9" * 38), ("d:5,0", b"1e4", b"10000"),
]

# format, value's bytes, expected: bytes or why it is refused.
VALUES = [
    ("g", struct.pack("<d", float("nan")), 'field "a": NaN has no JSON form'),
    ("g", struct.pack("<d", float("-inf")), 'field "a": infinity has no JSON form'),
    ("f", struct.pack("<f", float("inf")), 'field "a": infinity has no JSON form'),
    ("vu", b"ok\xff", 'field "a": the text is not UTF-8'),
    ("tdD", struct.pack("<i", 2932897), 'field "a": 2932897 has no text form as date32 '
     '(years 0000 to 9999, whole days, times within a day)'),
    ("tdm", struct.pack("<q", 5), 'field "a": 5 has no text form as date64 '
     '(years 0000 to 9999, whole days, times within a day)'),
    ("tts", struct.pack("<i", 86400), 'field "a": 86400 has no text form as time32[s] '
     '(years 0000 to 9999, whole days, times within a day)'),
    ("tss:UTC", struct.pack("<q", 2**63 - 1), 'field "a": 9223372036854775807 has no text form as timestamp[s, UTC] '
     '(years 0000 to 9999, whole days, times within a day)'),
    ("d:38,0", (-(2**127)).to_bytes(16, "little", signed=True), b'{"a":-170141183460469231731687303715884105728}'),
    ("f", struct.pack("<f", 1e-45), b'{"a":1.4013e-45}'),
]

ROWS = [  # schema, message, encoded again
    (FLIGHT, FLIGHT_TEXT, FLIGHT_TEXT),
    (FLIGHT, b' {\t"flight" : 1545,"x":[{"y":"\\u0041"},[],{}],\n"carrier":"UA","origin":"EWR","dest":"IAH",'
     b'"scheduled_departure":"2013-01-01T10:15:00Z","departure_delay":2,"tailnum":"N\\u003114228" }\r\n ',
     FLIGHT_TEXT.replace(b"N14228", b"N114228")),
    (row(Field("a", "i"), Field("b", "vu")), b'{"a":1,"b":"x","a":2}', b'{"a":2,"b":"x"}'),
    (row(Field("a", "i", True)), b'{"a":1,"a":null}', b'{"a":null}'),
    (row(Field("a", "i", True)), b'{"a":null,"a":1}', b'{"a":1}'),
    (row(Field("a", "+l", children=[item("vu", True)])), b'{"a":["x",null],"a":[null,"y"]}', b'{"a":[null,"y"]}'),
    (row(Field("s", "+s", True, [Field("a", "i", True), Field("b", "i", True)])), b'{"s":{"a":1},"s":{"b":2}}',
     b'{"s":{"a":null,"b":2}}'),
    (row(Field("s", "+s", True, [Field("a", "i")])), b'{"s":null}', b'{"s":null}'),
    (row(map_of("m", "vu", value_nullable=True)), b'{"m":{"k\\"":"v","k\\"":null,"":"w"}}',
     b'{"m":{"k\\"":"v","k\\"":null,"":"w"}}'),
    (row(Field('q"\\', "i"), Field("", "i"), Field("é\x01", "i")), '{"q\\"\\\\":1,"":2,"\\u00e9\\u0001":3}'.encode(),
     '{"q\\"\\\\":1,"":2,"é\\u0001":3}'.encode()),
    (row(), b'{"a":1}', b'{}'),
    (NESTED, b'{"legs":[{"to":"a long name, not inlined","miles":null},{"to":"B","miles":2}],"tags":{"x":1}}',
     b'{"legs":[{"to":"a long name, not inlined","miles":null},{"to":"B","miles":2}],"tags":{"x":1}}'),
]

JSON_TYPES = ("bool, int8 to uint64, float32, float64, utf8, binary, date32, date64, time32, time64, timestamp, "
              "decimal128, list, struct or map<utf8, …>")
UNBOUND = [
    ("json", row(Field("a", "+L", children=[item("i")])), "decode into", 'a', "+L"),
    ("json", row(Field("a", "u")), "decode into", "a", "u"),
    ("json", row(Field("a", "w:4")), "decode into", "a", "w:4"),
    ("json", row(Field("a", "d:76,2,256")), "decode into", "a", "d:76,2,256"),
    ("json", row(Field("a", "+s", children=[Field("b", "tDm")])), "decode into", "a.b", "tDm"),
    ("json", row(Field("m", "+m", children=[Field("entries", "+s", children=[Field("k", "i"), Field("v", "i")])])),
     "decode into", "m", "+m"),
]


def json_errors():
    for format, nullable, message, code, error in REFUSED:
        results = run("json", row(Field("a", format, bool(nullable))), [message])
        check(f"json refuses {message!r} as {format}", results, [("E", code, error)])
    for message, code, error in REFUSED_NESTED:
        check(f"json refuses {message!r}", run("json", NESTED, [message]), [("E", code, error)])
    # The next message may hold what this one lacks.
    for halves in ((b'{"a":1', b'}'), (b'{"a":1', b'2}'), (b'{"a":', b'1}'), (b'{"a', b'":1}'), (b'{', b'"a":1}'),
                   (b'{"b":[', b'],"a":1}'), (b'{"b":"', b'","a":1}')):
        results = run("json", row(Field("a", "i")), [*halves, b'{"a":5}'])
        end = ("E", 1, f"at byte {len(halves[0])}: the text ends too early")
        check(f"json, halves {halves!r}", (results[0], results[1][0], results[2][1]), (end, "E", "{5}"))
    # What the next one has instead is not taken for this one's.
    for format, halves in (("c", (b'{"a":12', b'7890}')), ("c", (b'{"a":300', b',')), ("i", (b'{"a":1.', b'5}')), ("b", (b'{"a":tr', b'ue}')),
                           ("i", (b'{"a":nu', b'll}')), ("vz", (b'{"a":"QUJ', b'EE="}')),
                           ("vu", (b'{"a":"\\', b'x"}')), ("vu", (b'{"a":"\\u00', b'zz"}')), ("vu", (b'{"b":tr', b'uf}'))):
        results = run("json", row(Field("a", format)), [*halves, halves[0]])
        end = ("E", 1, f"at byte {len(halves[0])}: the text ends too early")
        check(f"json {format}, cut halves {halves!r}", (results[0], results[2]), (end, end))
    # A bad row between good ones leaves them alone, wherever it breaks off.
    good = b'{"legs":[{"to":"A"}],"tags":{"x":1}}'
    for size in range(len(good)):
        results = run("json", NESTED, [good, good[:size], good]) if size % 5 == 0 else None
        if results:
            check(f"json, a row cut to {size} bytes", [result[0] for result in results], ["V", "E", "V"])
            check("json, its neighbours", [results[0][1], results[2][1]], [outcome(good, NESTED)] * 2)


def json_values():
    for format, value, expected in ENCODED:
        for nullable in (False, True):
            fields = row(Field("a", format, nullable), Field("b", format, True))
            message = b'{"a":' + value + b',"b":null}'
            results = run("json", fields, [message, b'{"a":' + value + b"}"])
            encoded = b'{"a":' + expected + b',"b":null}'
            check(f"json {format} {value!r}", results, [("V", outcome(message, fields), encoded)] * 2)
    for fields, message, expected in ROWS:
        check(f"json {message!r}", run("json", fields, [message]), [("V", outcome(message, fields), expected)])
    for format, value, expected in VALUES:
        check(f"json encodes {format} {value!r}", run("json", row(Field("a", format)), [value], "values"), [expected])
    check("json, a key", run("json", row(Field("a", "i")), [b'{"a":1}', None], part="key"),
          [("V", "{1}", b'{"a":1}'), ("E", 3, "the key is null (no bytes), expected a JSON object")])
    check("json, no rows", run("json", FLIGHT, []), [])


def json_long():
    """Long tokens; each beside a short row, in one batch."""
    size = 300_000
    long = [b'"' + b"x" * size + b'"', b'"' + "é".encode() * size + b'"', b'"' + b"\\n" * size + b'"', b"1" * size,
            b"0." + b"0" * size + b"1", b"1e" + b"9" * size, b"[" * size, b'{"a":' * size, b" " * size + b"1", b"-" * size]
    for value in long:
        for format in ("vu", "g", "l", "d:9,2", "tsu:UTC"):
            for name in (b"a", b"b"):
                fields = row(Field("a", format, True))
                messages = [b'{"a":null}', b'{"' + name + b'":' + value + b"}", b'{"a":null}']
                results = run("json", fields, messages)
                got = [result[1] if result[0] == "V" else None for result in results]
                check(f"json, {value[:10]}… as {format}", got, [outcome(message, fields) for message in messages])


def json_binds():
    for plugin, fields, verb, path, format in UNBOUND:
        message = f'serde "json" can\'t {verb} column "{path}" of Arrow format "{format}"; declare it as {JSON_TYPES}'
        check(f"json, {format}", run(plugin, fields, []), ("BIND", message))
    results = run("json", row(Field("a", "w:4")), [], "values")
    check("json, encoding w:4", results[1].partition(";")[0],
          'serde "json" can\'t encode column "a" of Arrow format "w:4"')
    check("json, one name twice", run("json", row(Field("a", "i"), Field("a", "l")), []),
          ("BIND", 'serde "json": two fields are called "a"; rename one of them'))


def single_columns():
    long_text = "naïve text, not inlined".encode()
    for plugin, format, type_name in (("utf8", "vu", "utf8"), ("bytes", "vz", "binary")):
        for nullable in (False, True):
            fields = row(Field("a", format, nullable))
            null = ("V", "{null}", None) if nullable else \
                ("E", 1, 'the value is null, but field "a" is required; make it nullable ("?")')
            texts = [b"", b"twelve bytes", b"thirteen byte", long_text]
            results = run(plugin, fields, texts + [None, b"x"], batch=4)
            check(f"{plugin}", results, [("V", "{x" + text.hex() + "}", text) for text in texts] + [null, ("V", "{x78}", b"x")])
        check(f"{plugin}, two columns", run(plugin, row(Field("a", format), Field("b", format)), []),
              ("BIND", f'serde "{plugin}" takes exactly one {type_name} column as the value, not 2 columns; declare one, '
               'or choose another serde'))
        check(f"{plugin}, a number", run(plugin, row(Field("a", "i")), []),
              ("BIND", f'serde "{plugin}": column "a" has Arrow format "i"; declare it as {type_name}'))
    bad = [(b"\xff", 0), (b"ab\xc0\xaf", 2), (b"12345678\xed\xa0\x80", 8), (b"\xf4\x90\x80\x80", 0), (b"abc\xe2\x82", 3)]
    results = run("utf8", row(Field("a", "vu", True)), [text for text, _ in bad])
    check("utf8, bad bytes", results,
          [("E", 1, f'field "a": at byte {at}: 0x{text[at]:02x} is not UTF-8') for text, at in bad])
    check("bytes, any bytes", run("bytes", row(Field("a", "vz")), [bytes(range(256))]),
          [("V", "{x" + bytes(range(256)).hex() + "}", bytes(range(256)))])
    check("utf8, encoding bad bytes", run("utf8", row(Field("a", "vu")), [b"a\x80"], "values"),
          ['field "a": at byte 1: 0x80 is not UTF-8'])
    check("utf8, a null key", run("utf8", row(Field("a", "vu")), [None], part="key"),
          [("E", 1, 'the key is null, but field "a" is required; make it nullable ("?")')])


def all_cases():
    json_errors()
    json_values()
    json_long()
    json_binds()
    single_columns()
