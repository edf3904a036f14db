"""Cases of the csv serde with exact expectations."""
import struct

from cases import FLIGHT, UNBOUND, item, row
from csv_oracle import DEFAULTS, outcome
from harness import check, options_schema, run
from oracle import Field

FLIGHT_TEXT = b"N14228,UA,1545,EWR,IAH,2013-01-01T10:15:00Z,2,"
TEXTS = row(Field("a", "vu", True), Field("b", "vu"))
EXAMPLE = row(Field("tailnum", "vu", True), Field("flight", "i"), Field("scheduled_departure", "tsu:UTC"),
              Field("arrival_delay", "i", True))  # the one of README.md
LONG = b"a long text that is not inlined"

# Messages of one field "a" that are refused: format, nullable, message, code, error.
REFUSED = [
    ("i", 0, None, 3, 'the value is null (no bytes), expected a CSV record'),
    ("i", 0, b'', 3, 'field "a": at byte 0: null, but required: expected a number for int32'),
    ("i", 1, b'""', 2, 'field "a": at byte 0: expected a number for int32'),
    ("i", 0, b'x', 2, 'field "a": at byte 0: expected a number for int32'),
    ("i", 0, b' 1', 2, 'field "a": at byte 0: expected a number for int32'),
    ("i", 0, b'1 ', 2, 'field "a": at byte 0: expected a number for int32'),
    ("i", 0, b'01', 2, 'field "a": at byte 0: expected a number for int32'),
    ("i", 0, b'+1', 2, 'field "a": at byte 0: expected a number for int32'),
    ("i", 0, b'1.', 2, 'field "a": at byte 0: expected a number for int32'),
    ("i", 0, b'-', 2, 'field "a": at byte 0: expected a number for int32'),
    ("i", 0, b'1.5x', 2, 'field "a": at byte 0: expected a number for int32'),
    ("i", 0, b'99999999999x', 2, 'field "a": at byte 0: expected a number for int32'),
    ("i", 0, b'"1""2"', 2, 'field "a": at byte 0: expected a number for int32'),
    ("i", 0, b'2147483648', 2, 'field "a": at byte 0: 2147483648 is out of range for int32'),
    ("i", 0, b'"2147483648"', 2, 'field "a": at byte 0: 2147483648 is out of range for int32'),
    ("i", 0, b'1e99', 2, 'field "a": at byte 0: 1e99 is out of range for int32'),
    ("i", 0, b'1.5', 2, 'field "a": at byte 0: 1.5 is no whole number, needed for int32'),
    ("L", 0, b'-1', 2, 'field "a": at byte 0: -1 is out of range for uint64'),
    ("L", 0, b'18446744073709551616', 2, 'field "a": at byte 0: 18446744073709551616 is out of range for uint64'),
    ("l", 0, b'1' * 50, 2, f'field "a": at byte 0: {"1" * 40}… is out of range for int64'),
    ("g", 0, b'1e400', 2, 'field "a": at byte 0: 1e400 is out of range for float64'),
    ("f", 0, b'3.5e38', 2, 'field "a": at byte 0: 3.5e38 is out of range for float32'),
    ("g", 0, b'NaN', 2, 'field "a": at byte 0: expected a number for float64'),
    ("g", 0, b'.5', 2, 'field "a": at byte 0: expected a number for float64'),
    ("g", 0, b'0x10', 2, 'field "a": at byte 0: expected a number for float64'),
    ("b", 0, b'1', 2, 'field "a": at byte 0: expected true or false for bool'),
    ("b", 0, b'TRUE', 2, 'field "a": at byte 0: expected true or false for bool'),
    ("b", 0, b'truer', 2, 'field "a": at byte 0: expected true or false for bool'),
    ("b", 0, b'', 3, 'field "a": at byte 0: null, but required: expected true or false for bool'),
    ("vu", 0, b'a"b', 1, 'field "a": at byte 1: a quote in an unquoted field, expected the whole field in quotes and '
     'this one doubled'),
    ("vu", 0, b' "b"', 1, 'field "a": at byte 1: a quote in an unquoted field, expected the whole field in quotes and '
     'this one doubled'),
    ("vu", 0, b'"ab"c', 1, 'field "a": at byte 4: expected \',\' or the end behind the closing quote'),
    ("vu", 0, b'"ab" ', 1, 'field "a": at byte 4: expected \',\' or the end behind the closing quote'),
    ("vu", 0, b'"', 1, 'field "a": at byte 1: the text ends too early, expected a closing quote'),
    ("vu", 0, b'"ab', 1, 'field "a": at byte 3: the text ends too early, expected a closing quote'),
    ("vu", 0, b'"ab""', 1, 'field "a": at byte 5: the text ends too early, expected a closing quote'),
    ("vu", 0, b'"' + LONG, 1, 'field "a": at byte 32: the text ends too early, expected a closing quote'),
    ("vu", 0, b'a\xff', 1, 'field "a": at byte 1: a byte that is not UTF-8, expected text'),
    ("vu", 0, b'"a\xc3"', 1, 'field "a": at byte 2: a byte that is not UTF-8, expected text'),
    ("vu", 0, b'\xe2\x82', 1, 'field "a": at byte 0: a byte that is not UTF-8, expected text'),
    ("vu", 0, LONG + b"\xed\xa0\x80", 1, 'field "a": at byte 31: a byte that is not UTF-8, expected text'),
    ("i", 0, b'\xff', 1, 'field "a": at byte 0: a byte that is not UTF-8, expected text'),
    ("vu", 0, b'a\x00b', 1, 'field "a": at byte 1: a NUL byte, expected text'),
    ("vu", 0, b'\x00', 1, 'field "a": at byte 0: a NUL byte, expected text'),
    ("vu", 0, b'"a\x00"', 1, 'field "a": at byte 2: a NUL byte, expected text'),
    ("vu", 0, LONG + b"\x00", 1, 'field "a": at byte 31: a NUL byte, expected text'),
    *(("vu", 0, b"a" + end + b"b", 1, f'field "a": at byte {1 + len(end)}: expected the end behind the record\'s line end, '
       'found more') for end in (b"\n", b"\r", b"\r\n")),
    *(("vu", 0, b'"a"' + end + b"\n", 1, f'field "a": at byte {3 + len(end)}: expected the end behind the record\'s line '
       'end, found more') for end in (b"\n", b"\r\n")),
    ("vu", 0, b"a\n\r", 1, 'field "a": at byte 2: expected the end behind the record\'s line end, found more'),
    ("vu", 0, b"a\r\r\n", 1, 'field "a": at byte 2: expected the end behind the record\'s line end, found more'),
    ("vu", 0, b'a,b', 1, 'field "a": at byte 1: expected the end after field 1, found another; "extra: skip" passes over '
     'it'),
    ("vz", 0, b'abc', 2, 'field "a": at byte 0: expected base64, in the standard alphabet with padding, for binary'),
    ("vz", 0, b'', 3, 'field "a": at byte 0: null, but required: expected base64, in the standard alphabet with padding, '
     'for binary'),
    ("tdD", 0, b'2013-02-29', 2, 'field "a": at byte 0: expected a date such as 2013-01-31'),
    ("tdm", 0, b'5', 2, 'field "a": at byte 0: expected a date such as 2013-01-31'),
    ("tdD", 0, b'', 3, 'field "a": at byte 0: null, but required: expected a date such as 2013-01-31 for date32'),
    ("tts", 0, b'24:00:00', 2, 'field "a": at byte 0: expected a time such as 10:15:00'),
    ("tts", 0, b'', 3, 'field "a": at byte 0: null, but required: expected a time such as 10:15:00 for time32[s]'),
    ("ttm", 0, b'10:00:00.0001', 2, 'field "a": at byte 0: its fraction of a second is finer than the column\'s unit'),
    ("tsu:UTC", 0, b'yesterday', 2, 'field "a": at byte 0: expected a timestamp such as 2013-01-31T10:15:00Z'),
    ("tsu:UTC", 0, b'', 3, 'field "a": at byte 0: null, but required: expected a timestamp such as 2013-01-31T10:15:00Z '
     'for timestamp[us, UTC]'),
    ("tsu:UTC", 0, b'2013-01-01T10:15:00', 2,
     'field "a": at byte 0: expected the timestamp to end in an offset, Z or such as +01:00'),
    ("tsn:UTC", 0, b'9999-01-01T10:15:00Z', 2, 'field "a": at byte 0: out of the column\'s range'),
    ("tsn:UTC", 0, b'1.5', 2, 'field "a": at byte 0: 1.5 is no whole number, needed for timestamp[ns, UTC]'),
    ("d:5,2", 0, b'1000', 2, 'field "a": at byte 0: 1000 is out of range for decimal128(5, 2)'),
    ("d:5,2", 0, b'0.001', 2, 'field "a": at byte 0: 0.001 has more digits after the point than decimal128(5, 2)'),
    ("d:5,2", 0, b'x', 2, 'field "a": at byte 0: expected a number for decimal128(5, 2)'),
]

