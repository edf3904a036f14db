import Kafka
import Pipeline
import SchemaRegistry

/// What a message says of the schema that it was written with.
enum SchemaMark: Equatable {
  /// It begins with `size` bytes of framing.
  case before(SchemaId, size: Int32)
  /// The whole message is what the serde wrote. `index`: what the header has behind the id, of Protobuf which message of the
  /// schema it is.
  case inHeader(SchemaId, index: ArraySlice<UInt8>)
  case wrong(String)
}

/// Confluent's framing:
/// https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
enum ConfluentFraming {
  /// The first byte before an id.
  static let idMagic: UInt8 = 0
  /// The first byte before a GUID.
  static let guidMagic: UInt8 = 1
  /// Bytes of the magic byte and the id.
  static let idSize: Int32 = 5
  /// Bytes of the magic byte and the GUID.
  static let guidSize = 1 + SchemaGuid.size

  /// What begins a message that is written with schema `id`, before what its format has.
  static func lead(id: Int64) -> [UInt8] {
    let id = UInt32(truncatingIfNeeded: id)
    return [idMagic] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: id >> $0) }
  }

  /// Of a message's bytes.
  @inline(__always)
  static func mark(_ bytes: UnsafeBufferPointer<UInt8>) -> SchemaMark {
    guard bytes.count >= Int(idSize) else {
      return .wrong(
        "\(bytes.count) bytes are too few for a schema registry's framing: expected a byte 0 and a schema's id")
    }
    guard bytes[0] == idMagic else {
      return .wrong("byte 0 is \(bytes[0]), expected 0, with which a schema registry's framing begins")
    }
    return .before(.id(id(bytes)), size: idSize)
  }

  /// Of a header's value.
  static func mark(_ name: String, _ value: ArraySlice<UInt8>) -> SchemaMark {
    let found = value.withUnsafeBufferPointer { bytes -> (SchemaId, size: Int)? in
      if bytes.first == idMagic, bytes.count >= Int(idSize) { return (.id(id(bytes)), Int(idSize)) }
      guard bytes.first == guidMagic, bytes.count >= guidSize else { return nil }
      return SchemaGuid(bytes[1..<guidSize]).map { (.guid($0), guidSize) }
    }
    guard let (id, size) = found else {
      return .wrong(
        "header \"\(name)\", of \(value.count) bytes, is none of a schema's: expected a byte 1 and a GUID, or a byte 0 and an id"
      )
    }
    return .inHeader(id, index: value.dropFirst(size))
  }

  @inline(__always)
  private static func id(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64 {
    Int64(UInt32(bytes[1]) << 24 | UInt32(bytes[2]) << 16 | UInt32(bytes[3]) << 8 | UInt32(bytes[4]))
  }
}

/// The list of indexes that says which message of a Protobuf schema a payload is: their count, then as many, as zigzag
/// varints; a 0 alone stands for the first message.
enum MessageIndex {
  /// The list that `bytes` begin with; nil if they begin with none.
  static func first(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = bytes
    guard let count = number(&rest), count & 1 == 0 else { return nil }
    // Each takes a byte at least.
    guard count / 2 <= UInt64(rest.count) else { return nil }
    for _ in 0..<(count / 2) where number(&rest) == nil { return nil }
    return bytes[bytes.startIndex..<rest.startIndex]
  }

  private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return number }
    }
    return nil
  }
}

/// How messages say the schema that they are written with.
struct WrittenFraming: Equatable {
  /// Before each payload.
  var lead: [UInt8] = []
  /// A header of each message.
  var header: SchemaHeader?
}

/// A header that says a schema.
struct SchemaHeader: Equatable {
  var name: String
  var value: [UInt8]
}

extension Framing {
  /// What a message says of its schema. `header`: the value of its header of `headerNames`, if it has one.
  func mark(_ bytes: UnsafeBufferPointer<UInt8>, _ part: MessagePart, header: ArraySlice<UInt8>?) -> SchemaMark {
    switch self {
    case .confluent: return ConfluentFraming.mark(bytes)
    case .confluentHeader:
      if let header { return ConfluentFraming.mark(headerNames(part)[0], header) }
      return ConfluentFraming.mark(bytes)
    }
  }

  /// How messages say a schema with these ids. `index`: of Protobuf which message of the schema it is. Throws what the ids
  /// lack. `what`: the schema, for the message.
  func written(
    _ ids: SchemaIds, index: [UInt8], _ part: MessagePart, of what: String
  ) throws(RegistryFailure) -> WrittenFraming {
    switch self {
    case .confluent:
      guard let id = ids.id, (1...Int64(UInt32.max)).contains(id) else {
        throw RegistryFailure(what, "its schema's id \(ids.id ?? 0) has no place in four bytes", .unusable)
      }
      return WrittenFraming(lead: ConfluentFraming.lead(id: id) + index)
    case .confluentHeader:
      guard let guid = ids.guid else {
        throw RegistryFailure(what, "the registry gives its schema no GUID", .unsupported)
      }
      let value = [ConfluentFraming.guidMagic] + guid.bytes + index
      return WrittenFraming(header: SchemaHeader(name: headerNames(part)[0], value: value))
    }
  }
}
