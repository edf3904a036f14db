import XCTest

@testable import Columnar

/// Columns read row by row.
final class ColumnValuesTests: XCTestCase {
  private func values(_ type: DataType, _ column: [Value], skipped: Int) -> [Int64?] {
    let schema = Schema([Field("n", type, nullable: column.contains(.null))])
    let batch = ArrayMaker(skipped: skipped).batch(schema, [column])
    let integers = IntegerColumn(batch, 0, type: type)
    return withExtendedLifetime(batch) { column.indices.map { integers[$0] } }
  }

  func testIntegersOfAllWidths() {
    for skipped in [0, 1, 9] {
      func check<Number: FixedWidthInteger>(_ type: DataType, _: Number.Type, line: UInt = #line) {
        let column = [Value.integer(Number.min), .null, .integer(Number.max), .integer(Number(7))]
        XCTAssertEqual(
          values(type, column, skipped: skipped), [Int64(Number.min), nil, Int64(clamping: Number.max), 7], line: line)
      }
      check(.int8, Int8.self)
      check(.int16, Int16.self)
      check(.int32, Int32.self)
      check(.int64, Int64.self)
      check(.uint8, UInt8.self)
      check(.uint16, UInt16.self)
      check(.uint32, UInt32.self)
      check(.uint64, UInt64.self)
    }
  }

  func testTextsAndBytes() {
    for skipped in [0, 1, 9] {
      let column = [Value.text("a"), .null, .text(""), .text("longer than twelve bytes")]
      let batch = ArrayMaker(skipped: skipped).batch(Schema([Field("s", .utf8, nullable: true)]), [column])
      let texts = ViewColumn(batch, 0)
      withExtendedLifetime(batch) {
        XCTAssertEqual(
          column.indices.map { texts[$0].map { String(decoding: $0, as: UTF8.self) } },
          ["a", nil, "", "longer than twelve bytes"])
      }
    }
  }

  func testBits() {
    for skipped in [0, 1, 9] {
      let column = [Value.bool(true), .null, .bool(false), .bool(true)]
      let batch = ArrayMaker(skipped: skipped).batch(Schema([Field("b", .bool, nullable: true)]), [column])
      let bits = BoolColumn(batch, 0)
      withExtendedLifetime(batch) { XCTAssertEqual(column.indices.map { bits[$0] }, [true, nil, false, true]) }
    }
  }

  func testWhatIsAnInteger() {
    XCTAssertTrue(DataType.uint16.isInteger)
    XCTAssertFalse(DataType.timestamp(.second, zone: nil).isInteger)
    XCTAssertFalse(DataType.float64.isInteger)
    XCTAssertFalse(DataType.utf8.isInteger)
  }
}
