import CMillrace
import XCTest

@testable import Columnar

/// Columns that the engine makes, and rows that lose their values.
final class MadeColumnsTests: XCTestCase {
  private func values(_ batch: RecordBatch, _ type: DataType) -> [Value] {
    ArrayReader.columns(batch, Schema([Field("made", type, nullable: true)]))[0]
  }

  func testNumbers() {
    let made = [7000, .min, -1, 0].withUnsafeBufferPointer {
      RecordBatch.column($0.baseAddress!, count: 4, dividedBy: 1000)
    }
    XCTAssertEqual(values(made, .int64), [.integer(Int64(7)), .null, .integer(Int64(0)), .integer(Int64(0))])
  }

  func testBooleans() {
    let made = RecordBatch.column(count: 9) { $0 == 0 || $0 == 8 }
    XCTAssertEqual(values(made, .bool), (0..<9).map { .bool($0 == 0 || $0 == 8) })
  }

  func testStrings() {
    let long = "a text of more than twelve bytes"
    let data = Array("short\(long)".utf8)
    let spans = [(0, 5), (0, -1), (5, long.utf8.count), (5, 0)].map { mill_span(offset: Int32($0), length: Int32($1)) }
    XCTAssertEqual(
      values(.column(data, spans), .utf8), [.text("short"), .null, .text(long), .text("")])
    XCTAssertEqual(values(.column([], []), .utf8), [])
  }

  /// Of every kind of column, wherever its rows begin; the others keep what they have.
  func testRowsThatLoseTheirValues() {
    let inner = Field("x", .int32)
    let schema = Schema([
      Field("s", .utf8, nullable: true), Field("n", .int32, nullable: true), Field("b", .bool, nullable: true),
      Field("l", .list(inner), nullable: true), Field("p", .structure([inner]), nullable: true),
    ])
    let columns: [[Value]] = [
      [.text("a"), .null, .text("a text of more than twelve bytes")], (0..<3).map { .integer(Int32($0)) },
      [.bool(true), .bool(false), .bool(true)],
      (0..<3).map { n in .items((0..<n).map { .integer(Int32($0)) }) },
      (0..<3).map { .fields([.integer(Int32($0))]) },
    ]
    for skipped in [0, 3, 8] {
      var whole: RecordBatch? = ArrayMaker(skipped: skipped).batch(schema, columns)
      let made = whole!.withNulls(in: [0])
      whole = nil
      XCTAssertEqual(ArrayReader.columns(made, schema), columns.map { [Value.null, $0[1], $0[2]] })
    }
  }
}
