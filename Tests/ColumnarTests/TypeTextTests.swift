import XCTest

@testable import Columnar

/// Types as text.
final class TypeTextTests: XCTestCase {
  func testEveryTypeComesBackFromItsText() throws {
    for type in AllTypes.all { XCTAssertEqual(try DataType(parsing: type.description), type, type.description) }
  }

  func testTexts() throws {
    let texts: [(String, DataType)] = [
      ("int32", .int32), ("timestamp[us, UTC]", .timestamp(.microsecond, zone: "UTC")),
      ("timestamp[ns, +02:00]", .timestamp(.nanosecond, zone: "+02:00")), ("time32[ms]", .time32(.millisecond)),
      ("decimal128(10, -2)", .decimal128(precision: 10, scale: -2)),
      ("list<int32?>", .list(Field("item", .int32, nullable: true))),
      ("struct<a: int32, b: utf8?>", .structure([Field("a", .int32), Field("b", .utf8, nullable: true)])),
      ("map<utf8, int64?>", .map(key: Field("key", .utf8), value: Field("value", .int64, nullable: true))),
      ("fixed_size_binary(3)", .fixedSizeBinary(3)),
    ]
    for (text, type) in texts {
      XCTAssertEqual(try DataType(parsing: text), type, text)
      XCTAssertEqual(type.description, text)
    }
    XCTAssertEqual(try DataType(parsing: " list < int32 ? > "), .list(Field("item", .int32, nullable: true)))
    XCTAssertEqual(try Field(name: "x", parsing: "utf8?"), Field("x", .utf8, nullable: true))
  }

  func testWrongTextsSayWhatIsWrong() {
    let texts = [
      ("int33", "unknown type \"int33\"; known: "), ("", "unknown type \"\""), ("int32 x", "nothing may follow"),
      ("int32?", "a \"?\" is not part of a type here"), ("timestamp[min]", "\"min\" is no unit of timestamp"),
      ("timestamp", "expected \"[\" at the end"), ("timestamp[us, ]", "the zone is missing"),
      ("time32[us]", "\"us\" is no unit of time32; known: s, ms"), ("time64[s]", "no unit of time64; known: us, ns"),
      ("time32[s, UTC]", "expected \"]\""), ("decimal128(39, 1)", "1 to 38 digits"),
      ("decimal128(5, 6)", "not more of them after the point"), ("decimal128(5, x)", "1 to 38 digits"),
      ("fixed_size_binary(-1)", "is not a size"), ("fixed_size_binary(99999999999999999999)", "is not a size"),
      ("list<int32", "expected \">\" at the end"), ("map<utf8>", "expected \",\""), ("struct<>", "name is missing"),
      ("struct<: int32>", "name is missing"), ("struct<a int32>", "expected \":\""),
      (String(repeating: "list<", count: 100), "nested more than 32 deep"),
    ]
    for (text, part) in texts {
      let message = thrownText { _ = try DataType(parsing: text) }
      XCTAssert(message.contains(part), "\(text): \(message)")
    }
  }
}
