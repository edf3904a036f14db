import PluginHost
import SchemaRegistry

/// The list of indexes that says which message of a Protobuf schema a payload is: their count, then as many, as zigzag
/// varints; a 0 alone stands for the first message.
enum MessageIndex {
  /// The list that `bytes` begin with; nil if they begin with none.
  static func first(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = bytes
    guard let count = Varint.read(&rest), count & 1 == 0 else { return nil }
    // Each takes a byte at least.
    guard count / 2 <= UInt64(rest.count) else { return nil }
    for _ in 0..<(count / 2) where Varint.read(&rest) == nil { return nil }
    return bytes[bytes.startIndex..<rest.startIndex]
  }
}

/// What says in Apicurio's framings which message of a Protobuf schema a payload is: before it, behind its size, a message with
/// the name, without its package, as field 1.
/// https://github.com/Apicurio/apicurio-registry/blob/3.0.9/serdes/generic/serde-common-protobuf/src/main/proto/ref.proto
enum MessageRef {
  /// The name that `bytes` begin with, and how many bytes it takes in all; nil if they begin with none.
  static func first(of bytes: UnsafeBufferPointer<UInt8>) -> (name: ArraySlice<UInt8>, size: Int32)? {
    var rest = Array(bytes.prefix(10))[...]
    // No name is so long.
    guard let size = Varint.read(&rest), size <= 4096 else { return nil }
    let end = rest.startIndex + Int(size)
    guard end <= bytes.count else { return nil }
    var fields = Array(bytes[rest.startIndex..<end])[...]
    var name: ArraySlice<UInt8>?
    while !fields.isEmpty {
      guard let tag = Varint.read(&fields), tag >> 3 > 0, let value = field(tag & 7, &fields) else { return nil }
      if tag == 1 << 3 | 2 { name = value }
    }
    return name.map { ($0, Int32(end)) }
  }

  /// The bytes of a field of a wire type; nil if they are none.
  private static func field(_ type: UInt64, _ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let size: UInt64?
    switch type {
    case 0:
      let start = rest
      guard Varint.read(&rest) != nil else { return nil }
      return start[..<rest.startIndex]
    case 1: size = 8
    case 2: size = Varint.read(&rest)
    case 5: size = 4
    default: size = nil
    }
    guard let size, size <= UInt64(rest.count) else { return nil }
    defer { rest = rest.dropFirst(Int(size)) }
    return rest.prefix(Int(size))
  }

  /// What serdes read instead of an index (`mill_written_schema`).
  static func index(_ name: ArraySlice<UInt8>) -> [UInt8] { [1] + Varint.bytes(UInt64(name.count)) + name }

  /// Before each payload; nothing but of Protobuf. Throws `RegistryFailure` if the message can't be named.
  static func bytes(_ schema: WrittenSchema, of what: String) throws(RegistryFailure) -> [UInt8] {
    guard schema.format == .protobuf else { return [] }
    // One index, or the short form of the first.
    guard schema.index == [0] || schema.index.first == 2 else {
      throw RegistryFailure(
        what, "its message \"\(schema.recordName)\" is within another, which Apicurio's framing can't name",
        .unsupported)
    }
    let name = Array((schema.recordName.split(separator: ".").last ?? "").utf8)
    let ref: [UInt8] = [1 << 3 | 2] + Varint.bytes(UInt64(name.count)) + name
    return Varint.bytes(UInt64(ref.count)) + ref
  }
}

/// Numbers of seven bits a byte, the lowest first: https://protobuf.dev/programming-guides/encoding/#varints.
enum Varint {
  /// The number that `rest` begins with, which is taken off; nil if it begins with none.
  static func read(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return number }
    }
    return nil
  }

  static func bytes(_ number: UInt64) -> [UInt8] {
    number < 0x80 ? [UInt8(number)] : [UInt8(truncatingIfNeeded: number) | 0x80] + bytes(number >> 7)
  }
}
