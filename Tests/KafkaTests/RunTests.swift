import Checkpointing
import Foundation
import XCTest

@testable import Kafka

/// Rows that go out partition by partition.
final class RunTests: BrokerTestCase {
  /// Hands rows `numbers` of `values` over until all are taken, 10 s at most; gives the refused ones' places.
  private func put(
    _ sink: TransactionalSink, _ topic: String, _ values: [String], _ numbers: [UInt32], partition: Int32 = 0,
    partitionCount: Int32 = 1
  ) throws -> [Int] {
    let spans = Spans(values)
    let rows = TransactionalSink.Rows(
      keys: nil, keyData: nil, values: spans.spans.start, valueData: spans.data.start, timestamps_ms: nil)
    let (buffer, deadline) = (ProduceBuffer(), Date().addingTimeInterval(10))
    var (done, refused) = (0, [Int]())
    try withExtendedLifetime(spans) {
      while done < numbers.count, Date() < deadline {
        let taken = try numbers[done...].withUnsafeBufferPointer {
          try sink.produce(
            epoch: 1, topic: topic, partition: partition, partitionCount: partitionCount, rows: rows, numbers: $0,
            buffer: buffer)
        }
        refused += taken.refusals.map { done + $0.index }
        done += taken.count
        if done < numbers.count { usleep(1000) }
      }
    }
    XCTAssertEqual(done, numbers.count)
    return refused
  }

  private func committed(_ sink: TransactionalSink, _ topic: String) throws -> [Row] {
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    try sink.sendOffsets(epoch: 1, offsets: [], record: CommitRecord(epoch: 1, digest: ""))
    try sink.commit(epoch: 1)
    return try readAll(topic)
  }

  private func begun(_ topic: String, _ more: [String: String] = [:]) throws -> TransactionalSink {
    let sink = try sink(topic, more)
    try sink.fence()
    try sink.begin(epoch: 1)
    return sink
  }

  func testAFullQueueTakesWhatFitsAndKeepsTheOrder() throws {
    let topic = try topic()
    let sink = try begun(topic, ["queue.buffering.max.messages": "700", "linger.ms": "5"])
    let values = (0..<5000).map { "\($0)" }
    let numbers = (0..<UInt32(5000)).map { ($0 * 7 + 3) % 5000 }
    XCTAssertEqual(try put(sink, topic, values, numbers), [])
    XCTAssertTrue(
      try committed(sink, topic).map(\.value) == numbers.map { values[Int($0)] }, "rows are missing or out of order")
  }

  func testOnlyAsManyWaitAsAreOfUse() throws {
    let topic = try topic()
    let sink = try sink(topic, isTransactional: false, ["batch.size": "10000", "linger.ms": "60000"])
    let spans = Spans(Array(repeating: String(repeating: "x", count: 100), count: 4096))
    let rows = TransactionalSink.Rows(
      keys: nil, keyData: nil, values: spans.spans.start, valueData: spans.data.start, timestamps_ms: nil)
    let numbers = Array(0..<UInt32(4096))
    let taken = try withExtendedLifetime(spans) {
      try numbers.withUnsafeBufferPointer {
        try sink.produce(
          epoch: 1, topic: topic, partition: 0, partitionCount: 1, rows: rows, numbers: $0, buffer: ProduceBuffer())
      }
    }
    // Two batches of 100 rows are of use; a look is taken before each 1024 rows.
    XCTAssertEqual(taken.count, 1024)
    XCTAssertTrue(taken.refusals.isEmpty)
  }

  func testRowsThatAreTooLargeStopNothing() throws {
    let topic = try topic()
    let sink = try begun(topic)
    let large = String(repeating: "x", count: 1_100_000)
    XCTAssertEqual(try put(sink, topic, ["a", large, "b", large], [0, 1, 2, 3, 0]), [1, 3])
    XCTAssertEqual(try committed(sink, topic).map(\.value), ["a", "b", "a"])
  }

  func testRowsGoToTheirPartition() throws {
    let topic = try topic(partitions: 3)
    let sink = try begun(topic)
    for partition in Int32(0)..<3 {
      XCTAssertEqual(
        try put(sink, topic, ["a", "b", "c"], [UInt32(partition)], partition: partition, partitionCount: 3), [])
    }
    let have = try committed(sink, topic).map { "\($0.value ?? "")@\($0.partition)" }.sorted()
    XCTAssertEqual(have, ["a@0", "b@1", "c@2"])
  }

  func testWithoutAConnectionRowsWait() throws {
    let sink = try TransactionalSink(
      job: job, properties: KafkaProperties(["bootstrap.servers": "127.0.0.1:1"]), isTransactional: false,
      recordTopic: "t")
    XCTAssertEqual(try put(sink, "t", ["a"], [0]), [])
    XCTAssertThrowsError(try sink.flush(epoch: 1, timeout_ms: 10))
    XCTAssertTrue(sink.placesByMurmur2)
  }
}
