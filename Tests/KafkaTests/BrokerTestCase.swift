import CMillrace
import Checkpointing
import XCTest

@testable import Kafka

/// A message as read.
struct Row: Equatable {
  var partition: Int32
  var offset: Int64
  var key: String?
  var value: String?
  var timestamp_us: Int64
}

/// An array's elements at an address that stays.
final class Copy<Element> {
  let start: UnsafeMutablePointer<Element>

  init(_ elements: [Element]) {
    start = .allocate(capacity: max(1, elements.count))
    _ = UnsafeMutableBufferPointer(start: start, count: elements.count).initialize(from: elements)
  }

  deinit { start.deallocate() }
}

/// Texts as a serde encodes them.
struct Spans {
  let spans: Copy<mill_span>
  let data: Copy<UInt8>

  init(_ texts: [String?]) {
    var bytes: [UInt8] = []
    spans = Copy(
      texts.map { text -> mill_span in
        guard let text else { return mill_span(offset: 0, length: -1) }
        defer { bytes += Array(text.utf8) }
        return mill_span(offset: Int32(bytes.count), length: Int32(text.utf8.count))
      })
    data = Copy(bytes)
  }
}

/// Tests against a real broker; skipped if there is none. Every test has a job and topics of its own.
class BrokerTestCase: XCTestCase {
  private(set) var broker: Broker!
  let job = "job-\(UUID().uuidString.prefix(8))"

  override func setUpWithError() throws { broker = try Broker.shared.get() }

  func properties(_ more: [String: String] = [:]) throws -> KafkaProperties {
    try KafkaProperties(["bootstrap.servers": broker.servers].merging(more) { $1 })
  }

  /// A topic that is there and empty.
  func topic(_ name: String = "rows", partitions: Int32 = 1) throws -> String {
    let topic = "\(job)-\(name)"
    try broker.create(topic, partitions: partitions)
    return topic
  }

  func sink(
    _ topic: String, isTransactional: Bool = true, timeout_ms: Int? = nil, _ more: [String: String] = [:]
  ) throws -> TransactionalSink {
    try TransactionalSink(
      job: job, properties: properties(more), isTransactional: isTransactional, recordTopic: topic,
      transactionTimeout_ms: timeout_ms)
  }

  /// Hands rows over; the queue must have room for all unless `waiting`.
  func put(
    _ sink: TransactionalSink, epoch: UInt64, _ topic: String, _ rows: [(key: String?, value: String?)],
    timestamps_us: [Int64]? = nil, waiting: Bool = false
  ) throws {
    let keys = Spans(rows.map(\.key))
    let values = Spans(rows.map(\.value))
    let times = timestamps_us.map { Copy($0) }
    defer { withExtendedLifetime((keys, values, times)) {} }
    let encoded = TransactionalSink.Rows(
      keys: keys.spans.start, keyData: keys.data.start, values: values.spans.start, valueData: values.data.start,
      timestamps_ms: nil, timestamps_us: times.map { UnsafePointer($0.start) })
    var first = 0
    repeat {
      let taken = try sink.produce(epoch: epoch, topic: topic, rows: encoded, range: first..<rows.count)
      if let refusal = taken.refusal { throw refusal }
      first += taken.count
      if !waiting { XCTAssertEqual(first, rows.count, "the queue is full") }
      if taken.count == 0 { usleep(1000) }
    } while waiting && first < rows.count
  }

  /// Runs an epoch from begin to commit.
  func commit(_ sink: TransactionalSink, epoch: UInt64, _ topic: String, _ values: [String]) throws {
    try sink.begin(epoch: epoch)
    try put(sink, epoch: epoch, topic, values.map { (nil, $0) })
    try sink.flush(epoch: epoch, timeout_ms: 10_000)
    try sink.sendOffsets(epoch: epoch, offsets: [], record: CommitRecord(epoch: epoch, digest: "digest-\(epoch)"))
    try sink.commit(epoch: epoch)
  }

  /// All rows of a topic up to where its partitions end now, or with `onlyStable` up to the first open transaction.
  func readAll(_ topic: String, onlyStable: Bool = false, _ more: [String: String] = [:]) throws -> [Row] {
    let consumer = try KafkaConsumer(properties: properties(more), group: "\(job)-reader")
    let places = try consumer.partitions(of: [topic])
    let ends = onlyStable ? try places.map { try consumer.watermarks($0).high } : try consumer.ends(of: places)
    let reader = try KafkaReader(
      consumer: consumer, assignments: zip(places, ends).map { .init(place: $0, offset: 0, end: $1) })
    return try Self.readToEnd(reader)
  }

  /// Reads until every assignment has ended; fails after 20 s.
  static func readToEnd(_ reader: KafkaReader) throws -> [Row] {
    var rows: [Row] = []
    var ended: Set<Int> = []
    let deadline = Date().addingTimeInterval(20)
    while ended.count < reader.count {
      guard Date() < deadline else {
        XCTFail("\(ended.count) of \(reader.count) partitions ended, \(rows.count) rows")
        return rows
      }
      let came = try reader.poll(
        timeout_ms: 0,
        onBatch: { index, raw in
          XCTAssertFalse(ended.contains(index), "rows after the end")
          rows += Self.rows(raw)
        }, onEnd: { XCTAssertTrue(ended.insert($0).inserted, "ended twice") })
      if !came { usleep(1000) }
    }
    return rows
  }

  static func rows(_ raw: UnsafePointer<mill_raw_batch>) -> [Row] {
    (0..<Int(raw.pointee.length)).map { row in
      Row(
        partition: raw.pointee.partition, offset: raw.pointee.offsets[row], key: text(raw, raw.pointee.keys[row]),
        value: text(raw, raw.pointee.values[row]), timestamp_us: raw.pointee.timestamps_us[row])
    }
  }

  private static func text(_ raw: UnsafePointer<mill_raw_batch>, _ span: mill_span) -> String? {
    guard span.length >= 0 else { return nil }
    XCTAssertLessThanOrEqual(Int64(span.offset) + Int64(span.length), raw.pointee.data_size)
    return String(
      decoding: UnsafeBufferPointer(start: raw.pointee.data + Int(span.offset), count: Int(span.length)), as: UTF8.self)
  }

  /// What `body` throws. Throws itself, which fails the test, if that is nothing or no `KafkaFailure`.
  @discardableResult
  func failure<T>(_ body: () throws -> T, line: UInt = #line) throws -> KafkaFailure {
    do { _ = try body() } catch let failure as KafkaFailure { return failure }
    throw NothingThrown(line: line)
  }

  private struct NothingThrown: Error, CustomStringConvertible {
    let line: UInt
    var description: String { "nothing was thrown, line \(line)" }
  }
}
