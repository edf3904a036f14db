import CRdKafka
import Checkpointing
import XCTest

@testable import Kafka

final class SinkTests: BrokerTestCase {
  private let record1 = CommitRecord(epoch: 1, digest: "one")

  func testRowsAreVisibleOnceCommitted() throws {
    let topic = try topic()
    let sink = try sink(topic)
    try sink.fence()
    try sink.begin(epoch: 1)
    try put(sink, epoch: 1, topic, [("k", "v")])
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    XCTAssertEqual(try readAll(topic, onlyStable: true), [])
    XCTAssertEqual(try readAll(topic, ["isolation.level": "read_uncommitted"]).map(\.value), ["v"])
    let place = TopicPartition(topic: topic, partition: 0)
    let monitor = try KafkaConsumer(properties: properties(), group: job)
    XCTAssertEqual(try monitor.watermarks(place).high, 0)
    XCTAssertEqual(try monitor.ends(of: [place]), [1], "a bounded read waits for what is open")
    try sink.sendOffsets(epoch: 1, offsets: [.init(topic: topic, partition: 0, offset: 7)], record: record1)
    try sink.commit(epoch: 1)
    XCTAssertEqual(try readAll(topic).map(\.value), ["v"])
    XCTAssertEqual(try sink.readCommitRecord(), record1)
    XCTAssertEqual(try monitor.committed([place]).first??.offset, 7)
  }

  func testAFreshJobHasNoRecord() throws {
    let topic = try topic()
    let sink = try sink(topic)
    try sink.fence()
    XCTAssertNil(try sink.readCommitRecord())
  }

  /// Before the record is read, something is committed that only a coordinator that leads can commit.
  func testTheRecordIsReadFromACoordinatorThatLeads() throws {
    let several = try topic("several", partitions: 2)
    _ = try sink(several).readCommitRecord()
    let group = try KafkaConsumer(properties: properties(), group: "\(job).epochs")
    let places = [0, 1].map { TopicPartition(topic: several, partition: $0) }
    XCTAssertEqual(try group.committed(places).map { $0?.offset }, [nil, 0])

    let single = try topic("single")
    _ = try sink(single).readCommitRecord()
    let ownOffsets = TopicPartition(topic: "__consumer_offsets", partition: 0)
    XCTAssertEqual(
      try group.committed([TopicPartition(topic: single, partition: 0), ownOffsets]).map { $0?.offset }, [nil, 0])
  }

  func testARunThatEndsInMarkersEnds() throws {
    let topic = try topic()
    let sink = try sink(topic)
    try sink.fence()
    try commit(sink, epoch: 1, topic, ["a", "b"])
    try sink.begin(epoch: 2)
    try put(sink, epoch: 2, topic, [(nil, "aborted")])
    try sink.flush(epoch: 2, timeout_ms: 10_000)
    try self.sink(topic).fence()  // aborts it

    let consumer = try KafkaConsumer(properties: properties(), group: job)
    let place = TopicPartition(topic: topic, partition: 0)
    let high = try consumer.watermarks(place).high
    XCTAssertEqual(high, 5, "two rows, a marker, an aborted row, a marker")
    let reader = try KafkaReader(consumer: consumer, assignments: [.init(place: place, offset: 0, end: high)])
    XCTAssertEqual(try Self.readToEnd(reader).map(\.value), ["a", "b"])
    XCTAssertEqual(reader.position(0), high)
    let atEnd = try KafkaReader(consumer: consumer, assignments: [.init(place: place, offset: high, end: high)])
    XCTAssertEqual(try Self.readToEnd(atEnd), [])
  }

  func testANewInstanceFencesTheOld() throws {
    let topic = try topic()
    let old = try sink(topic)
    try old.fence()
    try commit(old, epoch: 1, topic, ["kept"])
    try old.begin(epoch: 2)
    try put(old, epoch: 2, topic, [(nil, "lost")])
    try old.flush(epoch: 2, timeout_ms: 10_000)

    let new = try sink(topic)
    try new.fence()
    XCTAssertEqual(try new.readCommitRecord(), CommitRecord(epoch: 1, digest: "digest-1"))
    let found = try failure {
      try old.sendOffsets(epoch: 2, offsets: [], record: CommitRecord(epoch: 2, digest: "two"))
      try old.commit(epoch: 2)
    }
    XCTAssertEqual(found.epochKind, .fenced, "\(found)")
    XCTAssertTrue("\(found)".contains("Another instance"), "\(found)")
    try commit(new, epoch: 2, topic, ["again"])
    XCTAssertEqual(try readAll(topic).map(\.value), ["kept", "again"])
  }

