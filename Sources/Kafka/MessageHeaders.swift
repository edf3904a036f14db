import CMillrace
import CRdKafka

/// Headers of one name of the messages of a batch.
package struct HeaderValues: Sendable {
  /// The values, one after the other.
  package private(set) var data: [UInt8] = []
  /// Where in `data` each message's value is; length -1 where the header is not there, or has no value.
  package private(set) var spans: [mill_span] = []

  /// Of no message.
  package init() {}

  /// Adds the next message's value, copied; nil: a null.
  mutating func add(_ value: UnsafeRawBufferPointer?) {
    guard let value else { return spans.append(mill_span(offset: 0, length: -1)) }
    spans.append(
      mill_span(offset: Int32(truncatingIfNeeded: data.count), length: Int32(truncatingIfNeeded: value.count)))
    data.append(contentsOf: value)
  }

  /// Takes out the values that `isOut` says, never asked about empty ones; gives their rows.
  package mutating func clear(where isOut: (Slice<UnsafeBufferPointer<UInt8>>) -> Bool) -> [Int] {
    let out = data.withUnsafeBufferPointer { data in
      spans.indices.filter { row in
        let (start, size) = (Int(spans[row].offset), Int(spans[row].length))
        return size > 0 && isOut(data[start..<start + size])
      }
    }
    for row in out { spans[row].length = -1 }
    return out
  }

  /// Those of the messages of a chain: `first`, and what follows it by `next`, `count` of them. Of several headers of
  /// one name in a message the last counts.
  static func read(
    _ name: String, _ messages: MessageBuffer, first: Int32, next: UnsafePointer<Int32>, count: Int
  ) -> HeaderValues {
    var values = HeaderValues()
    var number = first
    for _ in 0..<count {
      guard let message = messages[Int(number)] else { break }
      values.add(last(name, message))
      number = next[Int(number)]
    }
    return values
  }

  /// Bytes of what `read` takes of `message` for all of `names`.
  static func size_bytes(_ names: [String], _ message: UnsafePointer<rd_kafka_message_t>) -> Int {
    names.reduce(0) { $0 + (last($1, message)?.count ?? 0) }
  }

  private static func last(_ name: String, _ message: UnsafePointer<rd_kafka_message_t>) -> UnsafeRawBufferPointer? {
    var headers: OpaquePointer?
    guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers else { return nil }
    var value: UnsafeRawPointer?
    var size = 0
    guard rd_kafka_header_get_last(headers, name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let value else {
      return nil
    }
    return UnsafeRawBufferPointer(start: value, count: size)
  }
}
