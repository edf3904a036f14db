import CMillrace
import CRdKafka
import XCTest

@testable import Kafka

final class ReaderTests: BrokerTestCase {
  func testRowsComeBackAsTheyWere() throws {
    let topic = try topic(partitions: 3)
    let sink = try sink(topic, isTransactional: false)
    let rows: [(key: String?, value: String?)] =
      [("k", "v"), (nil, "no key"), ("tombstone", nil), ("", ""), (nil, nil)]
      + (0..<500).map { ("k\($0)", "value \($0)") }
    let times = rows.indices.map { 1_700_000_000_000_000 + Int64($0) * 1000 }
    try put(sink, epoch: 1, topic, rows, timestamps_us: times)
    try sink.flush(epoch: 1, timeout_ms: 10_000)

    let read = try readAll(topic).sorted { $0.timestamp_us < $1.timestamp_us }
    XCTAssertEqual(read.map(\.timestamp_us), times)
    XCTAssertEqual(read.map(\.key), rows.map(\.key))
    XCTAssertEqual(read.map(\.value), rows.map(\.value))
    XCTAssertEqual(Set(read.map(\.partition)), [0, 1, 2])
    for partition in 0..<3 {
      let offsets = read.filter { $0.partition == partition }.map(\.offset)
      XCTAssertEqual(offsets, (0..<offsets.count).map(Int64.init))
    }
  }

  func testKeysLandWhereJavasProducerPutsThem() throws {
    let topic = try topic(partitions: 6)
    let sink = try sink(topic, isTransactional: false)
    // murmur2 of Java's Utils, `toPositive(murmur2(key)) % 6`, worked out apart.
    let keys = ["a", "21", "foobar", "a-little-bit-long-string"]
    try put(sink, epoch: 1, topic, keys.map { ($0, "v") })
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    let found = Dictionary(uniqueKeysWithValues: try readAll(topic).map { ($0.key ?? "", $0.partition) })
    for key in keys { XCTAssertEqual(found[key], Int32(Self.murmur2(Array(key.utf8)) & 0x7fff_ffff) % 6, key) }
  }

