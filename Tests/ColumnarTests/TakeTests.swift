import CMillrace
import XCTest

@testable import Columnar

/// `take`, and offset layouts brought to views, against the naive reader.
final class TakeTests: XCTestCase {
  private func makers() -> [ArrayMaker] {
    [StringLayout.views, .offsets32, .offsets64].flatMap { strings in
      [0, 1, 7, 8, 13].map { ArrayMaker(skipped: $0, strings: strings, countsNulls: $0 != 7) }
    }
  }

  func testEveryTypeWithNullsAndSlices() throws {
    var random = seededRandom("take")
    for type in AllTypes.all {
      for nullable in [false, true] {
        for maker in makers() { try check(Field("f", type, nullable: nullable), maker, &random) }
      }
    }
  }

  private func check(_ field: Field, _ maker: ArrayMaker, _ random: inout SeededRandom) throws {
    let schema = Schema([field])
    let count = Int.random(in: 0...40, using: &random)
    let values = (0..<count).map { _ in Value.random(field, &random) }
    let producer = ProducerSchema(schema, layouts: [maker.layout(field.type)])
    let admitted = try maker.batch(schema, [values]).admitted(as: producer)
    XCTAssertEqual(ArrayReader.columns(admitted, schema), [values], "\(field), \(maker)")
    let rows = (0..<(count == 0 ? 0 : 20)).map { _ in UInt32.random(in: 0..<UInt32(count), using: &random) }
    let taken = try admitted.taking(rows, schema).checked(against: schema)
    XCTAssertEqual(ArrayReader.columns(taken, schema), [rows.map { values[Int($0)] }], "\(field), \(maker)")
    let again = try taken.taking([UInt32](0..<UInt32(rows.count)).reversed(), schema).checked(against: schema)
    XCTAssertEqual(ArrayReader.columns(again, schema), [rows.reversed().map { values[Int($0)] }], "\(field), \(maker)")
  }

  func testValuesOutliveTheBatchTheyCameFrom() throws {
    let schema = Schema([Field("s", .utf8), Field("l", .list(Field("item", .binary)))])
    let text = Value.text("a text of more than twelve bytes")
    for strings in [StringLayout.views, .offsets32, .offsets64] {
      let maker = ArrayMaker(skipped: 3, strings: strings)
      var batch: RecordBatch? = try maker.batch(schema, [[text, text], [.items([text]), .items([])]])
        .admitted(as: ProducerSchema(schema, layouts: schema.fields.map { maker.layout($0.type) }))
      var taken = batch?.taking([1, 0], schema)
      batch = nil
      taken = taken?.taking([1], schema)
      XCTAssertEqual(taken.map { ArrayReader.columns($0, schema) }, [[text], [.items([text])]])
    }
  }

  func testConversionCopiesNoLongText() throws {
    let schema = Schema([Field("s", .utf8)])
    let maker = ArrayMaker(skipped: 2, strings: .offsets32)
    let batch = maker.batch(schema, [[.text("a text of more than twelve bytes")]])
    let data = batch.column(0).pointee.buffers[2]!
    let admitted = try batch.admitted(as: ProducerSchema(schema, layouts: [maker.layout(.utf8)]))
    XCTAssertEqual(admitted.column(0).pointee.buffers[2], data + "frontnulnul".utf8.count)
  }

  func testTimesAndKindsGoAlong() {
    let schema = Schema([Field("n", .int32)])
    var columns = OwnedArray()
    columns.add(nil)
    columns.add(child: ArrayMaker().array(schema.fields[0], (0..<4).map { .integer(Int32($0)) }))
    let memory = OwnedArray()
    let times = memory.allocate(Int64.self, count: 4)
    let kinds = memory.allocate(UInt8.self, count: 4)
    for row in 0..<4 {
      times[row] = Int64(row * 10)
      kinds[row] = UInt8(row)
    }
    var holder: OwnedArray? = memory
    let batch = RecordBatch(
      columns: columns.finish(length: 4, nullCount: 0), eventTimes: times, rowKinds: kinds, keeping: nil)
    let taken = batch.taking([3, 1], schema)
    XCTAssertEqual([taken.eventTimes?[0], taken.eventTimes?[1]], [30, 10])
    XCTAssertEqual([taken.rowKinds?[0], taken.rowKinds?[1]], [3, 1])
    holder = nil
    XCTAssertNil(holder)
  }

  func testUnalignedValuesAreTaken() throws {
    let schema = Schema([Field("n", .int64), Field("d", .decimal128(precision: 38, scale: 0)), Field("s", .utf8)])
    let values: [[Value]] = [
      [.integer(Int64(1)), .integer(Int64.min)], [.bytes(Array(0..<16)), .bytes(Array(16..<32))],
      [.text("a text of more than twelve bytes"), .text("short")],
    ]
    let batch = ArrayMaker().batch(schema, values)
    let memory = OwnedArray()
    for column in 0..<3 {
      let moved = memory.allocate(UInt8.self, count: 64) + 1
      let buffers = batch.column(column).pointee.buffers!
      UnsafeMutableRawPointer(moved).copyMemory(from: buffers[1]!, byteCount: 32)
      buffers[1] = UnsafeRawPointer(moved)
    }
    try withExtendedLifetime(memory) {
      let taken = try batch.checked(against: schema).taking([1, 0], schema)
      XCTAssertEqual(ArrayReader.columns(taken, schema), values.map { $0.reversed() })
      let encoder = try KeyEncoder(schema: schema, keyColumns: [0])
      XCTAssertEqual(encoder.encode(batch).hashes[0], keyHash(word: 1))
    }
  }
}