# Messages of fields "a" (text) and "b" (int32) that are refused: options, message, code, error.
REFUSED_ROWS = [
    ({}, b"", 3, 'field "b": at byte 0: missing: expected 2 fields, the record ends after 1'),
    ({}, b"x", 3, 'field "b": at byte 1: missing: expected 2 fields, the record ends after 1'),
    ({}, b"x\n1", 3, 'field "b": at byte 1: missing: expected 2 fields, the record ends after 1'),
    ({}, b"x;1", 3, 'field "b": at byte 3: missing: expected 2 fields, the record ends after 1'),
    ({}, b"x,1,", 1, 'field "b": at byte 3: expected the end after field 2, found another; "extra: skip" passes over it'),
    ({}, b'"x,1",y', 2, 'field "b": at byte 6: expected a number for int32'),
    ({"extra": "skip"}, b"x", 3, 'field "b": at byte 1: missing: expected 2 fields, the record ends after 1'),
    ({"extra": "skip"}, b'x,1,"', 1, 'a field without a column: at byte 5: the text ends too early, expected a closing '
     'quote'),
    ({"extra": "skip"}, b"x,1,a,\xff", 1, "a field without a column: at byte 6: a byte that is not UTF-8, expected text"),
    ({"extra": "skip"}, b"x,1,a\ny", 1, 'field "b": at byte 6: expected the end behind the record\'s line end, found more'),
    ({"delimiter": "\t"}, b'"x"\n\t1', 3, 'field "b": at byte 3: missing: expected 2 fields, the record ends after 1'),
    ({"delimiter": "\t"}, b'"x",1', 1, 'field "a": at byte 3: expected the delimiter 0x09 or the end behind the closing '
     'quote'),
    ({"null": "NA"}, b"x,NA", 3, 'field "b": at byte 2: null, but required: expected a number for int32'),
    ({"null": "NA"}, b"NA,1", 3, 'field "a": at byte 0: null, but required: expected text for utf8'),
    ({"null": "NA"}, b"x,", 2, 'field "b": at byte 2: expected a number for int32'),
]

