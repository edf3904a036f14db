import CRdKafka

/// All headers of a message but some, as bytes: their count, then for each its name and its value, each behind its size;
/// -1 says that there is no value. Numbers are zigzag varints. (As Kafka's record format 2 has headers.)
package enum HeaderList {
  package typealias Header = (name: String, value: [UInt8]?)

  /// The headers of `message` whose names are not in `names`; nil if there are none.
  static func read(without names: [String], _ message: UnsafePointer<rd_kafka_message_t>) -> [UInt8]? {
    var list: OpaquePointer?
    guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return nil }
    var (count, bytes) = (0, [UInt8]())
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var (size, index) = (0, 0)
    while rd_kafka_header_get_all(list, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let name {
      index += 1
      let text = String(cString: name)
      if names.contains(text) { continue }
      count += 1
      append(Array(text.utf8), to: &bytes)
      append(value.map { Array(UnsafeRawBufferPointer(start: $0, count: size)) }, to: &bytes)
    }
    guard count > 0 else { return nil }
    var whole: [UInt8] = []
    append(count, to: &whole)
    return whole + bytes
  }

  /// Such bytes of `headers`.
  package static func bytes(_ headers: [Header]) -> [UInt8] {
    var bytes: [UInt8] = []
    append(headers.count, to: &bytes)
    for header in headers {
      append(Array(header.name.utf8), to: &bytes)
      append(header.value, to: &bytes)
    }
    return bytes
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

  private static func append(_ part: [UInt8]?, to bytes: inout [UInt8]) {
    append(part?.count ?? -1, to: &bytes)
    bytes += part ?? []
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
