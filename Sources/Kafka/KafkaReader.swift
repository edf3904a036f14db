import CMillrace
import CRdKafka
import Glibc

/// Reads the partitions of one worker. One thread at a time.
package final class KafkaReader {
  /// A partition to read.
  package struct Assignment: Sendable {
    package var place: TopicPartition
    /// The first offset to read.
    package var offset: Int64
    /// The offset to end before; nil: never ends.
    package var end: Int64?

    package init(place: TopicPartition, offset: Int64, end: Int64?) {
      self.place = place
      self.offset = offset
      self.end = end
    }
  }

  private struct Partition {
    var place: TopicPartition
    var position: Int64
    var end: Int64?
    var ended = false
    var messages: [UnsafeMutablePointer<rd_kafka_message_t>] = []
  }

  private static let maxMessages = 4096

  private let consumer: KafkaConsumer
  private let queue: OpaquePointer
  private var topics: [String: OpaquePointer] = [:]
  private var indexes: [OpaquePointer: [Int32: Int]] = [:]
  private var partitions: [Partition]
  private var batch: [UnsafeMutablePointer<rd_kafka_message_t>?]
  private var newlyEnded: [Int] = []
  /// Rows of these bytes at most per batch: a raw batch addresses its data by 31 bits.
  private static let byteLimit = 64 << 20

  /// Starts fetching. Throws `KafkaFailure`.
  package init(consumer: KafkaConsumer, assignments: [Assignment]) throws {
    self.consumer = consumer
    guard let queue = rd_kafka_queue_new(consumer.handle) else {
      throw KafkaFailure("reader", name: "MEMORY", "out of memory", .fatal)
    }
    self.queue = queue
    partitions = assignments.map { Partition(place: $0.place, position: $0.offset, end: $0.end) }
    batch = Array(repeating: nil, count: Self.maxMessages)
    for index in partitions.indices { try start(index) }
  }

  deinit {
    for partition in partitions {
      if let topic = topics[partition.place.topic], !partition.ended { rd_kafka_consume_stop(topic, partition.place.partition) }
    }
    rd_kafka_queue_destroy(queue)
    for topic in topics.values { rd_kafka_topic_destroy(topic) }
  }

  private func start(_ index: Int) throws {
    let place = partitions[index].place
    let topic: OpaquePointer
    if let known = topics[place.topic] { topic = known } else {
      guard let made = rd_kafka_topic_new(consumer.handle, place.topic, nil) else {
        throw KafkaFailure("topic \"\(place.topic)\"", code: rd_kafka_last_error())
      }
      topic = made
      topics[place.topic] = made
    }
    indexes[topic, default: [:]][place.partition] = index
    if let end = partitions[index].end, partitions[index].position >= end {
      partitions[index].ended = true
      newlyEnded.append(index)
      return
    }
    guard rd_kafka_consume_start_queue(topic, place.partition, partitions[index].position, queue) == 0 else {
      throw KafkaFailure("reading \(place.topic)-\(place.partition)", code: rd_kafka_last_error())
    }
  }

  /// The place after the last message handed over of assignment `index`.
  package func position(_ index: Int) -> Int64 { partitions[index].position }

  /// Takes what has been fetched, at most 4096 messages, and hands it over partition by partition: `onBatch` gets
  /// the assignment's index and a batch that is valid during the call unless retained; `onEnd` the index of an
  /// assignment that has reached its end. Waits at most `timeout_ms`. False if nothing came.
  package func poll(
    timeout_ms: Int32, onBatch: (Int, UnsafePointer<mill_raw_batch>) throws -> Void, onEnd: (Int) -> Void
  ) throws -> Bool {
    let ended = newlyEnded
    newlyEnded = []
    for index in ended { onEnd(index) }
    let count = batch.withUnsafeMutableBufferPointer {
      rd_kafka_consume_batch_queue(queue, timeout_ms, $0.baseAddress, $0.count)
    }
    guard count > 0 else { return !ended.isEmpty }
    defer { for index in 0..<count { if let message = batch[index] { rd_kafka_message_destroy(message) } } }
    var touched: [Int] = []
    var failure: KafkaFailure?
    for number in 0..<count {
      guard let message = batch[number] else { continue }
      sort(message, into: &touched, &failure)
    }
    for index in touched { try handOver(index, onBatch) }
    for index in newlyEnded { onEnd(index) }
    newlyEnded = []
    if let failure { throw failure }
    return true
  }

  private func sort(
    _ message: UnsafeMutablePointer<rd_kafka_message_t>, into touched: inout [Int], _ failure: inout KafkaFailure?
  ) {
    guard let index = indexes[message.pointee.rkt]?[message.pointee.partition], !partitions[index].ended else { return }
    guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
      if message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
        // Past markers of transactions and compacted records there is nothing to hand over, but the end is here.
        advance(index, to: message.pointee.offset)
      } else if let problem = describe(message, partitions[index].place) {
        failure = failure ?? problem
      }
      return
    }
    if let end = partitions[index].end, message.pointee.offset >= end {
      advance(index, to: message.pointee.offset)
      return
    }
    if partitions[index].messages.isEmpty { touched.append(index) }
    partitions[index].messages.append(message)
    advance(index, to: message.pointee.offset + 1)
  }

  private func advance(_ index: Int, to position: Int64) {
    partitions[index].position = max(partitions[index].position, position)
    guard let end = partitions[index].end, !partitions[index].ended, partitions[index].position >= end else { return }
    partitions[index].ended = true
    newlyEnded.append(index)
    let place = partitions[index].place
    if let topic = topics[place.topic] { rd_kafka_consume_stop(topic, place.partition) }
  }

  private func describe(_ message: UnsafeMutablePointer<rd_kafka_message_t>, _ place: TopicPartition) -> KafkaFailure? {
    let what = "reading \(place.topic)-\(place.partition)"
    switch message.pointee.err {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return KafkaFailure(
        what, code: RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
        remedy: "The messages at the checkpoint's offset are gone: retention has passed them, or the topic was made anew")
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      return KafkaFailure(what, code: message.pointee.err, remedy: "The topic is gone or has fewer partitions now")
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return KafkaFailure(what, code: message.pointee.err, remedy: "Grant READ on topic \(place.topic)")
    default: return nil  // passing faults: the library goes on by itself
    }
  }

  private func handOver(_ index: Int, _ onBatch: (Int, UnsafePointer<mill_raw_batch>) throws -> Void) throws {
    defer { partitions[index].messages.removeAll(keepingCapacity: true) }
    try partitions[index].messages.withUnsafeBufferPointer { messages in
      var first = 0
      while first < messages.count {
        let last = Self.chunk(messages, from: first)
        let place = partitions[index].place
        let raw = RawBatch(
          topic: place.topic, partition: place.partition,
          messages: UnsafeBufferPointer(rebasing: messages[first..<last]))
        try onBatch(index, UnsafePointer(raw.raw))
        withExtendedLifetime(raw) {}
        first = last
      }
    }
  }

  /// The end of the run of messages from `first` that fits in one batch.
  private static func chunk(_ messages: UnsafeBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>>, from first: Int) -> Int {
    var bytes = 0
    for index in first..<messages.count {
      bytes += messages[index].pointee.len + messages[index].pointee.key_len
      if bytes > byteLimit { return max(first + 1, index) }
    }
    return messages.count
  }
}
