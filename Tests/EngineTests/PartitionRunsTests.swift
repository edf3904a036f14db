import XCTest

@testable import Engine

/// The order in which rows go out.
final class PartitionRunsTests: XCTestCase {
  func testByPartitionAndInOrderWithinOne() {
    let partitions: [Int32] = [2, 0, -1, 2, 0, 1, 2, -1]
    let runs = PartitionRuns(rowCount: 8, bad: [1, 6], partitionCount: 4) { partitions[$0] }
    XCTAssertEqual(runs.rows, [2, 7, 4, 5, 0, 3])
    XCTAssertEqual(
      runs.runs,
      [
        .init(partition: -1, end: 2), .init(partition: 0, end: 3), .init(partition: 1, end: 4),
        .init(partition: 2, end: 6),
      ])
  }

  func testNothingIsLeft() {
    XCTAssertEqual(PartitionRuns(rowCount: 0, bad: [], partitionCount: 1) { _ in 0 }.runs, [])
    let bad = PartitionRuns(rowCount: 2, bad: [0, 1], partitionCount: 1) { _ in 0 }
    XCTAssertEqual(bad.rows, [])
    XCTAssertTrue(OutgoingRuns(bad, partitionCount: 1).isDone)
  }
}