  private static func murmur2(_ data: [UInt8]) -> UInt32 {
    var hash: UInt32 = 0x9747_b28c ^ UInt32(data.count)
    let whole = data.count / 4 * 4
    for start in stride(from: 0, to: whole, by: 4) {
      var word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[start + $1]) << UInt32(8 * $1) }
      word = word &* 0x5bd1_e995
      word ^= word >> 24
      hash = hash &* 0x5bd1_e995 ^ word &* 0x5bd1_e995
    }
    for index in (whole..<data.count).reversed() { hash ^= UInt32(data[index]) << UInt32(8 * (index - whole)) }
    if whole < data.count { hash = hash &* 0x5bd1_e995 }
    hash ^= hash >> 13
    hash = hash &* 0x5bd1_e995
    return hash ^ hash >> 15
  }

  /// What is not wanted yet comes again: the rest of the batch, of the poll, and what was fetched; also at the end.
  func testAPartitionThatIsPausedInTheMiddleGoesOnThere() throws {
    let topic = try topic()
    let sink = try sink(topic, isTransactional: false)
    let count: Int64 = 2000
    try put(sink, epoch: 1, topic, (0..<count).map { (nil, "value \($0) " + String(repeating: "x", count: 2000)) })
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    let consumer = try KafkaConsumer(properties: properties(), group: job)
    let place = TopicPartition(topic: topic, partition: 0)
    let reader = try KafkaReader(consumer: consumer, assignments: [.init(place: place, offset: 0, end: count)])
    var (seen, pauses, isOver): ([Int64], Int, Bool) = ([], 0, false)
    while !isOver {
      var isPaused = false
      _ = try reader.poll(
        timeout_ms: 100,
        onBatch: { index, raw in
          XCTAssertFalse(isPaused, "a batch comes after the pause")
          let offsets = (0..<Int(raw.pointee.length)).map { raw.pointee.offsets[$0] }
          // Every second batch is taken to its middle only, the very last one too.
          isPaused = pauses % 2 == 0 || (offsets.last == count - 1 && offsets.count > 1)
          seen += isPaused ? offsets.prefix(offsets.count / 2) : offsets[...]
          if isPaused { reader.pause(index, from: offsets[offsets.count / 2]) }
          pauses += 1
        }, onEnd: { _ in isOver = true })
      if isPaused {
        XCTAssertFalse(isOver, "it ends although rows are missing")
        XCTAssertEqual(reader.position(0), (seen.last ?? -1) + 1)
        try reader.resume(0)
      }
    }
    XCTAssertEqual(seen, Array(0..<count))
    XCTAssertGreaterThan(pauses, 4)
  }

  func testBatchesOutliveTheirReader() throws {
    let topic = try topic()
    let sink = try sink(topic, isTransactional: false)
    try put(sink, epoch: 1, topic, (0..<100).map { ("\($0)", "value \($0)") })
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    var kept: [UnsafePointer<mill_raw_batch>] = []
    do {
      let consumer = try KafkaConsumer(properties: properties(), group: job)
      let reader = try KafkaReader(
        consumer: consumer, assignments: [.init(place: .init(topic: topic, partition: 0), offset: 0, end: 100)])
      var isOver = false
      while !isOver {
        _ = try reader.poll(
          maxRows: 7, timeout_ms: 0,
          onBatch: { _, raw in
            XCTAssertLessThanOrEqual(raw.pointee.length, 7)
            raw.pointee.retain(raw)
            kept.append(raw)
          }, onEnd: { _ in isOver = true })
      }
    }
    let box = Kept(batches: kept)
    let done = expectation(description: "released elsewhere")
    Thread.detachNewThread {
      let values = box.batches.flatMap { Self.rows($0).map { $0.value ?? "" } }
      XCTAssertEqual(values, (0..<100).map { "value \($0)" })
      for batch in box.batches {
        XCTAssertEqual(String(cString: batch.pointee.topic), topic)
        XCTAssertTrue((0..<64).allSatisfy { batch.pointee.data[Int(batch.pointee.data_size) + $0] == 0 })
        batch.pointee.release(batch)
      }
      done.fulfill()
    }
    wait(for: [done], timeout: 10)
  }

  private struct Kept: @unchecked Sendable { var batches: [UnsafePointer<mill_raw_batch>] }

  func testAnOffsetThatIsGoneIsAnErrorWithARemedy() throws {
    let topic = try topic()
    let consumer = try KafkaConsumer(properties: properties(), group: job)
    let reader = try KafkaReader(
      consumer: consumer, assignments: [.init(place: .init(topic: topic, partition: 0), offset: 1000, end: 2000)])
    let found = try failure { try Self.readToEnd(reader) }
    XCTAssertEqual(found.name, "OFFSET_OUT_OF_RANGE")
    XCTAssertTrue("\(found)".contains("\(topic)-0 from offset 1000"), "\(found)")
    XCTAssertTrue("\(found)".contains("retention"), "\(found)")
  }

  func testAMissingTopicIsNamed() throws {
    let consumer = try KafkaConsumer(properties: properties(), group: job)
    let found = try failure { try consumer.partitions(of: ["\(job)-missing"]) }
    XCTAssertEqual(found.epochKind, .fatal)
    XCTAssertTrue("\(found)".contains("topic \"\(job)-missing\""), "\(found)")
    XCTAssertTrue("\(found)".contains("Create the topic"), "\(found)")
  }

  func testTopicsAreListed() throws {
    let topics = [try topic("b"), try topic("a")]
    let consumer = try KafkaConsumer(properties: properties(), group: job)
    XCTAssertEqual(try consumer.topicNames().filter(topics.contains), topics.reversed())
  }

  func testAPartitionMayComeLater() throws {
    let topic = try topic(partitions: 2)
    let sink = try sink(topic, isTransactional: false)
    try put(sink, epoch: 1, topic, (0..<50).map { ("\($0)", "\($0)") })
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    let consumer = try KafkaConsumer(properties: properties(), group: job)
    let places = try consumer.presentPartitions(of: ["\(job)-missing", topic])
    XCTAssertEqual(places, try consumer.partitions(of: [topic]), "a topic that is missing is no error here")
    let ends = try consumer.ends(of: places)
    let reader = try KafkaReader(consumer: consumer, assignments: [])
    XCTAssertFalse(try reader.poll(timeout_ms: 0, onBatch: { _, _ in }, onEnd: { _ in }))
    for (place, end) in zip(places, ends) { try reader.add(.init(place: place, offset: 0, end: end)) }
    XCTAssertEqual(reader.count, 2)
    XCTAssertEqual(Set(try Self.readToEnd(reader).map(\.value)), Set((0..<50).map { "\($0)" }))
    XCTAssertEqual((0..<2).map(reader.position), ends)
  }

  func testPausedPartitionsLoseAndRepeatNothing() throws {
    let topic = try topic(partitions: 3)
    let sink = try sink(topic, isTransactional: false)
    try put(sink, epoch: 1, topic, (0..<3000).map { ("\($0)", "\($0)") })
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    let consumer = try KafkaConsumer(properties: properties(), group: job)
    let places = try consumer.partitions(of: [topic])
    let ends = try consumer.ends(of: places)
    let reader = try KafkaReader(
      consumer: consumer, assignments: zip(places, ends).map { .init(place: $0, offset: 0, end: $1) })
    var offsets: [[Int64]] = [[], [], []]
    var ended: Set<Int> = []
    var paused = 0
    reader.pause(paused)
    let deadline = Date().addingTimeInterval(60)
    for turn in 1... where ended.count < 3 {
      guard Date() < deadline else { return XCTFail("ended: \(ended), read \(offsets.map(\.count))") }
      if turn % 5 == 0 {
        try reader.resume(paused)
        try reader.resume(paused)  // it goes on already
        paused = (paused + 1) % 3
        reader.pause(paused)
        reader.pause(paused)  // it is paused already
      }
      _ = try reader.poll(
        maxRows: 50, timeout_ms: 10,
        onBatch: { index, raw in
          XCTAssertNotEqual(index, paused, "a paused partition is read")
          offsets[index] += Self.rows(raw).map(\.offset)
        }, onEnd: { XCTAssertTrue(ended.insert($0).inserted, "ended twice") })
      if ended.count == 3 { break }
    }
    for (index, end) in ends.enumerated() {
      XCTAssertEqual(offsets[index], Array(0..<end), "partition \(index)")
      XCTAssertEqual(reader.position(index), end)
    }
  }

  func testAPartitionHasOneReaderPerConsumer() throws {
    let topic = try topic()
    let consumer = try KafkaConsumer(properties: properties(), group: job)
    let assignment = KafkaReader.Assignment(place: .init(topic: topic, partition: 0), offset: 0, end: nil)
    var first: KafkaReader? = try KafkaReader(consumer: consumer, assignments: [assignment])
    XCTAssertEqual(try failure { try KafkaReader(consumer: consumer, assignments: [assignment]) }.name, "CONFLICT")
    XCTAssertNotNil(first)
    first = nil
    _ = try KafkaReader(consumer: consumer, assignments: [assignment])
  }

  func testStartOffsets() throws {
    let topic = try topic(partitions: 2)
    let sink = try sink(topic, isTransactional: false)
    try put(sink, epoch: 1, topic, (0..<50).map { ("\($0)", "v") })
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    let consumer = try KafkaConsumer(properties: properties(), group: job)
    let places = try consumer.partitions(of: [topic])
    let highs = try places.map { try consumer.watermarks($0).high }
    XCTAssertEqual(highs.reduce(0, +), 50)
    XCTAssertEqual(try consumer.startOffsets(places, from: .earliest), [0, 0])
    XCTAssertEqual(try consumer.startOffsets(places, from: .latest), highs)
    XCTAssertEqual(try consumer.startOffsets(places, from: .committed(orElse: .latest)), highs)

    let monitor = try OffsetMonitor(properties: properties(), group: job)
    monitor.commit([.init(topic: topic, partition: 1, offset: 3)])
    monitor.close()
    XCTAssertEqual(try consumer.startOffsets(places, from: .committed(orElse: .earliest)), [0, 3])
    XCTAssertEqual(try consumer.startOffsets(places, from: .committed(orElse: .latest)), [highs[0], 3])
  }

  func testOffsetsByTimestampAndOfOtherGroups() throws {
    let topic = try topic(partitions: 2)
    let sink = try sink(topic)
    try sink.fence()
    try sink.begin(epoch: 1)
    let place = TopicPartition(topic: topic, partition: 0)
    let empty = TopicPartition(topic: topic, partition: 1)
    // One key, so one partition; all three are of an open transaction.
    let times = [1000, 2000, 3000].map { 1_700_000_000_000_000 + Int64($0) * 1000 }
    try put(sink, epoch: 1, topic, (0..<3).map { ("21", "\($0)") }, timestamps_us: times)
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    let consumer = try KafkaConsumer(properties: properties(), group: job)
    let ends = try consumer.ends(of: [place, empty])
    XCTAssertEqual(ends.sorted(), [0, 3])
    let full = ends[0] == 3 ? place : empty
    let other = ends[0] == 3 ? empty : place
    XCTAssertEqual(try consumer.offsets(of: [full, other], since: 1_700_000_002_000), [1, nil])
    XCTAssertEqual(try consumer.offsets(of: [full, other], since: 1_700_000_009_000), [nil, nil])
    XCTAssertEqual(try consumer.startOffsets([full, other], from: .timestamp(ms: 1_700_000_009_000)), [3, 0])
    XCTAssertEqual(try consumer.stopOffsets([full, other], at: .timestamp(ms: 1_700_000_001_500)), [1, 0])

    let monitor = try OffsetMonitor(properties: properties(), group: "\(job)-other")
    monitor.commit([.init(topic: topic, partition: full.partition, offset: 2)])
    monitor.close()
    XCTAssertEqual(try consumer.committedOffsets(of: [full, other], group: "\(job)-other"), [2, nil])
  }

  func testABrokerThatHangsIsWaitedFor() throws {
    let topic = try topic()
    let sink = try sink(topic, isTransactional: false)
    try put(sink, epoch: 1, topic, [(nil, "before")])
    try sink.flush(epoch: 1, timeout_ms: 10_000)
    try broker.pause()
    defer { try? broker.resume() }
    try put(sink, epoch: 1, topic, [(nil, "while away")])
    let found = try failure { try sink.flush(epoch: 1, timeout_ms: 300) }
    try broker.resume()
    XCTAssertEqual(found.epochKind, .retriable)
    XCTAssertTrue("\(found)".contains("1 rows still wait"), "\(found)")
    try sink.flush(epoch: 1, timeout_ms: 20_000)
    XCTAssertEqual(try readAll(topic).map(\.value), ["before", "while away"])
  }
}
