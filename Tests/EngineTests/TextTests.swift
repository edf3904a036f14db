import Dataflow
import XCTest

@testable import Engine

/// Small formats: progress, state files, durations.
final class TextTests: XCTestCase {
  func testNumbersInGroups() {
    XCTAssertEqual(
      [0, 7, 999, 1000, 336_776, 1_234_567, -1000].map(ProgressReporter.grouped),
      ["0", "7", "999", "1,000", "336,776", "1,234,567", "-1,000"])
  }

  func testTimes() {
    XCTAssertEqual(ProgressReporter.time(1_357_035_300_000_000), "2013-01-01T10:15Z")
    XCTAssertEqual(ProgressReporter.time(-1), "1969-12-31T23:59Z")
    XCTAssertEqual(ProgressReporter.time(0), "1970-01-01T00:00Z")
  }

  func testMicroseconds() {
    XCTAssertEqual(Duration.milliseconds(200).microseconds, 200_000)
    XCTAssertEqual(Duration.seconds(Int64.max).microseconds, .max)
    XCTAssertEqual(Duration.nanoseconds(1999).microseconds, 1)
  }
}