# format, message, encoded again.
ENCODED = [
    ("i", b"-2147483648", b"-2147483648"), ("L", b"18446744073709551615", b"18446744073709551615"), ("l", b"1.0", b"1"),
    ("i", b"1e3", b"1000"), ("C", b"-0", b"0"), ("i", b'"12"', b"12"), ("b", b"true", b"true"), ("b", b'"false"', b"false"),
    ("g", b"1", b"1.0"), ("g", b"-0.0", b"-0.0"), ("g", b"1e22", b"1e+22"), ("g", b"5e-324", b"4.94065645841247e-324"),
    ("g", b"0.30000000000000004", b"0.30000000000000004"), ("g", b"9007199254740993", b"9007199254740992.0"),
    ("f", b"0.1", b"0.1"), ("f", b"1.00000005960464477540", b"1.0000001"), ("f", b"3.4028235e38", b"3.4028235e+38"),
    ("vu", b"x", b"x"), ("vu", b'"x"', b"x"), ("vu", b'"a,b"', b'"a,b"'), ("vu", b'"a""b"', b'"a""b"'),
    ("vu", b'""""', b'""""'), ("vu", b'"a\r\nb"', b'"a\r\nb"'), ("vu", b'"\n"', b'"\n"'), ("vu", b" x", b'" x"'),
    ("vu", b"x ", b'"x "'), ("vu", b"x y", b"x y"), ("vu", b"\tx\x7f\x01", b"\tx\x7f\x01"), ("vu", b"null", b"null"),
    ("vu", "é🚀".encode(), "é🚀".encode()), ("vu", b"\xef\xbb\xbfx", b"\xef\xbb\xbfx"), ("vu", LONG, LONG),
    ("vu", b'"' + LONG + b'"', LONG), ("vu", b'"' + LONG + b',"', b'"' + LONG + b',"'),
    ("vu", b'"' + LONG + b'"""', b'"' + LONG + b'"""'), ("vu", b"twelve bytes", b"twelve bytes"),
    ("vu", b"sixteen bytes ok", b"sixteen bytes ok"), ("vu", "sixteen bytés ok!".encode(), "sixteen bytés ok!".encode()),
    ("vz", b"AAECAwQFBgcICQoLDA0ODw==", b"AAECAwQFBgcICQoLDA0ODw=="), ("vz", b'""', b'""'), ("vz", b'"QUI="', b"QUI="),
    ("tdD", b"0000-01-01", b"0000-01-01"), ("tdm", b"1969-12-31", b"1969-12-31"), ("tts", b"23:59:59", b"23:59:59"),
    ("ttm", b"00:00:00.120", b"00:00:00.120"), ("ttn", b"10:15:00.000000001", b"10:15:00.000000001"),
    ("tsu:UTC", b"2013-01-01T12:15:00.5+02:00", b"2013-01-01T10:15:00.500000Z"),
    ("tss:Europe/Berlin", b"1969-12-31 23:59:59z", b"1969-12-31T23:59:59Z"),
    ("tsu:UTC", b"1357035300000000", b"2013-01-01T10:15:00Z"), ("tsm:UTC", b"-1", b"1969-12-31T23:59:59.999Z"),
    ("tsn:", b"2013-01-01T10:15:00-01:00", b"2013-01-01T11:15:00"), ("tsu:UTC", b"123e-0", b"1970-01-01T00:00:00.000123Z"),
    ("d:5,2", b"-1.5", b"-1.50"), ("d:5,2", b'"0.05"', b"0.05"), ("d:38,0", b"9" * 38, b"9" * 38), ("d:5,0", b"1e4", b"10000"),
]

