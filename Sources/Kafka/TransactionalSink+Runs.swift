import CMillrace
import CRdKafka

/// Where runs of rows are put together for librdkafka. One thread at a time.
package final class ProduceBuffer {
  /// How many rows are handed over together at most: so few that other workers need not wait for long.
  static let capacity = 1024
  let messages: UnsafeMutablePointer<rd_kafka_message_t>

  package init() {
    messages = .allocate(capacity: Self.capacity)
    messages.initialize(repeating: rd_kafka_message_t(), count: Self.capacity)
  }

  deinit { messages.deallocate() }
}

/// Rows on their way out, many at once: what librdkafka does for each row then is to copy and to queue it.
extension TransactionalSink {
  /// What became of a run of rows.
  package struct RunTaken {
    /// How many were dealt with, from the first on; the one behind them finds no room yet.
    package var count: Int
    /// Those among them that can't be taken, now or later: their places in the run, ascending, and why.
    package var refusals: [(index: Int, failure: KafkaFailure)] = []
  }

  /// Whether rows land where `Murmur2` says: not if the connection names another partitioner.
  package var placesByMurmur2: Bool { ["murmur2", "murmur2_random"].contains(properties["partitioner"] ?? "murmur2") }

  /// Hands the rows with these numbers over in order, all to one partition (less than 0: by their keys) of so many, up to
  /// the first that finds no room: either the queue is full, or more wait than can be on their way. Their timestamps are
  /// the time of producing; `rows.partitions` is not looked at. Throws `KafkaFailure` if no rows can go out any more. [any]
  package func produce(
    epoch: UInt64, topic: String, partition: Int32, partitionCount: Int32, rows: Rows,
    numbers: UnsafeBufferPointer<UInt32>, buffer: ProduceBuffer
  ) throws -> RunTaken {
    let producer = producer(takingRowsOf: epoch)
    let target = try producer.topic(topic)
    var taken = RunTaken(count: 0)
    while taken.count < numbers.count {
      let count = min(ProduceBuffer.capacity, numbers.count - taken.count)
      let part = UnsafeBufferPointer(rebasing: numbers[taken.count..<taken.count + count])
      let bytes = Self.fill(buffer.messages, rows, part)
      let useful = producer.usefulRows(topic, partitionCount: partitionCount, row_bytes: bytes / count)
      guard producer.waitingRows < useful else { break }
      if producer.produce(buffer.messages, count: count, to: target, partition: max(RD_KAFKA_PARTITION_UA, partition)) {
        taken.count += count
      } else if try !note(buffer.messages, count, topic, producer, in: &taken) {
        break
      }
    }
    return taken
  }

  /// Gives the bytes of all keys and values.
  private static func fill(
    _ messages: UnsafeMutablePointer<rd_kafka_message_t>, _ rows: Rows, _ numbers: UnsafeBufferPointer<UInt32>
  ) -> Int {
    var sum_bytes = 0
    for (index, number) in numbers.enumerated() {
      let row = Int(number)
      let (key, keySize) = bytes(rows.keys?[row] ?? mill_span(offset: 0, length: -1), rows.keyData)
      let (value, valueSize) = bytes(rows.values[row], rows.valueData)
      messages[index].err = RD_KAFKA_RESP_ERR_NO_ERROR
      messages[index].payload = UnsafeMutableRawPointer(mutating: value)
      messages[index].len = valueSize
      messages[index].key = UnsafeMutableRawPointer(mutating: key)
      messages[index].key_len = keySize
      sum_bytes += keySize + valueSize
    }
    return sum_bytes
  }

  /// Takes note of messages of which some were not taken; false if that is for lack of room. From the first without room
  /// on librdkafka (2.0.2 and later) takes none.
  private func note(
    _ messages: UnsafePointer<rd_kafka_message_t>, _ count: Int, _ topic: String, _ producer: KafkaProducer,
    in taken: inout RunTaken
  ) throws -> Bool {
    let first = taken.count
    for index in 0..<count {
      let code = messages[index].err
      if code == RD_KAFKA_RESP_ERR__QUEUE_FULL { return false }
      if code != RD_KAFKA_RESP_ERR_NO_ERROR, let failure = try refusal(code, topic, producer) {
        taken.refusals.append((first + index, failure))
      }
      taken.count += 1
    }
    return true
  }
}
