import CMillrace
import CRdKafka

/// What is read of messages' headers.
package enum HeaderRead: Sendable, Equatable {
  /// The value of the last header of this name; none where there is no such header, or one without a value.
  case last(String)
  /// All headers but those of these names, as a `HeaderList`; none where there are no others.
  case others(than: [String])
}

/// What is read of the headers of the messages of a batch.
package struct HeaderValues: Sendable {
  /// The values, one after the other.
  package private(set) var data: [UInt8] = []
  /// Where in `data` each message's value is; length -1 where the header is not there, or has no value.
  package private(set) var spans: [mill_span] = []

  /// Of no message.
  package init() {}

  /// The value of message `row`; nil where the header is not there, or has no value.
  package func value(_ row: Int) -> ArraySlice<UInt8>? {
    guard spans.indices.contains(row), spans[row].length >= 0 else { return nil }
    let start = Int(spans[row].offset)
    return data[start..<start + Int(spans[row].length)]
  }

  /// Adds the next message's value, copied; nil: a null.
  package mutating func add(_ value: UnsafeRawBufferPointer?) {
    guard let value else { return spans.append(mill_span(offset: 0, length: -1)) }
    spans.append(
      mill_span(offset: Int32(truncatingIfNeeded: data.count), length: Int32(truncatingIfNeeded: value.count)))
    data.append(contentsOf: value)
  }

  private mutating func addList(without names: [String], _ message: UnsafePointer<rd_kafka_message_t>) {
    let start = data.count
    guard HeaderList.add(without: names, of: message, to: &data) else { return add(nil) }
    spans.append(
      mill_span(offset: Int32(truncatingIfNeeded: start), length: Int32(truncatingIfNeeded: data.count - start)))
  }

  /// Those of some messages, by row, each as often as it is named.
  package func of(_ rows: [Int]) -> HeaderValues {
    var values = self
    values.spans = rows.map { spans.indices.contains($0) ? spans[$0] : mill_span(offset: 0, length: -1) }
    return values
  }

  /// Leaves out those of later messages.
  package mutating func keepFirst(_ count: Int) {
    if spans.count > count { spans.removeSubrange(count...) }
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

  /// Those of the messages of a chain: `first`, and what follows it by `next`, `count` of them.
  static func read(
    _ what: HeaderRead, _ messages: MessageBuffer, first: Int32, next: UnsafePointer<Int32>, count: Int
  ) -> HeaderValues {
    var values = HeaderValues()
    var number = first
    for _ in 0..<count {
      guard let message = messages[Int(number)] else { break }
      switch what {
      case .last(let name): values.add(last(name, message))
      case .others(let names): values.addList(without: names, message)
      }
      number = next[Int(number)]
    }
    return values
  }

  /// About as many bytes as `read` takes of `message` for all of `reads`, or more.
  static func size_bytes(_ reads: [HeaderRead], _ message: UnsafePointer<rd_kafka_message_t>) -> Int {
    reads.reduce(0) { sum, what in
      switch what {
      case .last(let name): sum + (last(name, message)?.count ?? 0)
      case .others: sum + HeaderList.size_bytes(message)
      }
    }
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
