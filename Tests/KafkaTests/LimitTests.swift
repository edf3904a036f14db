import Checkpointing
import Foundation
import XCTest

@testable import Kafka

/// What a topic's configs let rows be, without a broker.
final class TopicLimitsTests: XCTestCase {
  func testConfigs() {
    let new = TopicLimits(configs: [
      "max.message.bytes": "1000", "message.timestamp.before.max.ms": "9223372036854775807",
      "message.timestamp.after.max.ms": "3600000", "message.timestamp.type": "CreateTime",
    ])
    XCTAssertEqual(new.batch_bytes, 1000)
    XCTAssertNil(new.before_ms)
    XCTAssertEqual(new.after_ms, 3_600_000)
    let old = TopicLimits(configs: ["message.timestamp.difference.max.ms": "5000"])
    XCTAssertEqual([old.before_ms, old.after_ms], [5000, 5000])
    let stamped = TopicLimits(configs: [
      "message.timestamp.before.max.ms": "5", "message.timestamp.type": "LogAppendTime",
    ])
    XCTAssertTrue(stamped.isEmpty)
    XCTAssertTrue(TopicLimits(configs: ["max.message.bytes": "many", "other": "1"]).isEmpty)
  }

  func testSize() {
    var limits = TopicLimits()
    limits.batch_bytes = 100
    XCTAssertNil(limits.refusal(record_bytes: 39, timestamp_ms: nil, now_ms: 0))
    XCTAssertEqual(
      limits.refusal(record_bytes: 40, timestamp_ms: nil, now_ms: 0),
      "it takes 101 bytes uncompressed, and the topic's max.message.bytes is 100")
  }

  func testTimestampsKeepAMinuteFromTheirLimits() {
    var limits = TopicLimits()
    limits.before_ms = 3_600_000
    limits.after_ms = 10_000
    func isRefused(_ timestamp_ms: Int64?) -> Bool {
      limits.refusal(record_bytes: 1 << 30, timestamp_ms: timestamp_ms, now_ms: 10_000_000) != nil
    }
    XCTAssertFalse(isRefused(nil))
    XCTAssertFalse(isRefused(10_000_000 - 3_540_000))
    XCTAssertTrue(isRefused(10_000_000 - 3_540_001))
    XCTAssertFalse(isRefused(10_000_000 + 9_000), "of a short limit a tenth")
    XCTAssertTrue(isRefused(10_000_000 + 9_001))
  }
}

/// The same against what a broker does.
final class LimitTests: BrokerTestCase {
  private func make(_ topic: String, _ configs: [String: String]) throws {
    try sink(topic, isTransactional: false).require([(topic, TopicCreation(configs: configs))], isWanted: { true })
  }

  /// What the broker says to a row; nil if it takes it.
  private func verdict(_ topic: String, key: String?, value: String, timestamp_us: Int64? = nil) throws -> String? {
    let sink = try sink(topic, isTransactional: false, ["compression.codec": "none"])
    try put(sink, epoch: 1, topic, [(key, value)], timestamps_us: timestamp_us.map { [$0] })
    do { try sink.flush(epoch: 1, timeout_ms: 10_000) } catch let failure as KafkaFailure { return failure.name }
    return nil
  }

  func testTheDirectoryFindsLimits() throws {
    let topic = "\(job)-limited"
    try make(topic, ["max.message.bytes": "5000", "message.timestamp.before.max.ms": "7200000"])
    let sink = try sink(topic)
    let deadline = Date().addingTimeInterval(10)
    var found: TopicLimits?
    while found == nil, Date() < deadline {
      if case .known(let facts) = sink.topics.look(up: topic, TopicNeeds(limits: true)) { found = facts.limits }
      usleep(1000)
    }
    XCTAssertEqual(found?.batch_bytes, 5000)
    XCTAssertEqual(found?.before_ms, 7_200_000)
  }

  func testSizesAreCountedAsTheBrokerDoes() throws {
    let topic = "\(job)-small"
    try make(topic, ["max.message.bytes": "2000"])
    var limits = TopicLimits()
    limits.batch_bytes = 2000
    for key in [nil, "key"] {
      // The largest value that should do.
      let size = (1800...2000).last {
        let bytes = TopicLimits.recordSize(key: key?.utf8.count, value: $0, headers: [])
        return limits.refusal(record_bytes: bytes, timestamp_ms: nil, now_ms: 0) == nil
      }
      let most = try XCTUnwrap(size)
      XCTAssertNil(try verdict(topic, key: key, value: String(repeating: "x", count: most)))
      XCTAssertEqual(try verdict(topic, key: key, value: String(repeating: "x", count: most + 1)), "MSG_SIZE_TOO_LARGE")
    }
  }

  func testTimestampsBeyondTheTopicsLimitsAreRefused() throws {
    let topic = "\(job)-timed"
    try make(topic, ["message.timestamp.before.max.ms": "3600000", "message.timestamp.after.max.ms": "3600000"])
    let now_us = Int64(Date().timeIntervalSince1970 * 1_000_000)
    for (seconds, isTaken) in [(-3500, true), (-3700, false), (3500, true), (3700, false)] as [(Int64, Bool)] {
      XCTAssertEqual(
        try verdict(topic, key: nil, value: "v", timestamp_us: now_us + seconds * 1_000_000),
        isTaken ? nil : "INVALID_TIMESTAMP", "\(seconds) s")
    }
  }

  func testARowThatIsTooLargeForTheClientStopsNothing() throws {
    let topic = try topic()
    let sink = try sink(topic)
    try sink.fence()
    try sink.begin(epoch: 1)
    let values = Spans(["before", String(repeating: "x", count: 1_100_000), "after"])
    let rows = TransactionalSink.Rows(
      keys: nil, keyData: nil, values: values.spans.start, valueData: values.data.start, timestamps_ms: nil)
    try withExtendedLifetime(values) {
      let taken = try sink.produce(epoch: 1, topic: topic, rows: rows, range: 0..<3)
      XCTAssertEqual(taken.count, 1)
      XCTAssertEqual(taken.refusal?.isTooLarge, true, "\(String(describing: taken.refusal))")
      XCTAssertEqual(try sink.produce(epoch: 1, topic: topic, rows: rows, range: 2..<3).count, 1)
    }
    let large = try sink.produce(
      epoch: 1, topic: topic, key: nil, value: Array(repeating: 0, count: 1_100_000), headers: [("a", [1])],
      timestamp_ms: nil)
    XCTAssertEqual(large.count, 0)
    XCTAssertEqual(large.refusal?.isTooLarge, true)
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    try sink.sendOffsets(epoch: 1, offsets: [], record: CommitRecord(epoch: 1, digest: ""))
    try sink.commit(epoch: 1)
    XCTAssertEqual(try readAll(topic).map(\.value), ["before", "after"])
  }
}
