import Pipeline
import PluginHost
import SchemaRegistry

/// The list of indexes that says which message of a Protobuf schema a payload is: their count, then as many, as zigzag
/// varints; a 0 alone stands for the first message.
enum MessageIndex {
  /// The list that `bytes` begin with; nil if they begin with none.
  static func first(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = bytes
    guard let count = Wire.varint(&rest), count & 1 == 0 else { return nil }
    // Each takes a byte at least.
    guard count / 2 <= UInt64(rest.count) else { return nil }
    for _ in 0..<(count / 2) where Wire.varint(&rest) == nil { return nil }
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
    guard let size = Wire.varint(&rest), size <= 4096 else { return nil }
    let end = rest.startIndex + Int(size)
    guard end <= bytes.count else { return nil }
    let fields = Array(bytes[rest.startIndex..<end])
    return Wire.sized(fields[...], field: 1)?.last.map { ($0, Int32(end)) }
  }

  /// What serdes read instead of an index (`mill_written_schema`).
  static func index(_ name: ArraySlice<UInt8>) -> [UInt8] { [1] + Wire.bytes(UInt64(name.count)) + name }

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
    let ref: [UInt8] = [1 << 3 | 2] + Wire.bytes(UInt64(name.count)) + name
    return Wire.bytes(UInt64(ref.count)) + ref
  }
}
