import CMillrace
import CRdKafka
import Glibc

/// Messages of one partition, copied into one buffer. Reference-counted: decoded columns may point into it.
final class RawBatch {
  private let memory: UnsafeMutableRawPointer
  private let topic: UnsafeMutablePointer<CChar>
  let raw: UnsafeMutablePointer<mill_raw_batch>

  /// Bytes after the data that are zero, for vector loads past a value's end.
  private static let padding = 64

  /// Copies `messages`, which are all of one partition and without errors.
  init(topic name: String, partition: Int32, messages: UnsafeBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>>) {
    let count = messages.count
    var size = 0
    for message in messages { size += message.pointee.len + message.pointee.key_len }
    let spans = count * MemoryLayout<mill_span>.stride
    let longs = count * 8
    memory = malloc(2 * longs + 2 * spans + size + Self.padding)!
    let offsets = memory.bindMemory(to: Int64.self, capacity: count)
    let timestamps = (memory + longs).bindMemory(to: Int64.self, capacity: count)
    let keys = (memory + 2 * longs).bindMemory(to: mill_span.self, capacity: count)
    let values = (memory + 2 * longs + spans).bindMemory(to: mill_span.self, capacity: count)
    let data = (memory + 2 * longs + 2 * spans).bindMemory(to: UInt8.self, capacity: size + Self.padding)
    var end = 0
    for (row, message) in messages.enumerated() {
      let item = message.pointee
      offsets[row] = item.offset
      var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
      let time = rd_kafka_message_timestamp(message, &kind)
      timestamps[row] = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || time < 0 ? Int64.min : time &* 1000
      keys[row] = Self.copy(item.key, item.key_len, to: data, at: &end)
      values[row] = Self.copy(item.payload, item.len, to: data, at: &end)
    }
    memset(data + end, 0, Self.padding)
    topic = strdup(name)
    raw = .allocate(capacity: 1)
    raw.initialize(
      to: mill_raw_batch(
        struct_size: UInt32(MemoryLayout<mill_raw_batch>.size), partition: partition, topic: topic,
        length: Int64(count), data: data, data_size: Int64(end), keys: keys, values: values, offsets: offsets,
        timestamps_us: timestamps, private_data: nil,
        retain: { batch in
          guard let data = batch?.pointee.private_data else { return }
          _ = Unmanaged<RawBatch>.fromOpaque(data).retain()
        },
        release: { batch in
          guard let data = batch?.pointee.private_data else { return }
          Unmanaged<RawBatch>.fromOpaque(data).release()
        }))
    raw.pointee.private_data = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    free(memory)
    free(topic)
    raw.deallocate()
  }

  private static func copy(
    _ bytes: UnsafeMutableRawPointer?, _ size: Int, to data: UnsafeMutablePointer<UInt8>, at end: inout Int
  ) -> mill_span {
    guard let bytes else { return mill_span(offset: 0, length: -1) }
    memcpy(data + end, bytes, size)
    defer { end += size }
    return mill_span(offset: Int32(truncatingIfNeeded: end), length: Int32(truncatingIfNeeded: size))
  }
}
