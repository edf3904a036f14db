import XCTest

@testable import Engine

/// The order in which rows go out.
final class PartitionRunsTests: XCTestCase {
  func testByPartitionAndInOrderWithinOne() {
    let partitions: [Int32] = [2, 0, 3, 2, 0, 1, 2, 3]
    let runs = PartitionRuns(rowCount: 8, bad: [1, 6], partitionCount: 4) { partitions[$0] }
    XCTAssertEqual(runs.rows, [4, 5, 0, 3, 2, 7])
    XCTAssertEqual(
      runs.runs,
      [
        .init(partition: 0, end: 1), .init(partition: 1, end: 2), .init(partition: 2, end: 4),
        .init(partition: 3, end: 6),
      ])
  }

  func testRowsWhoseTheClientChoosesStayTogether() {
    let runs = PartitionRuns(rowCount: 4, bad: [1], partitionCount: 2) { _ in -1 }
    XCTAssertEqual(runs.rows, [0, 2, 3])
    XCTAssertEqual(runs.runs, [.init(partition: -1, end: 3)])
  }

  func testOrderIsKeptAmongChosenAndOtherPartitions() {
    let partitions: [Int32] = [1, 1, -1, 0, 1, 1, -1, -1]
    let runs = PartitionRuns(rowCount: 8, bad: [4], partitionCount: 2) { partitions[$0] }
    XCTAssertEqual(runs.rows, [0, 1, 2, 3, 5, 6, 7])
    XCTAssertEqual(
      runs.runs,
      [
        .init(partition: 1, end: 2), .init(partition: -1, end: 3), .init(partition: 0, end: 4),
        .init(partition: 1, end: 5), .init(partition: -1, end: 7),
      ])
  }

  func testNothingIsLeft() {
    XCTAssertEqual(PartitionRuns(rowCount: 0, bad: [], partitionCount: 1) { _ in 0 }.runs, [])
    let bad = PartitionRuns(rowCount: 2, bad: [0, 1], partitionCount: 1) { _ in 0 }
    XCTAssertEqual(bad.rows, [])
    XCTAssertTrue(OutgoingRuns(bad, partitionCount: 1).isDone)
  }
}