# options, schema, message, dump (None: the oracle's), encoded again.
ROWS = [
    ({"delimiter": ";"}, EXAMPLE, b"N14228;1545;2013-01-01T10:15:00Z;", None, b"N14228;1545;2013-01-01T10:15:00Z;"),
    ({}, FLIGHT, FLIGHT_TEXT, None, FLIGHT_TEXT),
    ({}, FLIGHT, b'"N14228","UA","1545","EWR","IAH","2013-01-01T10:15:00Z","2",\r\n', None, FLIGHT_TEXT),
    *(({}, TEXTS, b'x,"y"' + end, "{x78,x79}", b"x,y") for end in (b"", b"\n", b"\r", b"\r\n")),
    ({}, TEXTS, b",", "{null,x}", b","), ({}, TEXTS, b'"",""', "{x,x}", b'"",'), ({}, TEXTS, b",\n", "{null,x}", b","),
    ({}, row(Field("a", "vu")), b"", "{x}", b""), ({}, row(Field("a", "vu")), b"\r\n", "{x}", b""),
    ({}, row(Field("a", "vu", True)), b"", "{null}", b""), ({}, row(Field("a", "vu", True)), b'""', "{x}", b'""'),
    ({}, row(Field("a", "i"), Field("a", "i")), b"1,2", "{1,2}", b"1,2"),
    ({"extra": "skip"}, TEXTS, b'x,y,"z,""",w\n', "{x78,x79}", b"x,y"),
    ({"extra": "skip"}, TEXTS, b"x,y,", "{x78,x79}", b"x,y"),
    ({"delimiter": ";"}, TEXTS, b'a,b;"c;d"', "{x612c62,x633b64}", b'a,b;"c;d"'),
    ({"delimiter": "\t"}, TEXTS, b"a\tb,c", "{x61,x622c63}", b"a\tb,c"),
    ({"delimiter": " "}, TEXTS, b'"a b" c', "{x612062,x63}", b'"a b" c'),
    ({"quote": "'"}, TEXTS, b"'a,''b',\"c\"", "{x612c2762,x226322}", b"'a,''b',\"c\""),
    ({"null": "\\N"}, TEXTS, b"\\N,", "{null,x}", b"\\N,"), ({"null": "\\N"}, TEXTS, b'"\\N","\\N"', "{x5c4e,x5c4e}",
                                                             b'"\\N","\\N"'),
    ({"null": "\\N"}, TEXTS, b",x", "{x,x78}", b'"",x'), ({"null": "é"}, TEXTS, "é,x".encode(), "{null,x78}", "é,x".encode()),
    ({"null": "0"}, row(Field("a", "i", True), Field("b", "i")), b'0,"0"', "{null,0}", b'0,"0"'),
    ({"null": "0"}, row(Field("a", "i", True), Field("b", "i")), b'"0","0"', "{0,0}", b'"0","0"'),
    # The delimiter or the quote is a byte that values are written with.
    ({"delimiter": "."}, row(Field("a", "g"), Field("b", "g")), b'1."2.5"', None, b'"1.0"."2.5"'),
    ({"delimiter": "e"}, row(Field("a", "g"), Field("b", "b")), b'1e"true"', None, b'1.0e"true"'),
    ({"delimiter": "1"}, row(Field("a", "i"), Field("b", "i")), b'215', None, b"215"),
    ({"delimiter": "-"}, row(Field("a", "tdD"), Field("b", "i")), b'"2013-01-31"-"-5"', None, b'"2013-01-31"-"-5"'),
    ({"quote": "1"}, row(Field("a", "i"), Field("b", "i")), b'1112221,5', "{1222,5}", b"1112221,5"),
    ({"delimiter": "="}, row(Field("a", "vz"), Field("b", "vz")), b'"QQ=="=QUJD', None, b'"QQ=="=QUJD'),
]

