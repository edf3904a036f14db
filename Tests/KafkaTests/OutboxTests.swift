import CMillrace
import Checkpointing
import Foundation
import XCTest

@testable import Kafka

/// Outbox files: what is written is read, and nothing else is.
final class OutboxTests: XCTestCase {
  private var directory = ""

  override func setUpWithError() throws {
    directory = NSTemporaryDirectory() + "millrace-outbox-" + UUID().uuidString
  }
  override func tearDown() { try? FileManager.default.removeItem(atPath: directory) }

  private func path(_ epoch: UInt64) throws -> String {
    try CheckpointStore(location: "file://\(directory)", job: "a").outboxPath("outbox-1", epoch: epoch)
  }

  private func sink(_ properties: [String: String] = [:], full: Flag? = nil) throws -> OutboxSink {
    let known = try KafkaProperties(["bootstrap.servers": "127.0.0.1:1"].merging(properties) { $1 })
    let store = try CheckpointStore(location: "file://\(directory)", job: "a")
    return OutboxSink(
      topics: TopicDirectory(producers: [], properties: known), properties: known, onFull: { _ in full?.failures += 1 }
    ) { epoch in
      if full?.isSet == true { throw CheckpointError(path: "x", reason: "full", isRetriable: true) }
      return try store.createOutbox("outbox-1", epoch: epoch)
    }
  }

  private final class Flag: @unchecked Sendable {
    var isSet = true
    var failures = 0
  }

  private struct Line: Equatable {
    var topic: String
    var partition: Int32 = -1
    var key: String?
    var value: String?
    var headers: [String] = []
    var time_ms: Int64 = 0
  }

