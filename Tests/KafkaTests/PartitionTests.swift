import Foundation
import XCTest

@testable import Kafka

/// Which partition a row lands in.
final class PartitionTests: BrokerTestCase {
  /// Keys with their murmur2 as Java's client has it (`UtilsTest.testMurmur2` of Apache Kafka).
  private static let hashes: [(key: String, hash: Int32)] = [
    ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
    ("a-little-bit-longer-string", -1_486_304_829),
    ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
  ]

  func testKeysLandWhereJavaPutsThem() throws {
    let topic = try topic(partitions: 7)
    let sink = try sink(topic, isTransactional: false)
    try put(sink, epoch: 1, topic, Self.hashes.map { ($0.key, "by key") })
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    let places = try readAll(topic).map { (key: $0.key, partition: $0.partition) }
    XCTAssertEqual(places.count, Self.hashes.count)
    for (key, hash) in Self.hashes {
      XCTAssertEqual(places.first { $0.key == key }?.partition, (hash & 0x7FFF_FFFF) % 7, key)
    }
  }

  func testRowsGoWhereTheyAreToldTo() throws {
    let topic = try topic(partitions: 5)
    let sink = try sink(topic, isTransactional: false)
    let values = Spans((0..<10).map(String.init))
    let keys = Spans(Array(repeating: "one key", count: 10))
    let partitions = Copy((0..<10).map { Int32($0 % 5) })
    let rows = TransactionalSink.Rows(
      keys: keys.spans.start, keyData: keys.data.start, values: values.spans.start, valueData: values.data.start,
      timestamps_ms: nil, partitions: partitions.start)
    try withExtendedLifetime((values, keys, partitions)) {
      XCTAssertEqual(try sink.produce(epoch: 1, topic: topic, rows: rows, range: 0..<10).count, 10)
    }
    let taken = try sink.produce(
      epoch: 1, topic: topic, partition: 3, key: nil, value: Array("10".utf8), headers: [], timestamp_ms: nil)
    XCTAssertEqual(taken.count, 1)
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    let have = try readAll(topic).map { "\($0.value ?? "")@\($0.partition)" }.sorted()
    XCTAssertEqual(have, ((0..<10).map { "\($0)@\($0 % 5)" } + ["10@3"]).sorted())
  }

  /// Asks until there is an answer; fails after 10 s.
  private func answer(_ directory: TopicDirectory, _ topic: String, maxAge_ms: Int64 = .max) -> String {
    let deadline = Date().addingTimeInterval(10)
    while Date() < deadline {
      switch directory.look(up: topic, maxAge_ms: maxAge_ms) {
      case .waiting: usleep(1000)
      case .known(let facts): return "\(facts.partitionCount) partitions"
      case .refused(let failure): return "\(failure)"
      }
    }
    return "no answer"
  }

  func testTheDirectoryKnowsWhatIsThere() throws {
    let topic = try topic(partitions: 6)
    let sink = try sink(topic, ["allow.auto.create.topics": "false"])
    XCTAssertEqual(answer(sink.topics, topic), "6 partitions")
    let missing = answer(sink.topics, "\(job)-missing")
    XCTAssertTrue(missing.contains("\(job)-missing") && missing.contains("Create the topic"), missing)
    try broker.create("\(job)-missing", partitions: 2)
    usleep(600_000)
    XCTAssertEqual(answer(sink.topics, "\(job)-missing", maxAge_ms: 500), "2 partitions")
  }

  func testATopicIsMadeAsTold() throws {
    let topic = "\(job)-made"
    let sink = try sink(topic)
    let creation = TopicCreation(partitionCount: 5, replication: 1, configs: ["cleanup.policy": "compact"])
    try sink.require([(topic, creation)], isWanted: { true })
    XCTAssertEqual(answer(sink.topics, topic), "5 partitions")
    // Where keys count, a row without one is refused: the config is there.
    try sink.fence()
    try sink.begin(epoch: 1)
    try put(sink, epoch: 1, topic, [(nil, "no key")])
    let found = try failure { try sink.flush(epoch: 1, timeout_ms: 10_000) }
    XCTAssertTrue("\(found)".contains(topic), "\(found)")
    // Again, otherwise: it is there, and stays as it is.
    let again = try self.sink(topic)
    try again.require([(topic, TopicCreation(partitionCount: 9))], isWanted: { true })
    XCTAssertEqual(answer(again.topics, topic), "5 partitions")
  }

  func testATopicThatCannotBeMadeSaysWhy() throws {
    let sink = try sink("\(job)-any")
    let three = try failure {
      try sink.require([("\(job)-three", TopicCreation(replication: 3))], isWanted: { true })
    }
    XCTAssertTrue("\(three)".contains("making topic \"\(job)-three\""), "\(three)")
    XCTAssertTrue("\(three)".contains("eplication factor"), "\(three)")
    let config = try failure {
      try sink.require([("\(job)-config", TopicCreation(configs: ["no.such.config": "1"]))], isWanted: { true })
    }
    XCTAssertTrue("\(config)".contains("Correct `create` of the topic"), "\(config)")
  }
}