# format, nullable, value's bytes, options, expected: bytes or why it is refused.
VALUES = [
    ("g", 0, struct.pack("<d", float("nan")), {}, 'field "a": NaN has no CSV form'),
    ("f", 0, struct.pack("<f", float("-inf")), {}, 'field "a": infinity has no CSV form'),
    ("vu", 0, b"ok\xff", {}, 'field "a": the text is not UTF-8'),
    ("vu", 0, b"a\x00", {}, 'field "a": text with a NUL byte has no CSV form'),
    ("tdD", 0, struct.pack("<i", 2932897), {}, 'field "a": 2932897 has no text form as date32 '
     '(years 0000 to 9999, whole days, times within a day)'),
    ("d:38,0", 0, (-(2**127)).to_bytes(16, "little", signed=True), {}, b"-170141183460469231731687303715884105728"),
    ("f", 0, struct.pack("<f", 1e-45), {}, b"1.4013e-45"),
    ("vu", 0, b"", {}, b""), ("vu", 1, b"", {}, b'""'), ("vu", 0, b"", {"null": "NA"}, b""),
    ("vu", 1, b"", {"null": "NA"}, b'""'), ("vu", 0, b"NA", {"null": "NA"}, b'"NA"'), ("vu", 0, b"NAN", {"null": "NA"}, b"NAN"),
    ("vz", 0, b"", {}, b'""'), ("vz", 1, b"", {}, b'""'), ("vz", 0, b"", {"null": "NA"}, b""),
    ("vz", 1, b"", {"null": "NA"}, b'""'),
    ("b", 0, b"\x01", {"null": "true"}, b'"true"'), ("i", 0, struct.pack("<i", -5), {"delimiter": "-"}, b'"-5"'),
]

CSV_TYPES = ("bool, int8 to uint64, float32, float64, utf8, binary, date32, date64, time32, time64, timestamp or "
             "decimal128")
