import XCTest

@testable import Columnar

/// The canonical bytes of keys: docs/formats.md. They stand in checkpoints.
final class KeyEncoderTests: XCTestCase {
  private func keys(_ fields: [Field], _ columns: [[Value]], maker: ArrayMaker = ArrayMaker()) throws -> [[UInt8]] {
    let schema = Schema(fields)
    let producer = ProducerSchema(schema, layouts: fields.map { maker.layout($0.type) })
    let batch = try maker.batch(schema, columns).admitted(as: producer)
    let encoder = try KeyEncoder(schema: schema, keyColumns: Array(fields.indices))
    let encoded = encoder.encode(batch)
    XCTAssertEqual(encoded.count, columns[0].count)
    return (0..<encoded.count).map { row in
      let start = Int(encoded.offsets[row])
      let size = Int(encoded.offsets[row + 1]) - start
      XCTAssertEqual(encoded.hashes[row], keyHash(encoded.bytes + start, size))
      if encoded.fixedWidth > 0 { XCTAssertEqual(size, encoded.fixedWidth) }
      return Array(UnsafeBufferPointer(start: encoded.bytes + start, count: size))
    }
  }

  func testFixedWidthsAreLittleEndian() throws {
    XCTAssertEqual(try keys([Field("k", .int8)], [[.integer(Int8(-2))]]), [[0xfe]])
    XCTAssertEqual(try keys([Field("k", .uint8)], [[.integer(UInt8(200))]]), [[200]])
    XCTAssertEqual(try keys([Field("k", .int16)], [[.integer(Int16(0x0102))]]), [[2, 1]])
    XCTAssertEqual(try keys([Field("k", .uint16)], [[.integer(UInt16(0xff01))]]), [[1, 0xff]])
    XCTAssertEqual(try keys([Field("k", .int32)], [[.integer(Int32(12345))]]), [[0x39, 0x30, 0, 0]])
    XCTAssertEqual(try keys([Field("k", .uint32)], [[.integer(UInt32.max)]]), [[255, 255, 255, 255]])
    let long: [UInt8] = [8, 7, 6, 5, 4, 3, 2, 1]
    for type: DataType in [.int64, .uint64, .timestamp(.microsecond, zone: "UTC"), .date64, .time64(.nanosecond)] {
      XCTAssertEqual(try keys([Field("k", type)], [[.integer(Int64(0x0102_0304_0506_0708))]]), [long], "\(type)")
    }
    XCTAssertEqual(try keys([Field("k", .date32)], [[.integer(Int32(1))]]), [[1, 0, 0, 0]])
    XCTAssertEqual(try keys([Field("k", .time32(.second))], [[.integer(Int32(1))]]), [[1, 0, 0, 0]])
    let wide = Array(UInt8(1)...16)
    XCTAssertEqual(try keys([Field("k", .decimal128(precision: 38, scale: 9))], [[.bytes(wide)]]), [wide])
    XCTAssertEqual(try keys([Field("k", .fixedSizeBinary(3))], [[.bytes([9, 8, 7])]]), [[9, 8, 7]])
  }

  func testBoolsAreAByte() throws {
    let rows = (0..<20).map { Value.bool($0 % 3 == 0) }
    let wanted: [[UInt8]] = (0..<20).map { [$0 % 3 == 0 ? 1 : 0] }
    XCTAssertEqual(try keys([Field("k", .bool)], [rows], maker: ArrayMaker(skipped: 5)), wanted)
  }

  func testStringsInEveryLayout() throws {
    let texts = ["", "N14228", "exactly12byt", "thirteen byte", "a text of many more bytes than twelve"]
    for strings in [StringLayout.views, .offsets32, .offsets64] {
      let maker = ArrayMaker(skipped: 3, strings: strings)
      let found = try keys([Field("k", .utf8)], [texts.map { .text($0) }], maker: maker)
      XCTAssertEqual(found, texts.map { Array($0.utf8) }, "\(strings)")
      let nullable = try keys(
        [Field("k", .binary, nullable: true)], [texts.map { .text($0) } + [.null]], maker: maker)
      XCTAssertEqual(nullable, texts.map { [1] + Array($0.utf8) } + [[0]], "\(strings)")
    }
  }

  func testNullKeys() throws {
    let found = try keys([Field("k", .int64, nullable: true)], [[.null, .integer(Int64(0))]])
    XCTAssertEqual(found, [[0], [1, 0, 0, 0, 0, 0, 0, 0, 0]])
    let uncounted = try keys(
      [Field("k", .bool, nullable: true)], [[.null, .bool(true)]], maker: ArrayMaker(countsNulls: false))
    XCTAssertEqual(uncounted, [[0], [1, 1]])
  }

  func testSeveralColumnsDoNotRunIntoEachOther() throws {
    let fields = [Field("a", .utf8), Field("b", .int16, nullable: true), Field("c", .utf8)]
    let found = try keys(
      fields, [[.text("ab"), .text("a")], [.integer(Int16(1)), .null], [.text("c"), .text("bc")]])
    XCTAssertEqual(found, [[2, 0, 0, 0, 97, 98, 1, 1, 0, 99], [1, 0, 0, 0, 97, 0, 98, 99]])
    let fixed = try keys([Field("a", .int8), Field("b", .int64)], [[.integer(Int8(1))], [.integer(Int64(2))]])
    XCTAssertEqual(fixed, [[1, 2, 0, 0, 0, 0, 0, 0, 0]])
  }

  func testManyRowsAndNone() throws {
    let many = (0..<10_000).map { Value.text("key number \($0)") }
    XCTAssertEqual(try keys([Field("k", .utf8)], [many]).map { Value.bytes($0) }, many)
    for type in AllTypes.flat { XCTAssertEqual(try keys([Field("k", type)], [[]]), [], "\(type)") }
  }

  func testTypesThatCantBeKeys() {
    for type in AllTypes.nested {
      let message = thrownText { _ = try KeyEncoder(schema: Schema([Field("k", type)]), keyColumns: [0]) }
      XCTAssertEqual(message, "field \"k\" of type \(type) can't be part of a key")
    }
  }
}
