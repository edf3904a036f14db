import CMillrace
import XCTest

@testable import Columnar

final class BatchSizeTests: XCTestCase {
  private let long = Value.text("a text of more than twelve bytes")

  private func size(_ fields: [Field], _ columns: [[Value]], _ maker: ArrayMaker = ArrayMaker()) throws -> Int {
    let schema = Schema(fields)
    let producer = ProducerSchema(schema, layouts: fields.map { maker.layout($0.type) })
    return try maker.batch(schema, columns).admitted(as: producer).byteSize
  }

  func testFixedWidths() throws {
    let ten = Array(repeating: Value.integer(Int64(1)), count: 10)
    XCTAssertEqual(try size([Field("n", .int64)], [ten]), 80)
    XCTAssertEqual(try size([Field("n", .int64, nullable: true)], [ten]), 82, "with a validity bitmap")
    XCTAssertEqual(try size([Field("n", .int64)], [ten], ArrayMaker(skipped: 3)), 104, "with what lies before")
    XCTAssertEqual(try size([Field("b", .bool)], [Array(repeating: .bool(true), count: 9)]), 2)
    let wide = Value.bytes(Array(repeating: 7, count: 1000))
    XCTAssertEqual(try size([Field("w", .fixedSizeBinary(1000))], [[wide, wide]]), 2000)
    XCTAssertEqual(try size([], []), 0)
  }

  func testNested() throws {
    let list = Field("l", .list(Field("item", .int32)))
    let items = Value.items([.integer(Int32(1)), .integer(Int32(2))])
    XCTAssertEqual(try size([list], [[items, items, items]]), 4 * 4 + 6 * 4)
    let pair = Field("p", .structure([Field("a", .int16), Field("b", .int64)]))
    XCTAssertEqual(try size([pair], [[.fields([.integer(Int16(1)), .integer(Int64(1))])]]), 10)
  }

  func testTexts() throws {
    // "front" lies before the texts.
    XCTAssertEqual(try size([Field("s", .utf8)], [[long, long]]), 2 * 16 + 5 + 64)
    for strings in [StringLayout.offsets32, .offsets64] {
      XCTAssertEqual(try size([Field("s", .utf8)], [[long, long]], ArrayMaker(strings: strings)), 2 * 16 + 64)
    }
  }

  func testDataCountsOnceHoweverManyColumnsPointToIt() throws {
    let schema = Schema([Field("s", .utf8)])
    let batch = try ArrayMaker().batch(schema, [[long, long]]).checked(against: schema)
    let both = RecordBatch.assembled([(batch, 0), (batch, 0)], rowCount: 2)
    XCTAssertEqual(both.byteSize, 2 * 2 * 16 + 5 + 64)
  }

  func testPartsShareTheDataByTheirRows() throws {
    let schema = Schema([Field("s", .utf8), Field("n", .int64)])
    let count = 1000
    let batch = ArrayMaker().batch(
      schema, [Array(repeating: long, count: count), Array(repeating: .integer(Int64(1)), count: count)])
    let whole = batch.byteSize
    XCTAssertEqual(whole, count * 24 + 5 + count * 32)
    let parts = [0..<10, 10..<400, 400..<1000].map { batch.taking(Array($0), schema) }
    XCTAssertEqual(parts.reduce(0) { $0 + $1.byteSize }, whole, accuracy: 3)
    let again = parts[2].taking([0, 1, 2], schema)
    XCTAssertEqual(again.byteSize, 3 * 24 + 96, accuracy: 1)
    XCTAssertEqual(batch.taking([], schema).byteSize, 0)
  }

  func testTimesCount() throws {
    let schema = Schema([Field("t", .timestamp(.millisecond, zone: nil)), Field("w", .fixedSizeBinary(100))])
    let columns: [[Value]] = [[.integer(Int64(1))], [.bytes(Array(repeating: 0, count: 100))]]
    let batch = try ArrayMaker().batch(schema, columns).checked(against: schema)
    XCTAssertEqual(batch.withEventTimes(column: 0, unit: .millisecond).byteSize, 8 + 100 + 8)
  }

  func testChargedOnceUntilItIsGone() throws {
    let budget = MemoryBudget(limit: 1 << 20)
    let schema = Schema([Field("n", .int64)])
    var batch: RecordBatch? = ArrayMaker().batch(schema, [[.integer(Int64(1))]])
    XCTAssertEqual(budget.used, 0)
    batch?.charge(.exchange, to: budget)
    batch?.charge(.exchange, to: budget)
    batch?.charge(.plugins, to: MemoryBudget.unlimited)
    XCTAssertEqual(budget.used(.exchange), 8)
    var raw = mill_batch()
    batch?.export(to: &raw)
    batch = nil
    XCTAssertEqual(budget.used(.exchange), 8, "given away in its C form it still takes memory")
    raw.release(&raw)
    XCTAssertEqual(budget.used, 0)
  }
}