  func testTheRecordTellsWhatACrashLeft() throws {
    let topic = try topic()
    do {
      // Dies after the record is in the transaction and before the commit.
      let dead = try sink(topic)
      try dead.fence()
      try commit(dead, epoch: 1, topic, ["1"])
      try dead.begin(epoch: 2)
      try put(dead, epoch: 2, topic, [(nil, "2")])
      try dead.flush(epoch: 2, timeout_ms: 10_000)
      try dead.sendOffsets(
        epoch: 2, offsets: [.init(topic: topic, partition: 0, offset: 9)],
        record: CommitRecord(epoch: 2, digest: "two"))
    }
    do {
      let next = try sink(topic)
      try next.fence()
      XCTAssertEqual(try next.readCommitRecord()?.epoch, 1)
      // Dies right after the commit of 2, with 3 open.
      try next.begin(epoch: 3)
      try put(next, epoch: 3, topic, [(nil, "3")])
      try commit(next, epoch: 2, topic, ["2 again"])
    }
    let last = try sink(topic)
    try last.fence()
    XCTAssertEqual(try last.readCommitRecord(), CommitRecord(epoch: 2, digest: "digest-2"))
    XCTAssertEqual(try readAll(topic).map(\.value), ["1", "2 again"])
  }

  func testATimedOutTransactionIsFenced() throws {
    let topic = try topic()
    let slow = try sink(topic, timeout_ms: 1000)
    try slow.fence()
    try slow.begin(epoch: 1)
    try put(slow, epoch: 1, topic, [(nil, "too late")])
    try slow.flush(epoch: 1, timeout_ms: 10_000)
    usleep(3_000_000)
    let found = try failure {
      try slow.sendOffsets(epoch: 1, offsets: [], record: record1)
      try slow.commit(epoch: 1)
    }
    XCTAssertEqual(found.epochKind, .fenced, "\(found)")
    let next = try sink(topic)
    try next.fence()
    XCTAssertNil(try next.readCommitRecord())
    XCTAssertEqual(try readAll(topic), [])
  }

  func testTwoProducersInTurnKeepTheOrder() throws {
    let topic = try topic()
    let sink = try sink(topic)
    try sink.fence()
    try sink.begin(epoch: 1)
    for epoch in UInt64(1)...20 {
      try put(sink, epoch: epoch, topic, (0..<500).map { (nil, "\(epoch)-\($0)") })
      try sink.begin(epoch: epoch + 1)
      try sink.flush(epoch: epoch, timeout_ms: 10_000)
      // Acknowledged: from here on rows of the next epoch may flow, while this one commits.
      try put(sink, epoch: epoch + 1, topic, [(nil, "\(epoch + 1) begins")])
      try sink.sendOffsets(epoch: epoch, offsets: [], record: CommitRecord(epoch: epoch, digest: ""))
      try sink.commit(epoch: epoch)
    }
    try self.sink(topic).fence()  // aborts epoch 21, which reading would wait for
    let expected = (1...20).flatMap { epoch in
      (epoch > 1 ? ["\(epoch) begins"] : []) + (0..<500).map { "\(epoch)-\($0)" }
    }
    XCTAssertTrue(try readAll(topic).map(\.value) == expected, "rows are missing or out of order")
  }

  func testAFullQueueTakesWhatFitsAndKeepsTheOrder() throws {
    let topic = try topic()
    let sink = try sink(topic, ["queue.buffering.max.messages": "100"])
    try sink.fence()
    try sink.begin(epoch: 1)
    let rows = (0..<5000).map { (key: String?.none, value: String?.some("\($0)")) }
    let start = Date()
    try put(sink, epoch: 1, topic, rows, waiting: true)
    XCTAssertLessThan(Date().timeIntervalSince(start), 10)
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    try sink.sendOffsets(epoch: 1, offsets: [], record: record1)
    try sink.commit(epoch: 1)
    XCTAssertTrue(try readAll(topic).map(\.value) == rows.map(\.value), "rows are missing or out of order")
  }

