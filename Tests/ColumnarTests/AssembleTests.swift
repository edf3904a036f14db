import XCTest

@testable import Columnar

/// Batches put together from others' columns, and single values.
final class AssembleTests: XCTestCase {
  private let schema = Schema([Field("s", .utf8, nullable: true), Field("n", .int32)])
  private let texts: [Value] = [.text("short"), .null, .text("a text of more than twelve bytes"), .text("")]
  private let numbers = (0..<4).map { Value.integer(Int32($0)) }

  func testColumnsOfSeveralBatches() {
    var left: RecordBatch? = ArrayMaker(skipped: 3).batch(Schema([schema.fields[0]]), [texts])
    var right: RecordBatch? = ArrayMaker(skipped: 1).batch(Schema([schema.fields[1]]), [numbers])
    let both = RecordBatch.assembled([(left!, 0), (right!, 0)], rowCount: 4)
    left = nil
    right = nil
    XCTAssertEqual(ArrayReader.columns(both, schema), [texts, numbers])
    XCTAssertEqual(
      ArrayReader.columns(both.taking([3, 2], schema), schema), [[texts[3], texts[2]], [numbers[3], numbers[2]]])
    XCTAssertEqual(ArrayReader.columns(both.single(row: 2, schema: schema), schema), [[texts[2]], [numbers[2]]])
  }

  func testBytesOfOneValue() {
    let batch = ArrayMaker(skipped: 2).batch(schema, [texts, numbers])
    let found = (0..<4).map { batch.bytes(column: 0, row: $0).map { Value.bytes($0) } ?? .null }
    XCTAssertEqual(found, texts)
  }
}
