import CMillrace
import CRdKafka
import Glibc

/// Messages of one partition, copied into one buffer. Reference-counted, since decoded columns may point into it; the
/// count is this object's own. Immutable once made.
final class RawBatch: @unchecked Sendable {
  /// Bytes after the data that are zero, for vector loads past a value's end.
  private static let padding = 64
  private static let header = (MemoryLayout<mill_raw_batch>.size + 63) & ~63

  let raw: UnsafeMutablePointer<mill_raw_batch>
  private let memory: UnsafeMutableRawPointer
  private let capacity: Int
  private let pool: RawBatchPool
  private let topic: TopicName
  private let offsets, timestamps: UnsafeMutablePointer<Int64>
  private let keys, values: UnsafeMutablePointer<mill_span>
  private let data: UnsafeMutablePointer<UInt8>

  /// Room for `count` messages with `size` bytes of keys and values. Throws `KafkaFailure` if memory is out.
  init(topic: TopicName, partition: Int32, count: Int, size: Int, pool: RawBatchPool) throws {
    let (longs, spans) = (count * MemoryLayout<Int64>.stride, count * MemoryLayout<mill_span>.stride)
    guard let (memory, capacity) = pool.take(Self.header + 2 * longs + 2 * spans + size + Self.padding) else {
      throw KafkaFailure.outOfMemory("\(count) messages of \(topic.text)-\(partition)")
    }
    self.memory = memory
    self.capacity = capacity
    self.pool = pool
    self.topic = topic
    raw = memory.bindMemory(to: mill_raw_batch.self, capacity: 1)
    let body = memory + Self.header
    offsets = body.bindMemory(to: Int64.self, capacity: count)
    timestamps = (body + longs).bindMemory(to: Int64.self, capacity: count)
    keys = (body + 2 * longs).bindMemory(to: mill_span.self, capacity: count)
    values = (body + 2 * longs + spans).bindMemory(to: mill_span.self, capacity: count)
    data = (body + 2 * longs + 2 * spans).bindMemory(to: UInt8.self, capacity: size + Self.padding)
    raw.initialize(
      to: mill_raw_batch(
        struct_size: UInt32(MemoryLayout<mill_raw_batch>.size), partition: partition, topic: topic.bytes,
        length: Int64(count), data: data, data_size: 0, keys: keys, values: values, offsets: offsets,
        timestamps_us: timestamps, private_data: nil,
        retain: { batch in
          guard let own = batch?.pointee.private_data else { return }
          _ = Unmanaged<RawBatch>.fromOpaque(own).retain()
        },
        release: { batch in
          guard let own = batch?.pointee.private_data else { return }
          Unmanaged<RawBatch>.fromOpaque(own).release()
        }, key_schemas: nil, value_schemas: nil))
    raw.pointee.private_data = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { pool.give(memory, capacity: capacity) }

  /// Copies the messages of a chain: `first` and what follows it by `next`, as many as there is room for. Gives the
  /// message after the last copied, or -1.
  func fill(_ messages: MessageBuffer, first: Int32, next: UnsafePointer<Int32>) -> Int32 {
    var number = first
    var end = 0
    for row in 0..<Int(raw.pointee.length) {
      guard let message = messages[Int(number)] else { break }
      offsets[row] = message.pointee.offset
      timestamps[row] = Self.timestamp_us(message)
      keys[row] = Self.copy(message.pointee.key, message.pointee.key_len, to: data, at: &end)
      values[row] = Self.copy(message.pointee.payload, message.pointee.len, to: data, at: &end)
      number = next[Int(number)]
    }
    memset(data + end, 0, Self.padding)
    raw.pointee.data_size = Int64(end)
    return number
  }

  @inline(__always)
  private static func timestamp_us(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> Int64 {
    var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
    let time_ms = rd_kafka_message_timestamp(message, &kind)
    guard kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE, time_ms >= 0 else { return Int64.min }
    let (time_us, overflow) = time_ms.multipliedReportingOverflow(by: 1000)
    return overflow ? Int64.min : time_us
  }

  @inline(__always)
  private static func copy(
    _ bytes: UnsafeMutableRawPointer?, _ size: Int, to data: UnsafeMutablePointer<UInt8>, at end: inout Int
  ) -> mill_span {
    guard let bytes else { return mill_span(offset: 0, length: -1) }
    memcpy(data + end, bytes, size)
    defer { end += size }
    return mill_span(offset: Int32(truncatingIfNeeded: end), length: Int32(truncatingIfNeeded: size))
  }
}