  func testAFullQueueSaysHowManyItTook() throws {
    let topic = try topic()
    let sink = try sink(topic, isTransactional: false, ["queue.buffering.max.messages": "100", "linger.ms": "1000"])
    let values = Spans(Array(repeating: "A", count: 300))
    let rows = TransactionalSink.Rows(
      keys: nil, keyData: nil, values: values.spans.start, valueData: values.data.start, timestamps_ms: nil)
    let taken = try withExtendedLifetime(values) {
      try sink.produce(epoch: 1, topic: topic, rows: rows, range: 50..<300)
    }
    XCTAssertEqual(taken.count, 100)
    XCTAssertNil(taken.refusal)
    let one = try sink.produce(epoch: 1, topic: topic, key: nil, value: [1], headers: [], timestamp_ms: nil)
    XCTAssertEqual(one.count, 0)
    XCTAssertNil(one.refusal)
  }

  func testADroppedProducerIsGone() throws {
    weak var dropped: KafkaProducer?
    do {
      let producer = try KafkaProducer(properties: properties(), transactionalID: nil)
      dropped = producer
      usleep(100_000)
    }
    XCTAssertNil(dropped, "its thread holds on to it")
  }

  func testHeadersArrive() throws {
    let topic = try topic()
    let sink = try sink(topic, isTransactional: false)
    let taken = try sink.produce(
      epoch: 1, topic: topic, key: [1], value: [2], headers: [("millrace.cause", Array("bad".utf8)), ("empty", [])],
      timestamp_ms: 1_700_000_000_123)
    XCTAssertEqual(taken.count, 1)
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    let consumer = try KafkaConsumer(properties: properties(), group: job)
    let handle = rd_kafka_topic_new(consumer.handle, topic, nil)
    XCTAssertEqual(rd_kafka_consume_start(handle, 0, 0), 0)
    let message = try XCTUnwrap(rd_kafka_consume(handle, 0, 10_000))
    var list: OpaquePointer?
    XCTAssertEqual(rd_kafka_message_headers(message, &list), RD_KAFKA_RESP_ERR_NO_ERROR)
    var bytes: UnsafeRawPointer?
    var size = 0
    XCTAssertEqual(rd_kafka_header_get_last(list, "millrace.cause", &bytes, &size), RD_KAFKA_RESP_ERR_NO_ERROR)
    XCTAssertEqual(String(decoding: UnsafeRawBufferPointer(start: bytes, count: size), as: UTF8.self), "bad")
    XCTAssertEqual(rd_kafka_header_get_last(list, "empty", &bytes, &size), RD_KAFKA_RESP_ERR_NO_ERROR)
    XCTAssertEqual(size, 0)
    XCTAssertEqual(rd_kafka_message_timestamp(message, nil), 1_700_000_000_123)
    rd_kafka_message_destroy(message)
    rd_kafka_consume_stop(handle, 0)
    rd_kafka_topic_destroy(handle)
  }

  func testARowThatCannotBeDeliveredFailsTheEpochOnly() throws {
    let topic = try topic()
    let sink = try sink(topic, ["topic.metadata.propagation.max.ms": "0"])
    try sink.fence()
    try sink.begin(epoch: 1)
    let missing = "\(job)-missing"
    let found = try failure {
      try put(sink, epoch: 1, missing, [(nil, "x")])
      for _ in 0..<20 {
        do { return try sink.flush(epoch: 1, timeout_ms: 1000) } catch let problem as KafkaFailure {
          guard problem.epochKind == .retriable else { throw problem }
        }
      }
    }
    XCTAssertEqual(found.epochKind, .fatal, "\(found)")
    XCTAssertTrue("\(found)".contains(missing), "\(found)")
    // A new attempt gets over it.
    let next = try self.sink(topic)
    try next.fence()
    try commit(next, epoch: 1, topic, ["fine"])
    XCTAssertEqual(try readAll(topic).map(\.value), ["fine"])
  }

  func testOtherIdsAreFencedWhenAsked() throws {
    let topic = try topic()
    let old = try TransactionalSink(
      job: "\(job)-old", properties: properties(), isTransactional: true, recordTopic: topic)
    try old.fence()
    try old.begin(epoch: 2)
    try put(old, epoch: 2, topic, [(nil, "lost")])
    try old.flush(epoch: 2, timeout_ms: 10_000)
    try sink(topic).fence(others: ["\(job)-old-0", "\(job)-old-1"])
    XCTAssertEqual(try failure { try old.commit(epoch: 2) }.epochKind, .fenced)
  }
}