  private func read(_ path: String) throws -> [Line] {
    let reader = try OutboxReader(path)
    var lines: [Line] = []
    func text(_ bytes: UnsafeRawBufferPointer?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
    var isRefused = true
    while try reader.next({ row in
      // Each row comes again until it is taken.
      isRefused.toggle()
      guard isRefused else { return false }
      lines.append(
        Line(
          topic: row.topic, partition: row.partition, key: text(row.key), value: text(row.value),
          headers: row.headers.map { "\($0.name)=\($0.value.map { String(decoding: $0, as: UTF8.self) } ?? "-")" },
          time_ms: row.timestamp_ms))
      return true
    }) {}
    return lines
  }

  private func put(
    _ sink: OutboxSink, _ epoch: UInt64, _ topic: String, _ rows: [(key: String?, value: String?)], from first: Int = 0
  ) throws -> TransactionalSink.Taken {
    let (keys, values) = (Spans(rows.map(\.key)), Spans(rows.map(\.value)))
    let times = Copy(rows.indices.map { Int64($0 + 1) })
    let partitions = Copy(rows.indices.map { Int32($0 % 3) - 1 })
    return try sink.produce(
      epoch: epoch, topic: topic,
      rows: .init(
        keys: keys.spans.start, keyData: keys.data.start, values: values.spans.start, valueData: values.data.start,
        timestamps_ms: times.start, partitions: partitions.start),
      range: first..<rows.count)
  }

  func testRowsComeBackAsTheyWere() throws {
    let sink = try sink()
    let long = String(repeating: "x", count: 300_000)
    let rows: [(key: String?, value: String?)] = [("k", "v"), (nil, ""), ("", nil), ("long", long)]
    XCTAssertEqual(try put(sink, 7, "a", rows).count, 4)
    XCTAssertEqual(try put(sink, 8, "of-the-next-epoch", [("k", "v")]).count, 1)
    XCTAssertEqual(try put(sink, 7, "b", rows, from: 3).count, 1)
    let before_ms = Int64(Date().timeIntervalSince1970 * 1000) - 1
    let headers: [(name: String, value: [UInt8]?)] = [("h", [65]), ("none", nil), ("h", [])]
    XCTAssertEqual(
      try sink.produce(
        epoch: 7, topic: "b", partition: -1, key: nil, value: [66], headers: headers, timestamp_ms: nil
      ).count, 1)
    let content = try XCTUnwrap(try sink.finish(epoch: 7))
    XCTAssertEqual(try sink.finish(epoch: 7), content, "again")
    XCTAssertNil(try sink.finish(epoch: 9))
    XCTAssertEqual(content.rowCount, 6)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path(7)))
    XCTAssertEqual(content.size, Int64(bytes.count))
    XCTAssertEqual(content.sha256, SHA256.hex(Array(bytes)))
    var lines = try read(path(7))
    XCTAssertGreaterThanOrEqual(lines[5].time_ms, before_ms, "the time of writing")
    lines[5].time_ms = 0
    let inA = Line(topic: "a", partition: -1, key: "long", value: long, time_ms: 4)
    var inB = inA
    inB.topic = "b"
    XCTAssertEqual(
      lines,
      [
        Line(topic: "a", key: "k", value: "v", time_ms: 1), Line(topic: "a", partition: 0, value: "", time_ms: 2),
        Line(topic: "a", partition: 1, key: "", time_ms: 3), inA, inB,
        Line(topic: "b", value: "B", headers: ["h=A", "none=-", "h="]),
      ])
    try OutboxReader(path(7)).verify(rowCount: 6)
    XCTAssertThrowsError(try OutboxReader(path(7)).verify(rowCount: 7))
  }

  func testRowsThatTheProducerWouldRefuseAreRefused() throws {
    let sink = try sink(["message.max.bytes": "2000"])
    let taken = try put(sink, 1, "a", [("k", "v"), ("k", String(repeating: "x", count: 2000)), ("k", "w")])
    XCTAssertEqual(taken.count, 1)
    XCTAssertEqual(taken.refusal?.isTooLarge, true)
    XCTAssertEqual(try put(sink, 1, "a", [("k", "v"), ("k", ""), ("k", "w")], from: 2).count, 1)
    XCTAssertEqual(try sink.finish(epoch: 1)?.rowCount, 2)
    XCTAssertEqual(try read(path(1)).map(\.value), ["v", "w"])
  }

  func testAFullDiskPausesTheSinks() throws {
    let full = Flag()
    let sink = try sink(full: full)
    XCTAssertEqual(try put(sink, 1, "a", [("k", "v")]).count, 0)
    XCTAssertNil(try put(sink, 1, "a", [("k", "v")]).refusal)
    XCTAssertEqual(full.failures, 2)
    full.isSet = false
    XCTAssertEqual(try put(sink, 1, "a", [("k", "v")]).count, 1)
    XCTAssertEqual(try sink.finish(epoch: 1)?.rowCount, 1)
  }

  func testWhileAnEpochWaitsTheNextTakesOnlySoMuch() throws {
    let sink = try sink(["message.max.bytes": "100000000"])
    XCTAssertEqual(try put(sink, 1, "a", [("k", "v")]).count, 1)
    _ = try sink.finish(epoch: 1)
    let large = [(key: "k" as String?, value: String(repeating: "x", count: 64 << 20) as String?)]
    var taken = 0
    while try put(sink, 2, "a", large).count == 1 { taken += 1 }
    XCTAssertEqual(taken, 4, "256 MiB")
    XCTAssertGreaterThan(sink.waiting_bytes, OutboxSink.waitingLimit_bytes)
    sink.sent(epoch: 1)
    XCTAssertEqual(try put(sink, 2, "a", large).count, 1)
  }

  func testDamagedFilesAreRefusedAndNeverTrap() throws {
    var seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    func random(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % bound
    }
    let sink = try sink()
    _ = try put(sink, 1, "a", [("key", "value"), (nil, nil), ("k", "v")])
    _ = try sink.produce(
      epoch: 1, topic: "b", partition: 2, key: nil, value: [66], headers: [("h", [65]), ("i", nil)], timestamp_ms: 5)
    _ = try sink.finish(epoch: 1)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path(1)))
    let url = URL(fileURLWithPath: directory + "/damaged")
    var refused = 0
    for round in 0..<4000 {
      var bytes = whole
      if round % 4 == 0 {
        bytes = bytes.prefix(random(bytes.count))
      } else {
        for _ in 0...random(3) { bytes[random(bytes.count)] = UInt8(random(256)) }
      }
      try bytes.write(to: url)
      do { try OutboxReader(url.path).verify(rowCount: 4) } catch {
        XCTAssert(error is CheckpointError, "\(error)")
        refused += 1
      }
    }
    XCTAssertGreaterThan(refused, 2000)
  }

  func testIDsOfOtherClustersAreNoOtherJobs() {
    XCTAssertEqual(OutboxCourier.transactionalID("fraud", "far"), "fraud-@far")
  }
}
