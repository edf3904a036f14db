import CRdKafka

/// All headers of a message but some, as bytes: their count, then for each its name and its value, each behind its size;
/// -1 says that there is no value. Numbers are zigzag varints. (As Kafka's record format 2 has headers.)
package enum HeaderList {
  package typealias Header = (name: String, value: [UInt8]?)

  /// Adds the headers of `message` whose names are not in `names` to `bytes`; false if there are none.
  static func add(
    without names: [String], of message: UnsafePointer<rd_kafka_message_t>, to bytes: inout [UInt8]
  ) -> Bool {
    guard let list = list(message) else { return false }
    var count = rd_kafka_header_cnt(list)
    if !names.isEmpty {
      count = 0
      forEach(list) { name, _ in if !names.contains(name) { count += 1 } }
    }
    guard count > 0 else { return false }
    append(count, to: &bytes)
    forEach(list) { name, value in
      if names.contains(name) { return }
      append(name.utf8, to: &bytes)
      append(value, to: &bytes)
    }
    return true
  }

  /// All headers of `message`.
  static func headers(of message: UnsafePointer<rd_kafka_message_t>) -> [Header] {
    guard let list = list(message) else { return [] }
    var headers: [Header] = []
    forEach(list) { name, value in headers.append((name, value.map { Array($0) })) }
    return headers
  }

  /// Bytes of all headers of `message`, counts and sizes left out.
  static func size_bytes(_ message: UnsafePointer<rd_kafka_message_t>) -> Int {
    guard let list = list(message) else { return 0 }
    var size = 0
    forEach(list) { name, value in size += name.utf8.count + (value?.count ?? 0) }
    return size
  }

  /// Such bytes of `headers`.
  package static func bytes(_ headers: [Header]) -> [UInt8] {
    var bytes: [UInt8] = []
    append(headers.count, to: &bytes)
    for header in headers {
      append(header.name.utf8, to: &bytes)
      append(header.value, to: &bytes)
    }
    return bytes
  }

  /// Nil: it has none.
  private static func list(_ message: UnsafePointer<rd_kafka_message_t>) -> OpaquePointer? {
    var list: OpaquePointer?
    return rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR ? list : nil
  }

  private static func forEach(_ list: OpaquePointer, _ body: (String, UnsafeRawBufferPointer?) -> Void) {
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var (size, index) = (0, 0)
    while rd_kafka_header_get_all(list, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let name {
      index += 1
      body(String(cString: name), value.map { UnsafeRawBufferPointer(start: $0, count: size) })
    }
  }

  /// The headers that `bytes` are of; nil if they are of none.
  package static func headers(_ bytes: some Collection<UInt8>) -> [Header]? {
    var rest = bytes[...]
    // A header has two bytes at least: no more memory is taken than there is to read.
    guard let count = number(&rest), count >= 0, count <= rest.count / 2 else { return nil }
    var headers: [Header] = []
    for _ in 0..<count {
      guard case .some(.some(let name)) = part(&rest), let text = String(validating: name, as: UTF8.self),
        !text.utf8.contains(0), let value = part(&rest)
      else { return nil }
      headers.append((text, value))
    }
    return rest.isEmpty ? headers : nil
  }

  private static func append(_ number: Int, to bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: Int64((number << 1) ^ (number >> 63)))
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private static func append<Part: Collection<UInt8>>(_ part: Part?, to bytes: inout [UInt8]) {
    append(part?.count ?? -1, to: &bytes)
    if let part { bytes.append(contentsOf: part) }
  }

  private static func number<Bytes: Collection<UInt8>>(_ rest: inout Bytes) -> Int?
  where Bytes.SubSequence == Bytes {
    var number: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      number |= UInt64(byte & 0x7f) << UInt64(shift)
      if byte < 0x80 { return Int(Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)) }
    }
    return nil
  }

  /// A name or a value; a null is nil within.
  private static func part<Bytes: Collection<UInt8>>(_ rest: inout Bytes) -> [UInt8]??
  where Bytes.SubSequence == Bytes {
    guard let size = number(&rest), size >= -1, size <= rest.count else { return .none }
    guard size >= 0 else { return .some(nil) }
    defer { rest = rest.dropFirst(size) }
    return .some(Array(rest.prefix(size)))
  }
}
