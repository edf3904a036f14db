import CMillrace
import CRdKafka

/// The messages of some topics, once through, with all their headers: for tools, not for jobs. One thread at a time.
package final class TopicScan {
  /// A message; its bytes are copies.
  package struct Message: Sendable {
    package var place: PartitionOffset
    /// Milliseconds since 1970; nil: none.
    package var timestamp_ms: Int64?
    package var key: [UInt8]?
    package var value: [UInt8]?
    package var headers: [HeaderList.Header]

    package init(
      place: PartitionOffset, timestamp_ms: Int64?, key: [UInt8]?, value: [UInt8]?, headers: [HeaderList.Header]
    ) {
      self.place = place
      self.timestamp_ms = timestamp_ms
      self.key = key
      self.value = value
      self.headers = headers
    }
  }

  /// How long nothing may come before the scan gives up, in milliseconds: as long as brokers let transactions stay open.
  private static let silence_ms: Int64 = 15 * 60_000
  private static let pollTimeout_ms: Int32 = 50

  private let consumer: KafkaConsumer
  private let ranges: [(place: TopicPartition, offsets: Range<Int64>)]

  /// All that `topics` have now. Settles the ends: transactions that are open now are waited for by `forEach`. Throws
  /// `KafkaFailure`, also if a topic is not there.
  package init(properties: KafkaProperties, group: String, topics: [String]) throws {
    consumer = try KafkaConsumer(properties: properties, group: group)
    let places = try consumer.partitions(of: topics)
    let (first, ends) = (try consumer.beginnings(of: places), try consumer.ends(of: places))
    ranges = places.indices.map { (places[$0], first[$0]..<max(first[$0], ends[$0])) }
  }

  /// The one message at `place`, if it is there. Throws `KafkaFailure`.
  package init(properties: KafkaProperties, group: String, place: PartitionOffset) throws {
    consumer = try KafkaConsumer(properties: properties, group: group)
    let partition = TopicPartition(topic: place.topic, partition: place.partition)
    let isKnown = try consumer.partitions(of: [place.topic]).contains(partition)
    let (low, high) = isKnown ? try consumer.watermarks(partition) : (0, 0)
    let isThere = low..<high ~= place.offset
    ranges = isThere ? [(partition, place.offset..<place.offset + 1)] : []
  }

  /// How many partitions a topic has; nil if it is not there. Throws `KafkaFailure`.
  package func partitionCount(_ topic: String) throws -> Int? {
    do { return try consumer.partitions(of: [topic]).count } catch let failure as KafkaFailure {
      guard failure.isUnknownTopic else { throw failure }
      return nil
    }
  }

  /// Hands over the messages, in order within each partition, until `body` gives false. Throws what `body` throws, and
  /// `KafkaFailure` if a partition can't be read.
  package func forEach(_ body: (Message) throws -> Bool) throws {
    let reader = try KafkaReader(
      consumer: consumer,
      assignments: ranges.map { .init(place: $0.place, offset: $0.offsets.lowerBound, end: $0.offsets.upperBound) },
      headers: [.others(than: [])], onOutOfRange: .earliest)
    var (running, isWanted) = (ranges.count, true)
    var deadline_ms = Patience.now_ms() + Self.silence_ms
    while running > 0 && isWanted {
      let came = try reader.poll(
        timeout_ms: Self.pollTimeout_ms,
        onBatch: { index, batch in
          if isWanted { isWanted = try hand(batch, ranges[index].place, reader.headers, to: body) }
        },
        onEnd: { _ in running -= 1 })
      if came { deadline_ms = Patience.now_ms() + Self.silence_ms }
      guard Patience.now_ms() < deadline_ms else {
        throw KafkaFailure("reading \(ranges[0].place.topic)", code: RD_KAFKA_RESP_ERR__TIMED_OUT)
      }
    }
  }

  private func hand(
    _ batch: UnsafePointer<mill_raw_batch>, _ place: TopicPartition, _ headers: [HeaderValues],
    to body: (Message) throws -> Bool
  ) throws -> Bool {
    let raw = batch.pointee
    for row in 0..<Int(raw.length) {
      let time_us = raw.timestamps_us[row]
      let message = Message(
        place: PartitionOffset(topic: place.topic, partition: place.partition, offset: raw.offsets[row]),
        timestamp_ms: time_us == .min ? nil : time_us / 1000,
        key: Self.bytes(raw.keys[row], raw.data), value: Self.bytes(raw.values[row], raw.data),
        headers: headers.first.flatMap { $0.value(row) }.flatMap { HeaderList.headers($0) } ?? [])
      guard try body(message) else { return false }
    }
    return true
  }

  private static func bytes(_ span: mill_span, _ data: UnsafePointer<UInt8>) -> [UInt8]? {
    guard span.length >= 0 else { return nil }
    return Array(UnsafeBufferPointer(start: data + Int(span.offset), count: Int(span.length)))
  }
}
