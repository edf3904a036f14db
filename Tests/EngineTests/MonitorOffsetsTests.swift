import Kafka
import XCTest

@testable import Engine

/// When source offsets go into transactions.
final class MonitorOffsetsTests: XCTestCase {
  private let second: Int64 = 1_000_000
  private let here = "kafka"

  private func monitors() throws -> MonitorOffsets {
    MonitorOffsets(transactional: here, monitors: [:])
  }

  private func offsets(_ next: Int64..., elsewhere: Int64 = 0) -> [(connection: String, offset: PartitionOffset)] {
    next.enumerated().map { (here, PartitionOffset(topic: "in", partition: Int32($0), offset: $1)) }
      + [("far", PartitionOffset(topic: "in", partition: 0, offset: elsewhere))]
  }

  /// What an epoch takes, if it commits at once.
  private func commit(
    _ monitors: MonitorOffsets, _ offsets: [(connection: String, offset: PartitionOffset)], isLast: Bool = false,
    at_us: Int64
  ) -> [Int64] {
    let taken = monitors.take(offsets, isLast: isLast, now_us: at_us)
    monitors.took(taken, now_us: at_us)
    return taken.map(\.offset)
  }

  func testOnceASecondAndAtTheEnd() throws {
    let monitors = try monitors()
    XCTAssertEqual(commit(monitors, offsets(1, 2), at_us: 0), [1, 2], "of this connection only")
    XCTAssertEqual(commit(monitors, offsets(3, 4), at_us: second - 1), [])
    XCTAssertEqual(commit(monitors, offsets(5, 6), at_us: second), [5, 6])
    XCTAssertEqual(commit(monitors, offsets(7, 8), isLast: true, at_us: second + 1), [7, 8])
  }

  func testWhatIsOwedIsDueLater() throws {
    let monitors = try monitors()
    XCTAssertFalse(monitors.isDue(now_us: 0))
    _ = commit(monitors, offsets(1, 2), at_us: 0)
    _ = commit(monitors, offsets(3, 2), at_us: 10)
    XCTAssertFalse(monitors.isDue(now_us: second - 1))
    XCTAssertTrue(monitors.isDue(now_us: second))
    XCTAssertEqual(commit(monitors, offsets(3, 2), at_us: second), [3, 2])
    XCTAssertFalse(monitors.isDue(now_us: 9 * second))
  }

  func testWhatHasNotChangedIsNotTakenAgain() throws {
    let monitors = try monitors()
    _ = commit(monitors, offsets(1, 2), at_us: 0)
    XCTAssertEqual(commit(monitors, offsets(1, 2, elsewhere: 5).reversed(), at_us: 5 * second), [])
    XCTAssertFalse(monitors.isDue(now_us: 9 * second))
    XCTAssertEqual(commit(monitors, offsets(1, 2), at_us: 3599 * second), [])
    XCTAssertEqual(commit(monitors, offsets(1, 2), at_us: 3600 * second), [1, 2], "so that Kafka keeps the group")
  }

  func testAFailedCommitLeavesThemOwed() throws {
    let monitors = try monitors()
    _ = commit(monitors, offsets(1, 2), at_us: 0)
    XCTAssertFalse(monitors.take(offsets(3, 3), isLast: false, now_us: second).isEmpty)
    XCTAssertTrue(monitors.isDue(now_us: second))
    XCTAssertEqual(commit(monitors, offsets(3, 3), at_us: 2 * second), [3, 3])
  }
}