ONE_CHARACTER = "must be one ASCII character that is no line end and not NUL"
BAD_OPTIONS = [
    *(({name: text}, f'config: "{name}" {ONE_CHARACTER}') for name in ("delimiter", "quote")
      for text in ("", "ab", "é", "\n", "\r", "\0", ",\0", "\0,")),
    ({"delimiter": '"'}, 'config: "delimiter" and "quote" are the same; choose another for one of them'),
    ({"delimiter": 1}, 'config: "delimiter" must be a string'), ({"null": None}, 'config: "null" must be a string'),
    *(({"null": text}, 'config: "null" must hold no delimiter, quote, line end or NUL: it is never quoted')
      for text in (",", 'a"', "a\n", "\r", "\0", "a\0")),
    ({"null": "x" * 64}, 'config: "null" is longer than 63 bytes'),
    ({"extra": "ignore"}, 'config: "extra" is "ignore"; write "error" or "skip"'),
]


def csv_errors():
    for format, nullable, message, code, error in REFUSED:
        results = run("csv", row(Field("a", format, bool(nullable))), [message])
        check(f"csv refuses {message!r} as {format}", results, [("E", code, error)])
    for options, message, code, error in REFUSED_ROWS:
        results = run("csv", row(Field("a", "vu"), Field("b", "i")), [message], options=options)
        check(f"csv refuses {message!r} with {options}", results, [("E", code, error)])
    # The next message may hold what this one lacks, and numbers end where their message does.
    two = row(Field("a", "vu"), Field("b", "i"))
    for halves in ((b"x", b",1"), (b"x,", b"1"), (b'"x', b'",1'), (b'"x"', b",1"), (b'"x"', b'",1'), (b"x,1x", b"1")):
        results = run("csv", two, [*halves, b"y,5"])
        check(f"csv, halves {halves!r}", (results[0][0], results[2][1]), ("E", "{x79,5}"))
    check("csv, numbers side by side", [result[1] for result in run("csv", two, [b"x,1", b"2,3", b".5,4", b"e5,-0"])],
          ["{x78,1}", "{x32,3}", "{x2e35,4}", "{x6535,0}"])
    check("csv, quotes side by side", run("csv", row(Field("a", "vu")), [b'"x"', b'"y"', b'""', b'""']),
          [("V", "{x78}", b"x"), ("V", "{x79}", b"y"), ("V", "{x}", b""), ("V", "{x}", b"")])
    check("csv, line ends side by side", [result[0] for result in run("csv", two, [b"x,1\r", b"\ny,2", b"z,3\r\n", b"\n,4"])],
          ["V", "E", "V", "E"])
    # A bad row between good ones leaves them alone, wherever it breaks off.
    for size in range(len(FLIGHT_TEXT) - 1):
        results = run("csv", FLIGHT, [FLIGHT_TEXT, FLIGHT_TEXT[:size], FLIGHT_TEXT]) if size % 5 == 0 else None
        if results:
            check(f"csv, a row cut to {size} bytes", [result[0] for result in results], ["V", "E", "V"])
            check("csv, its neighbours", [results[0][1], results[2][1]], [outcome(FLIGHT_TEXT, FLIGHT, DEFAULTS)] * 2)
    name = "é" * 200  # cut where a character ends
    check("csv, a long name", run("csv", row(Field("x" + name, "i")), [b"y"]),
          [("E", 2, f'field "x{"é" * 127}": at byte 0: expected a number for int32')])


def csv_values():
    for format, value, expected in ENCODED:
        for nullable in (False, True):
            fields = row(Field("a", format, nullable), Field("b", format, True))
            messages = [value + b"," + end for end in (b"", b"\n", b"\r\n")]
            results = run("csv", fields, messages)
            check(f"csv {format} {value!r}", results,
                  [("V", outcome(messages[0], fields, DEFAULTS), expected + b",")] * len(messages))
    for options, fields, message, dump, expected in ROWS:
        dump = dump or outcome(message, fields, DEFAULTS | options)
        check(f"csv {message!r} with {options}", run("csv", fields, [message], options=options), [("V", dump, expected)])
        check(f"csv {message!r}, as the oracle says", outcome(message, fields, DEFAULTS | options), dump)
    for format, nullable, value, options, expected in VALUES:
        results = run("csv", row(Field("a", format, bool(nullable))), [value], "values", options=options)
        check(f"csv encodes {format} {value!r} with {options}", results, [expected])
    check("csv, a key", run("csv", row(Field("a", "i")), [b"1", None], part="key"),
          [("V", "{1}", b"1"), ("E", 3, "the key is null (no bytes), expected a CSV record")])
    check("csv, no rows", run("csv", FLIGHT, []), [])


