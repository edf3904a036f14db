import Columnar
import XCTest

@testable import Engine
@testable import Kafka
@testable import Pipeline

/// Where the rows of a sink go.
final class SinkPlacementTests: XCTestCase {
  /// A sink of rows (shard: int32?).
  private func use(_ partition: Topic.Partition) -> TopicSink {
    let part = Topic.Part(serde: SerdeUse(id: "json", options: "{}"))
    let topic = Topic(
      name: "t", connection: "kafka", value: part, onBadRow: .fail, headers: [], partition: partition)
    return TopicSink(
      topic: topic, valueSchema: Schema([Field("shard", .int32, nullable: true)]), headerColumns: [],
      partitionColumn: 0)
  }

  private func batch(_ shards: [Int32?]) -> RecordBatch { Batches.batch([.int32(shards)]) }

  func testByKeyNeedsNoPlacement() {
    XCTAssertNil(SinkPlacement(use(.key), worker: 0) { _, _ in .waiting })
  }

  func testInTurnEachWorkerFromAPartitionOfItsOwn() throws {
    var placement = try XCTUnwrap(
      SinkPlacement(use(.roundRobin), worker: 1) { _, _ in .known(TopicFacts(partitionCount: 3)) })
    let rows = batch([1, 1, 1, 1])
    XCTAssertEqual(placement.places(rows, without: [])?.partitions, [1, 2, 0, 1])
    XCTAssertEqual(placement.places(rows, without: [0, 2])?.partitions, [-1, 2, -1, 0], "bad rows take no turn")
  }

  func testByColumn() throws {
    var placement = try XCTUnwrap(
      SinkPlacement(use(.field("shard")), worker: 0) { _, _ in .known(TopicFacts(partitionCount: 3)) })
    let places = try XCTUnwrap(placement.places(batch([2, nil, 3, 0, -1, 9]), without: [5]))
    XCTAssertEqual(places.partitions, [2, -1, -1, 0, -1, -1])
    XCTAssertEqual(
      places.refused,
      [
        RefusedRow(row: 2, cause: "topic \"t\" has partitions 0 to 2, not 3"),
        RefusedRow(row: 4, cause: "topic \"t\" has partitions 0 to 2, not -1"),
      ])
  }

  func testATopicThatMayHaveGrownIsLookedUpAgainFirst() throws {
    var answers: [TopicDirectory.Answer] = [
      .known(TopicFacts(partitionCount: 3)), .waiting, .known(TopicFacts(partitionCount: 3)),
      .known(TopicFacts(partitionCount: 4)),
    ]
    var ages: [Int64] = []
    var placement = try XCTUnwrap(
      SinkPlacement(use(.field("shard")), worker: 0) { _, maxAge_ms in
        ages.append(maxAge_ms)
        return answers.removeFirst()
      })
    XCTAssertNil(placement.places(batch([3]), without: []))
    XCTAssertEqual(placement.places(batch([3]), without: [])?.partitions, [3])
    XCTAssertEqual(ages, [.max, 5000, .max, 5000])
  }

  func testNothingIsDecidedWhileTheBrokersAreBeingAsked() throws {
    var placement = try XCTUnwrap(SinkPlacement(use(.roundRobin), worker: 0) { _, _ in .waiting })
    XCTAssertNil(placement.places(batch([1]), without: []))
  }

  func testRowsOfATopicThatIsRefusedAreRefused() throws {
    let failure = KafkaFailure("topic \"t\"", name: "X", "is gone", .fatal)
    var placement = try XCTUnwrap(SinkPlacement(use(.roundRobin), worker: 0) { _, _ in .refused(failure) })
    let places = try XCTUnwrap(placement.places(batch([1, 2, 3]), without: [1]))
    XCTAssertEqual(places.refused.map(\.row), [0, 2])
    XCTAssertEqual(places.refused.first?.cause, "topic \"t\": is gone (X)")
  }
}
