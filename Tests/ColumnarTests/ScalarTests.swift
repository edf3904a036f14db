import XCTest

@testable import Columnar

/// Values as people and tools see them, and back.
final class ScalarTests: XCTestCase {
  private func text(_ value: Scalar, _ type: DataType) -> [String] { [value.text(type), value.json(type)] }

  func testNumbers() {
    XCTAssertEqual(text(.null, .int8), ["-", "null"])
    XCTAssertEqual(text(.bool(true), .bool), ["true", "true"])
    XCTAssertEqual(text(.integer(.min), .int64), ["-9223372036854775808", "-9223372036854775808"])
    XCTAssertEqual(text(.unsigned(.max), .uint64), ["18446744073709551615", "18446744073709551615"])
    XCTAssertEqual(text(.float(0.1), .float64), ["0.1", "0.1"])
    XCTAssertEqual(text(.float(Double(Float(0.1))), .float32), ["0.1", "0.1"])
    XCTAssertEqual(text(.float(.infinity), .float64), ["inf", "\"inf\""])
    XCTAssertEqual(text(.float(.nan), .float32), ["nan", "\"nan\""])
  }

  func testDecimals() {
    for (digits, scale, wanted) in [
      (1250, 2, "12.50"), (-5, 2, "-0.05"), (0, 2, "0.00"), (7, 0, "7"), (7, -2, "700"), (0, -2, "0"), (-7, -1, "-70"),
    ] as [(Int128, Int, String)] {
      let type = DataType.decimal128(precision: 38, scale: scale)
      XCTAssertEqual(text(.decimal(digits), type), [wanted, "\"\(wanted)\""])
      XCTAssertEqual(try Scalar(parsing: wanted, field: Field("d", type)), .decimal(digits))
    }
    let widest = Int128("99999999999999999999999999999999999999")!
    XCTAssertEqual(Scalar.decimal(-widest).text(.decimal128(precision: 38, scale: 0)), "-\(widest)")
  }

  func testTimes() {
    let second: Int64 = 1_357_380_900
    XCTAssertEqual(text(.integer(0), .date32), ["1970-01-01", "\"1970-01-01\""])
    XCTAssertEqual(Scalar.integer(-1).text(.date32), "1969-12-31")
    XCTAssertEqual(Scalar.integer(11_016).text(.date32), "2000-02-29")
    XCTAssertEqual(Scalar.integer(86_400_000).text(.date64), "1970-01-02")
    XCTAssertEqual(Scalar.integer(86_400_001).text(.date64), "86400001", "no whole day")
    XCTAssertEqual(Scalar.integer(second).text(.timestamp(.second, zone: nil)), "2013-01-05T10:15:00")
    XCTAssertEqual(
      Scalar.integer(second * 1_000_000 + 250).text(.timestamp(.microsecond, zone: "UTC")),
      "2013-01-05T10:15:00.000250Z")
    XCTAssertEqual(Scalar.integer(-1).text(.timestamp(.millisecond, zone: nil)), "1969-12-31T23:59:59.999")
    XCTAssertEqual(Scalar.integer(36_900).text(.time32(.second)), "10:15:00")
    XCTAssertEqual(Scalar.integer(1).text(.time64(.nanosecond)), "00:00:00.000000001")
    XCTAssertEqual(Scalar.integer(86_400).text(.time32(.second)), "86400", "no time of day")
    for unit in TimeUnit.allCases {
      for extreme in [Int64.min, .max] {
        let found = Scalar.integer(extreme).text(.timestamp(unit, zone: nil))
        if unit == .nanosecond { XCTAssert(found.contains("T"), found) } else { XCTAssertEqual(found, "\(extreme)") }
        XCTAssertEqual(Scalar.integer(extreme).text(.time64(unit)), "\(extreme)")
      }
    }
  }

  func testBytes() {
    XCTAssertEqual(text(.bytes(Array("N14228".utf8)), .utf8), ["N14228", "\"N14228\""])
    XCTAssertEqual(text(.bytes(Array("a\"b\\ü".utf8)), .binary), ["a\"b\\ü", "\"a\\\"b\\\\ü\""])
    XCTAssertEqual(text(.bytes(Array("a\n\u{1b}[2J".utf8)), .utf8), ["a\\n\\u001b[2J", "\"a\\n\\u001b[2J\""])
    XCTAssertEqual(text(.bytes([0xff]), .utf8), ["base64:/w==", "{\"base64\":\"/w==\"}"])
    XCTAssertEqual(text(.bytes([5, 0, 0, 0]), .binary), ["base64:BQAAAA==", "{\"base64\":\"BQAAAA==\"}"])
    XCTAssertEqual(text(.bytes([]), .binary), ["", "\"\""])
    XCTAssertEqual(text(.bytes([69, 87, 82, 0, 0]), .fixedSizeBinary(5)), ["EWR", "\"EWR\""])
    XCTAssertEqual(
      text(.bytes([69, 0, 82, 0]), .fixedSizeBinary(4)), ["base64:RQBSAA==", "{\"base64\":\"RQBSAA==\"}"])
  }