def csv_long():
    """Long fields; each beside a short row, in one batch."""
    size = 300_000
    long = [b"x" * size, "é".encode() * size, b'"' + b"x\r\n," * size + b'"', b'"' + b'""' * size + b'"', b"1" * size,
            b"0." + b"0" * size + b"1", b"1e" + b"9" * size, b" " * size, b"-" * size, b'"' * size, b'"' + b"1" * size + b'"']
    for value in long:
        for format in ("vu", "g", "l", "d:9,2", "tsu:UTC", "vz"):
            fields = row(Field("a", format, True), Field("b", "vu", True))
            messages = [b",", value + b",x", b","]
            got = [result[1] if result[0] == "V" else None for result in run("csv", fields, messages)]
            check(f"csv, {value[:10]}… as {format}", got, [outcome(message, fields, DEFAULTS) for message in messages])
    check("csv, a million fields", run("csv", row(Field("a", "vu")), [b"x" + b"," * 10**6], options={"extra": "skip"}),
          [("V", "{x78}", b"x")])


def csv_examples():
    """The errors of README.md."""
    for message, code, error in (
            (b"N14228,1.5,2013-01-01T10:15:00Z,", 2, 'field "flight": at byte 7: 1.5 is no whole number, needed for int32'),
            (b"N14228,,2013-01-01T10:15:00Z,", 3, 'field "flight": at byte 7: null, but required: expected a number for int32'),
            (b"N14228,1545,2013-01-01T10:15:00Z", 3,
             'field "arrival_delay": at byte 32: missing: expected 4 fields, the record ends after 3')):
        check(f"csv, example {message!r}", run("csv", EXAMPLE, [message]), [("E", code, error)])


def csv_options():
    schema = options_schema("csv")
    check("csv, only known options", (schema["type"], schema["additionalProperties"]), ("object", False))
    check("csv, defaults of its options", {name: option["default"] for name, option in schema["properties"].items()}, DEFAULTS)
    check("csv, options are texts", {option["type"] for option in schema["properties"].values()}, {"string"})
    check("csv, the values of extra", schema["properties"]["extra"]["enum"], ["error", "skip"])
    check("csv with its defaults", run("csv", FLIGHT, [FLIGHT_TEXT], options=DEFAULTS), run("csv", FLIGHT, [FLIGHT_TEXT]))
    check("utf8 has no options", options_schema("utf8"), {})


def csv_binds():
    for options, message in BAD_OPTIONS:
        check(f"csv with {options}", run("csv", TEXTS, [], options=options), ("BIND", message))
    refused = [("+l", [item("i")]), ("+s", [Field("b", "i")]), ("+m", UNBOUND[-1][1].children[0].children), ("u", ()),
               ("w:4", ()), ("d:76,2,256", ()), ("tDm", ())]
    for format, children in refused:
        message = f'serde "csv" can\'t decode into column "a" of Arrow format "{format}"; declare it as {CSV_TYPES}'
        check(f"csv, {format}", run("csv", row(Field("a", format, children=children)), []), ("BIND", message))
    check("csv, encoding a list", run("csv", row(Field("a", "+l", children=[item("i")])), [], "values"),
          ("BIND", f'serde "csv" can\'t encode column "a" of Arrow format "+l"; declare it as {CSV_TYPES}'))
    check("csv, no columns", run("csv", row(), []), ("BIND", 'serde "csv" needs a column; declare one under "fields"'))


def all_cases():
    csv_errors()
    csv_values()
    csv_long()
    csv_examples()
    csv_options()
    csv_binds()
