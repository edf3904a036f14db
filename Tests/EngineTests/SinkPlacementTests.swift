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
    var columns = TopicSink.Columns()
    columns.partition = 0
    return TopicSink(
      topic: topic, schema: Schema([Field("shard", .int32, nullable: true)]), columns: columns, valueColumns: [0])
  }

  /// A sink of rows (shard: int32?, topic: utf8?) with a route.
  private func routed(_ topics: [String], _ partition: Topic.Partition = .key) -> TopicSink {
    var use = use(partition)
    use.schema.fields.append(Field("topic", .utf8, nullable: true))
    use.columns.route = Route(column: 1, topics: topics)
    return use
  }

  private func batch(_ shards: [Int32?]) -> RecordBatch { Batches.batch([.int32(shards)]) }

  func testByKeyOnlyTheTopicHasToBeThere() throws {
    var answers: [TopicDirectory.Answer] = [.waiting, .waiting, .known(TopicFacts(partitionCount: 3))]
    var placement = SinkPlacement(use(.key), worker: 0) { _, _ in answers.removeFirst() }
    XCTAssertNil(placement.places(batch([1, 2]), without: []))
    let places = try XCTUnwrap(placement.places(batch([1, 2]), without: []))
    XCTAssertEqual(places.targets.name(1), "t")
    XCTAssertEqual(places.partitions, [])
    XCTAssertEqual(places.refused, [])
    XCTAssertEqual(places.limits.count, 1)
  }

  func testInTurnEachWorkerFromAPartitionOfItsOwn() throws {
    var placement = SinkPlacement(use(.roundRobin), worker: 1) { _, _ in .known(TopicFacts(partitionCount: 3)) }
    let rows = batch([1, 1, 1, 1])
    XCTAssertEqual(placement.places(rows, without: [])?.partitions, [1, 2, 0, 1])
    XCTAssertEqual(placement.places(rows, without: [0, 2])?.partitions, [-1, 2, -1, 0], "bad rows take no turn")
  }

  func testByColumn() throws {
    var placement = SinkPlacement(use(.field("shard")), worker: 0) { _, _ in .known(TopicFacts(partitionCount: 3)) }
    let places = try XCTUnwrap(placement.places(batch([2, nil, 3, 0, -1, 9]), without: [5]))
    XCTAssertEqual(places.partitions, [2, -1, -1, 0, -1, -1])
    XCTAssertEqual(
      places.refused,
      [
        RefusedRow(row: 2, topic: "t", cause: "topic \"t\" has partitions 0 to 2, not 3"),
        RefusedRow(row: 4, topic: "t", cause: "topic \"t\" has partitions 0 to 2, not -1"),
      ])
  }

  func testATopicThatMayHaveGrownIsLookedUpAgainFirst() throws {
    var answers: [TopicDirectory.Answer] = [
      .known(TopicFacts(partitionCount: 3)), .waiting, .known(TopicFacts(partitionCount: 3)),
      .known(TopicFacts(partitionCount: 4)), .known(TopicFacts(partitionCount: 4)),
    ]
    var ages: [Int64] = []
    var placement = SinkPlacement(use(.field("shard")), worker: 0) { _, maxAge_ms in
      ages.append(maxAge_ms)
      return answers.removeFirst()
    }
    XCTAssertNil(placement.places(batch([3]), without: []))
    XCTAssertNil(placement.places(batch([3]), without: []), "it has grown: all rows have to see the same partitions")
    let places = try XCTUnwrap(placement.places(batch([3]), without: []))
    XCTAssertEqual(places.partitions, [3])
    XCTAssertEqual(places.counts, [4])
    XCTAssertEqual(ages, [.max, 5000, .max, 5000, .max])
  }

  func testNothingIsDecidedWhileTheBrokersAreBeingAsked() throws {
    var placement = SinkPlacement(use(.roundRobin), worker: 0) { _, _ in .waiting }
    XCTAssertNil(placement.places(batch([1]), without: []))
  }

  func testRowsOfATopicThatIsRefusedAreRefused() throws {
    let failure = KafkaFailure("topic \"t\"", name: "X", "is gone", .fatal)
    var placement = SinkPlacement(use(.roundRobin), worker: 0) { _, _ in .refused(failure) }
    let places = try XCTUnwrap(placement.places(batch([1, 2, 3]), without: [1]))
    XCTAssertEqual(places.refused.map(\.row), [0, 2])
    XCTAssertEqual(places.refused.first?.cause, "topic \"t\": is gone (X)")
  }

  func testTopicByColumn() throws {
    var asked: [String] = []
    var placement = SinkPlacement(routed(["a", "b.*"]), worker: 0) { topic, _ in
      asked.append(topic)
      return .known(TopicFacts(partitionCount: 1))
    }
    let rows = Batches.batch([
      .int32(Array(repeating: nil, count: 8)), .text(["a", nil, "b.a-rather-long-name", "a", "c", "b", "", "a\u{0}"]),
    ])
    let places = try XCTUnwrap(placement.places(rows, without: []))
    XCTAssertEqual(places.targets.names, ["t", "a", "b.a-rather-long-name"])
    XCTAssertEqual(places.targets.byRow, [1, 0, 2, 1, -1, -1, -1, -1])
    XCTAssertEqual(asked, places.targets.names)
    XCTAssertEqual(places.partitions, [])
    XCTAssertEqual(places.refused.map(\.row), [4, 5, 6, 7])
    XCTAssertEqual(
      places.refused.first,
      RefusedRow(row: 4, topic: "t", cause: "rows may not go to topic \"c\"; allowed: a, b.*"))
    XCTAssertEqual(places.refused.last?.cause, "rows may not go to topic \"a\\u0000\"; allowed: a, b.*")
    XCTAssertEqual(places.targets.endOfRun(from: 0, in: 0..<4), 1)
    XCTAssertEqual(places.targets.endOfRun(from: 3, in: 0..<4), 4)
  }

  func testEachTopicHasTurnsAndPartitionsOfItsOwn() throws {
    func facts(_ topic: String, _: Int64) -> TopicDirectory.Answer {
      topic == "gone"
        ? .refused(KafkaFailure("topic \"gone\"", name: "X", "is gone", .fatal))
        : .known(TopicFacts(partitionCount: topic == "a" ? 2 : 3))
    }
    let rows = Batches.batch([.int32([2, 2, 2, 2, 2]), .text(["a", nil, "gone", "a", "a"])])
    var inTurn = SinkPlacement(routed(["*"], .roundRobin), worker: 0, lookUp: facts)
    let turns = try XCTUnwrap(inTurn.places(rows, without: []))
    XCTAssertEqual(turns.partitions, [0, 0, -1, 1, 0])
    XCTAssertEqual(turns.refused, [RefusedRow(row: 2, topic: "gone", cause: "topic \"gone\": is gone (X)")])
    var byColumn = SinkPlacement(routed(["*"], .field("shard")), worker: 0, lookUp: facts)
    let places = try XCTUnwrap(byColumn.places(rows, without: []))
    XCTAssertEqual(places.partitions, [-1, 2, -1, -1, -1])
    XCTAssertEqual(places.refused.map(\.row), [0, 2, 3, 4])
    XCTAssertEqual(places.refused.map(\.topic), ["a", "gone", "a", "a"])
  }

  func testAllTopicsAreLookedUpBeforeAnyoneWaits() throws {
    var asked: Set<String> = []
    var placement = SinkPlacement(routed(["*"]), worker: 0) { topic, _ in
      asked.insert(topic)
      return .waiting
    }
    XCTAssertNil(placement.places(Batches.batch([.int32([1, 1]), .text(["a", "b"])]), without: []))
    XCTAssertEqual(asked, ["t", "a", "b"])
  }
}
