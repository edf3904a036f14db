import XCTest

@testable import Kafka

/// Partitions that do not have the offset that is to be read next.
final class OutOfRangeTests: BrokerTestCase {
  /// A topic with ten rows, "0" to "9", of which the first six are gone.
  private func shortened() throws -> TopicPartition {
    let topic = try topic()
    let sink = try sink(topic, isTransactional: false)
    try put(sink, epoch: 1, topic, (0..<10).map { (nil, "\($0)") })
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    try broker.deleteRecords(topic, before: 6)
    return TopicPartition(topic: topic, partition: 0)
  }

  private final class Resets { var all: [OffsetReset] = [] }

  private func reader(
    _ place: TopicPartition, from offset: Int64, end: Int64, _ policy: OutOfRangePolicy, _ resets: Resets
  ) throws -> KafkaReader {
    let consumer = try KafkaConsumer(properties: properties(), group: job)
    return try KafkaReader(
      consumer: consumer, assignments: [.init(place: place, offset: offset, end: end)], onOutOfRange: policy,
      onReset: { resets.all.append($0) })
  }

  func testEarliestGoesOnAtTheOldestMessage() throws {
    let place = try shortened()
    let resets = Resets()
    let reader = try reader(place, from: 2, end: 10, .earliest, resets)
    XCTAssertEqual(try Self.readToEnd(reader).map(\.value), ["6", "7", "8", "9"])
    XCTAssertEqual(resets.all, [OffsetReset(place: place, from: 2, to: 6)])
    XCTAssertEqual(reader.position(0), 10)
  }

  func testLatestGoesOnAtTheEnd() throws {
    let place = try shortened()
    let resets = Resets()
    let reader = try reader(place, from: 2, end: 12, .latest, resets)
    let sink = try sink(place.topic, isTransactional: false)
    let deadline = Date().addingTimeInterval(20)
    while resets.all.isEmpty, Date() < deadline {
      _ = try reader.poll(timeout_ms: 10, onBatch: { _, _ in XCTFail("rows before the end") }, onEnd: { _ in })
    }
    XCTAssertEqual(resets.all, [OffsetReset(place: place, from: 2, to: 10)])
    try put(sink, epoch: 1, place.topic, [(nil, "10"), (nil, "11")])
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    XCTAssertEqual(try Self.readToEnd(reader).map(\.value), ["10", "11"])
    XCTAssertEqual(resets.all.count, 1)
  }

  func testAnEndThatIsGoneTooEndsTheReading() throws {
    let place = try shortened()
    let resets = Resets()
    XCTAssertEqual(try Self.readToEnd(reader(place, from: 2, end: 5, .earliest, resets)), [])
    XCTAssertEqual(resets.all, [OffsetReset(place: place, from: 2, to: 6)])
  }

  func testFailNamesPlaceAndRemedy() throws {
    let place = try shortened()
    let found = try failure { try Self.readToEnd(reader(place, from: 2, end: 10, .fail, Resets())) }
    XCTAssertEqual(found.name, "OFFSET_OUT_OF_RANGE")
    XCTAssertTrue("\(found)".contains("\(place) from offset 2"), "\(found)")
    XCTAssertTrue("\(found)".contains("`on_offset_out_of_range: earliest`"), "\(found)")
  }

  func testAPartitionThatWasMadeAnewIsAnErrorWhateverThePolicy() throws {
    let place = try shortened()
    for policy in [OutOfRangePolicy.earliest, .latest] {
      let resets = Resets()
      let found = try failure { try Self.readToEnd(reader(place, from: 1000, end: 2000, policy, resets)) }
      XCTAssertEqual(found.name, "MADE_ANEW")
      XCTAssertEqual(found.epochKind, .fatal)
      XCTAssertTrue("\(found)".contains("\(place) from offset 1000"), "\(found)")
      XCTAssertEqual(resets.all, [])
    }
  }
}
