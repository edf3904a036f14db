import XCTest

@testable import Kafka

/// Brokers of topics "a" (two partitions) and "b" (one) that were looked at before the test.
private struct FakeLookup: OffsetLookup {
  let group = "job"
  var committed: [String: [TopicPartition: Int64]] = [:]
  /// The messages' timestamps, in milliseconds; offsets are counted from `first`.
  var timestamps: [TopicPartition: [Int64]] = [:]
  var first: Int64 = 10
  /// Messages of an open transaction at the end.
  var open: Int64 = 2

  func beginnings(of places: [TopicPartition]) -> [Int64] { places.map { _ in first } }
  func visibleEnds(of places: [TopicPartition]) -> [Int64] { ends(of: places).map { $0 - open } }
  func ends(of places: [TopicPartition]) -> [Int64] { places.map { first + Int64(timestamps[$0, default: []].count) } }
  func committedOffsets(of places: [TopicPartition], group: String) -> [Int64?] {
    places.map { committed[group]?[$0] }
  }
  func offsets(of places: [TopicPartition], since timestamp_ms: Int64) -> [Int64?] {
    places.map { place in
      timestamps[place, default: []].firstIndex { $0 >= timestamp_ms }.map { first + Int64($0) }
    }
  }
}

/// The rules of where reading starts and ends. No broker needed.
final class ReadBoundsTests: XCTestCase {
  private let a0 = TopicPartition(topic: "a", partition: 0)
  private let a1 = TopicPartition(topic: "a", partition: 1)
  private let b0 = TopicPartition(topic: "b", partition: 0)
  private var places: [TopicPartition] { [a0, a1, b0] }
  private var lookup: FakeLookup {
    FakeLookup(
      committed: ["job": [a1: 12], "other": [a0: 11, a1: 12, b0: 10]],
      timestamps: [a0: [100, 200, 300, 400, 500], a1: [400, 100, 500], b0: [50, 60, 70, 80]])
  }

  private func failure(_ body: () throws -> [Int64]) -> String {
    do { return "nothing was thrown: \(try body())" } catch { return "\(error)" }
  }

  func testStarts() throws {
    XCTAssertEqual(try lookup.startOffsets(places, from: .earliest), [10, 10, 10])
    XCTAssertEqual(try lookup.startOffsets(places, from: .latest), [13, 11, 12])
    XCTAssertEqual(try lookup.startOffsets(places, from: .committed(orElse: .earliest)), [10, 12, 10])
    XCTAssertEqual(try lookup.startOffsets(places, from: .committed(orElse: .latest)), [13, 12, 12])
    XCTAssertEqual(try lookup.startOffsets([a1], from: .committed(orElse: .fail)), [12])
    XCTAssertEqual(try lookup.startOffsets(places, from: .timestamp(ms: 300)), [12, 10, 14])
    XCTAssertEqual(try lookup.startOffsets(places, from: .offsets([a0: 1, a1: 2, b0: 3])), [1, 2, 3])
    XCTAssertEqual(try lookup.startOffsets([], from: .offsets([a0: 1])), [], "nothing is new: a restart")
  }

  func testStops() throws {
    XCTAssertEqual(try lookup.stopOffsets(places, at: .end), [15, 13, 14])
    XCTAssertEqual(try lookup.stopOffsets(places, at: .timestamp(ms: 300)), [12, 10, 14])
    XCTAssertEqual(try lookup.stopOffsets(places, at: .timestamp(ms: 0)), [10, 10, 10])
    XCTAssertEqual(try lookup.stopOffsets(places, at: .offsets([b0: 3, a0: 1, a1: 2])), [1, 2, 3])
    XCTAssertEqual(try lookup.stopOffsets(places, at: .committed(group: "other")), [11, 12, 10])
  }

  func testPartitionsWithoutACommittedOffsetAreNamed() {
    let start = failure { try lookup.startOffsets(places, from: .committed(orElse: .fail)) }
    XCTAssertTrue(start.hasPrefix("`start`: group \"job\" has committed no offset in a-0, b-0 "), start)
    XCTAssertTrue(start.contains("`committed_or_earliest`"), start)
    let stop = failure { try lookup.stopOffsets(places, at: .committed(group: "nobody")) }
    XCTAssertTrue(stop.hasPrefix("`stop`: group \"nobody\" has committed no offset in a-0, a-1, b-0 "), stop)
    XCTAssertTrue(stop.contains("Check the group's name"), stop)
  }

  func testOffsetsAreOfEveryPartitionAndOfNoOther() {
    let lacking = failure { try lookup.startOffsets(places, from: .offsets([a1: 2])) }
    XCTAssertTrue(lacking.hasPrefix("`start`: `offsets` does not name a-0, b-0 "), lacking)
    let b1 = TopicPartition(topic: "b", partition: 1)
    let unknown = failure { try lookup.stopOffsets(places, at: .offsets([a0: 1, a1: 2, b0: 3, b1: 4])) }
    XCTAssertTrue(unknown.hasPrefix("`stop`: there is no partition b-1 "), unknown)
    let many = (0..<20).map { TopicPartition(topic: "m", partition: $0) }
    let listed = failure { try lookup.startOffsets(many, from: .offsets([:])) }
    XCTAssertTrue(listed.contains("m-7, … (20 in all)"), listed)
  }
}
