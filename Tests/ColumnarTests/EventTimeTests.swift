import CMillrace
import XCTest

@testable import Columnar

/// Event times from timestamp columns.
final class EventTimeTests: XCTestCase {
  private func times(_ unit: TimeUnit, _ values: [Int64?], skipped: Int = 0) throws -> [Int64] {
    let isNullable = values.contains(nil)
    let schema = Schema([Field("t", .timestamp(unit, zone: nil), nullable: isNullable)])
    let column = values.map { value in value.map { Value.integer($0) } ?? .null }
    var batch: RecordBatch? = ArrayMaker(skipped: skipped).batch(schema, [column])
    let timed = batch?.withEventTimes(column: 0, unit: unit)
    batch = nil
    XCTAssertEqual(timed.map { ArrayReader.columns($0, schema) }, [column])
    return (0..<values.count).compactMap { timed?.eventTimes?[$0] }
  }

  func testUnits() throws {
    XCTAssertEqual(try times(.second, [1, -1]), [1_000_000, -1_000_000])
    XCTAssertEqual(try times(.millisecond, [1, -1]), [1000, -1000])
    XCTAssertEqual(try times(.microsecond, [1, -1], skipped: 3), [1, -1])
    XCTAssertEqual(try times(.nanosecond, [1999, 1000, -1, -1000, -1001], skipped: 1), [1, 1, -1, -1, -2])
  }

  func testNullsHaveNone() throws {
    for unit in TimeUnit.allCases { XCTAssertEqual(try times(unit, [nil, 0], skipped: 9), [Int64.min, 0], "\(unit)") }
  }

  func testTimesThatMicrosecondsCantSayAreNone() throws {
    XCTAssertEqual(try times(.second, [Int64.max, Int64.max / 1_000_000 + 1, -Int64.max]), [.min, .min, .min])
    XCTAssertEqual(try times(.second, [9_223_372_036_854]), [9_223_372_036_854_000_000])
    XCTAssertEqual(try times(.millisecond, [Int64.max, Int64.min]), [.min, .min])
    XCTAssertEqual(try times(.nanosecond, [Int64.max, Int64.min]), [9_223_372_036_854_775, -9_223_372_036_854_776])
  }

  func testMicrosecondsAreNotCopied() throws {
    let schema = Schema([Field("t", .timestamp(.microsecond, zone: nil))])
    let batch = ArrayMaker(skipped: 2).batch(schema, [[.integer(Int64(5))]])
    let values = batch.column(0).pointee.buffers[1]! + 16
    XCTAssertEqual(batch.withEventTimes(column: 0, unit: .microsecond).eventTimes.map { UnsafeRawPointer($0) }, values)
  }

  func testABatchCanBeGivenAway() {
    let schema = Schema([Field("t", .timestamp(.second, zone: nil))])
    var out = mill_batch()
    do {
      let batch = ArrayMaker().batch(schema, [[.integer(Int64(5))]])
      batch.withEventTimes(column: 0, unit: .second).export(to: &out)
    }
    XCTAssertEqual(out.event_time_us[0], 5_000_000)
    let back = RecordBatch(moving: &out)
    XCTAssertNil(out.release)
    XCTAssertEqual(ArrayReader.columns(back, schema), [[.integer(Int64(5))]])
  }
}