  func testNested() {
    let list = DataType.list(Field("item", .int32, nullable: true))
    XCTAssertEqual(text(.list([.integer(1), .null]), list), ["[1,null]", "[1,null]"])
    XCTAssertEqual(Scalar.list([]).json(list), "[]")
    let fields = DataType.structure([Field("a", .bool), Field("b \"", .date32)])
    XCTAssertEqual(
      Scalar.structure([.bool(false), .integer(0)]).json(fields), "{\"a\":false,\"b \\\"\":\"1970-01-01\"}")
    let map = DataType.map(key: Field("key", .utf8), value: Field("value", .int8))
    XCTAssertEqual(
      Scalar.list([.structure([.bytes([97]), .integer(1)])]).json(map), "[{\"key\":\"a\",\"value\":1}]")
  }

  func testWhatIsShownCanBeRead() throws {
    let values: [(Scalar, DataType)] = [
      (.bool(true), .bool), (.bool(false), .bool), (.integer(-128), .int8), (.unsigned(255), .uint8),
      (.integer(.min), .int64), (.unsigned(.max), .uint64), (.float(-1.5e300), .float64), (.float(0.5), .float32),
      (.bytes(Array("text".utf8)), .utf8), (.bytes([0, 255]), .binary), (.bytes([1, 2, 3]), .fixedSizeBinary(3)),
      (.bytes(Array("abc".utf8)), .fixedSizeBinary(3)), (.bytes([97, 0, 0]), .fixedSizeBinary(3)),
      (.integer(-719_162), .date32), (.integer(86_400_000), .date64),
      (.integer(86_399), .time32(.second)), (.integer(1), .time64(.nanosecond)),
      (.integer(-1), .timestamp(.nanosecond, zone: "Europe/Paris")), (.integer(.max), .timestamp(.second, zone: nil)),
    ]
    for (value, type) in values {
      XCTAssertEqual(try Scalar(parsing: value.text(type), field: Field("f", type)), value, "\(type)")
    }
  }

  func testReading() throws {
    func read(_ text: String, _ type: DataType, nullable: Bool = false) -> Scalar? {
      try? Scalar(parsing: text, field: Field("f", type, nullable: nullable))
    }
    XCTAssertEqual(read("null", .utf8), .bytes(Array("null".utf8)))
    XCTAssertEqual(read("null", .utf8, nullable: true), .null)
    XCTAssertEqual(read("\\null", .utf8, nullable: true), .bytes(Array("null".utf8)))
    XCTAssertEqual(read("2013-01-05", .timestamp(.second, zone: nil)), .integer(1_357_344_000))
    XCTAssertEqual(read("2013-01-05 10:15", .timestamp(.second, zone: nil)), .integer(1_357_380_900))
    XCTAssertEqual(read("2013-01-05T10:15:00.5Z", .timestamp(.millisecond, zone: "UTC")), .integer(1_357_380_900_500))
    XCTAssertEqual(read("12", .date32), .integer(12))
    for (text, type) in [
      ("128", .int8), ("-1", .uint64), ("1.5", .int32), ("", .int64), ("yes", .bool), ("2013-02-30", .date32),
      ("2013-13-01", .date32), ("24:00", .time32(.second)), ("10:15:00.1234", .time32(.millisecond)),
      ("9999-01-01", .timestamp(.nanosecond, zone: nil)), ("10:15", .timestamp(.second, zone: nil)),
      ("base64:?", .binary), ("abcd", .fixedSizeBinary(3)), ("1.234", .decimal128(precision: 9, scale: 2)),
      ("1000", .decimal128(precision: 3, scale: 0)), ("1", .decimal128(precision: 9, scale: -1)),
      ("-", .decimal128(precision: 3, scale: 0)), ("2013-01-05T10:15Zx", .timestamp(.second, zone: nil)),
    ] as [(String, DataType)] {
      XCTAssertNil(read(text, type), "\(text) as \(type)")
    }
    XCTAssertThrowsError(try Scalar(parsing: "x", field: Field("day", .date32, nullable: true))) {
      XCTAssertEqual(
        "\($0)", "\"x\" is no value of day, date32?: expected a date such as 2013-01-05, or a whole number")
    }
  }

  func testFixedWidths() {
    for type in AllTypes.flat where !type.isView {
      let width = type == .bool ? 1 : type.byteWidth ?? 0
      let bytes = [UInt8](repeating: 1, count: width)
      let value = bytes.withUnsafeBytes { Scalar(fixedWidth: $0, type: type) }
      XCTAssertEqual(value?.fixedWidthBytes(type), bytes, "\(type)")
      XCTAssertNil((bytes + [1]).withUnsafeBytes { Scalar(fixedWidth: $0, type: type) }, "\(type)")
    }
    XCTAssertNil(([2] as [UInt8]).withUnsafeBytes { Scalar(fixedWidth: $0, type: .bool) })
    XCTAssertEqual(
      ([0xfe, 0xff] as [UInt8]).withUnsafeBytes { Scalar(fixedWidth: $0, type: .int16) }, .integer(-2))
  }

  func testBase64() {
    for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
      XCTAssertEqual(Base64.text(Array(bytes.utf8)), text)
      XCTAssertEqual(Base64.bytes(text), Array(bytes.utf8))
    }
    XCTAssertEqual(Base64.bytes(Base64.text(Array(0...255))), Array(0...255))
    for wrong in ["Zg=", "Zg", "Z===", "Zm9v\n", "Zm 9v"] { XCTAssertNil(Base64.bytes(wrong), wrong) }
  }
}
