import Pipeline
import PluginHost
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

/// How messages say the schema that they are written with.
struct WrittenFraming: Equatable {
  /// Before each payload.
  var lead: [UInt8] = []
  /// Headers of each message.
  var headers: [SchemaHeader] = []
}

/// A header that says a schema.
struct SchemaHeader: Equatable {
  var name: String
  var value: [UInt8]
}

extension RegistryUse {
  /// What a message says of its schema. `header`: of the `headerNames` the value of one, by its index, if the message has it.
  func mark(
    _ bytes: UnsafeBufferPointer<UInt8>, _ part: MessagePart, header: (Int) -> ArraySlice<UInt8>?
  ) -> SchemaMark {
    switch framing {
    case .confluent: return ConfluentFraming.mark(bytes)
    case .confluentHeader:
      if let value = header(0) { return ConfluentFraming.mark(framing.headerNames(part)[0], value) }
      return ConfluentFraming.mark(bytes)
    case .apicurio: return ApicurioFraming.mark(bytes, useId, idSize: 4)
    case .apicurioLegacy: return ApicurioFraming.mark(bytes, useId, idSize: 8)
    case .apicurioHeader:
      return ApicurioFraming.mark(framing.headerNames(part), header) ?? ApicurioFraming.mark(bytes, useId, idSize: 4)
    }
  }

  /// How messages say a schema with these ids. `what`: the schema, for the message. Throws what the ids or the schema lack.
  func written(
    _ ids: SchemaIds, _ schema: WrittenSchema, _ part: MessagePart, of what: String
  ) throws(RegistryFailure) -> WrittenFraming {
    let names = framing.headerNames(part)
    switch framing {
    case .confluent:
      let id = try ids.id(.id, in: 4, of: what)
      return WrittenFraming(lead: ConfluentFraming.lead(id: id) + schema.index)
    case .confluentHeader:
      guard let guid = ids.guid else {
        throw RegistryFailure(what, "the registry gives its schema no GUID", .unsupported)
      }
      let value = [ConfluentFraming.guidMagic] + guid.bytes + schema.index
      return WrittenFraming(headers: [SchemaHeader(name: names[0], value: value)])
    case .apicurio, .apicurioLegacy:
      let size = framing == .apicurio ? 4 : 8
      let id = try ids.id(useId == .content ? .contentId : .globalId, in: size, of: what)
      return WrittenFraming(lead: ApicurioFraming.lead(id: id, idSize: size) + (try MessageRef.bytes(schema, of: what)))
    case .apicurioHeader:
      let id = try ids.id(useId == .content ? .contentId : .globalId, in: 8, of: what)
      return WrittenFraming(
        lead: try MessageRef.bytes(schema, of: what),
        headers: ApicurioFraming.headers(names, id: id, useId, isAvro: schema.format == .avro))
    }
  }
}

extension SchemaIds {
  /// Kinds of ids that are numbers.
  fileprivate enum Kind { case id, contentId, globalId }

  /// An id that has a place in so many bytes. Throws `RegistryFailure`.
  fileprivate func id(_ kind: Kind, in size: Int, of what: String) throws(RegistryFailure) -> Int64 {
    let id =
      switch kind {
      case .id: id
      case .contentId: contentId
      case .globalId: globalId
      }
    guard let id, id > 0, size == 8 || id <= Int64(UInt32.max) else {
      let number = id.map { "\($0)" } ?? ""
      throw RegistryFailure(what, "its schema's id \(number) has no place in \(size) bytes", .unusable)
    }
    return id
  }
}
