import XCTest

@testable import Columnar

/// Single keys, against the encoder of batches.
final class KeyCodecTests: XCTestCase {
  /// What `KeyEncoder` makes of one row.
  private func encoded(_ fields: [Field], _ row: [Value]) throws -> [UInt8] {
    let schema = Schema(fields)
    let maker = ArrayMaker()
    let producer = ProducerSchema(schema, layouts: fields.map { maker.layout($0.type) })
    let batch = try maker.batch(schema, row.map { [$0] }).admitted(as: producer)
    let encoder = try KeyEncoder(schema: schema, keyColumns: Array(fields.indices))
    return withExtendedLifetime(encoder) {
      let keys = encoder.encode(batch)
      return Array(UnsafeBufferPointer(start: keys.bytes, count: Int(keys.offsets[1])))
    }
  }

  private func check(_ fields: [Field], _ row: [Value], _ texts: [String]) throws {
    let codec = try KeyCodec(fields)
    let key = try encoded(fields, row)
    XCTAssertEqual(try codec.bytes(parsing: texts), key, "\(texts)")
    let values = try XCTUnwrap(key.withUnsafeBufferPointer { codec.values($0) }, "\(texts)")
    XCTAssertEqual(codec.bytes(values), key)
    for (place, field) in fields.enumerated() where values[place] != .null {
      XCTAssertEqual(values[place].text(field.type), texts[place])
    }
  }

  func testAgainstTheEncoder() throws {
    try check([Field("a", .int64)], [.integer(Int64(-5))], ["-5"])
    try check([Field("a", .utf8)], [.text("N14228")], ["N14228"])
    try check([Field("a", .utf8)], [.text("")], [""])
    try check([Field("a", .bool)], [.bool(true)], ["true"])
    try check(
      [Field("a", .utf8), Field("b", .int16, nullable: true), Field("c", .binary)],
      [.text("ab"), .integer(Int16(1)), .text("c")], ["ab", "1", "c"])
    try check(
      [Field("a", .decimal128(precision: 9, scale: 2)), Field("b", .date32)],
      [.bytes([0xe2, 4] + [UInt8](repeating: 0, count: 14)), .integer(Int32(1))], ["12.50", "1970-01-02"])
  }

  func testNulls() throws {
    let fields = [Field("a", .utf8, nullable: true), Field("b", .utf8, nullable: true)]
    let key = try encoded(fields, [.null, .text("null")])
    XCTAssertEqual(try KeyCodec(fields).bytes(parsing: ["null", "\\null"]), key)
    let values = try key.withUnsafeBufferPointer { try KeyCodec(fields).values($0) }
    XCTAssertEqual(values, [.null, .bytes(Array("null".utf8))])
  }

  func testBytesThatAreNoKey() throws {
    func values(_ fields: [Field], _ bytes: [UInt8]) throws -> [Scalar]? {
      try bytes.withUnsafeBufferPointer { try KeyCodec(fields).values($0) }
    }
    XCTAssertNil(try values([Field("a", .int32)], [1, 2, 3]))
    XCTAssertNil(try values([Field("a", .int32)], [1, 2, 3, 4, 5]))
    XCTAssertNil(try values([Field("a", .int32)], []))
    XCTAssertNil(try values([Field("a", .int8, nullable: true)], [2, 1]))
    XCTAssertNil(try values([Field("a", .int8, nullable: true)], []))
    XCTAssertNil(try values([Field("a", .bool)], [2]))
    let two = [Field("a", .utf8), Field("b", .utf8)]
    XCTAssertNil(try values(two, [1, 0, 0]))
    XCTAssertNil(try values(two, [255, 255, 255, 255, 1]))
    XCTAssertEqual(try values(two, [1, 0, 0, 0, 97]), [.bytes([97]), .bytes([])])
  }

  func testRefusals() throws {
    XCTAssertThrowsError(try KeyCodec([Field("a", .list(Field("item", .int8)))])) {
      XCTAssertEqual("\($0)", "field \"a\" of type list<int8> can't be part of a key")
    }
    let codec = try KeyCodec([Field("a", .int8), Field("b", .utf8)])
    XCTAssertThrowsError(try codec.bytes(parsing: ["1"])) {
      XCTAssertEqual("\($0)", "the key has 2 columns (a: int8, b: utf8), found 1")
    }
  }
}
