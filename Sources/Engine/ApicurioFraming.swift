import Columnar
import Pipeline
import SchemaRegistry

/// Apicurio's framing, as its serdes for Java write it:
/// https://github.com/Apicurio/apicurio-registry/tree/3.0.9/serdes/generic/serde-common/src/main/java/io/apicurio/registry/serde
/// (Default4ByteIdHandler, Legacy8ByteIdHandler, and DefaultHeadersHandler of serde-kafka-common).
enum ApicurioFraming {
  private static let magic: UInt8 = 0

  /// What begins a message that is written with schema `id`, before what its format has. `idSize`: 4 or 8.
  static func lead(id: Int64, idSize: Int) -> [UInt8] { [magic] + bytes(id, idSize) }

  /// Of a message's bytes.
  static func mark(_ bytes: UnsafeBufferPointer<UInt8>, _ kind: ApicurioId, idSize: Int) -> SchemaMark {
    guard bytes.count > idSize else {
      return .wrong(
        "\(bytes.count) bytes are too few for Apicurio's framing: expected a byte 0 and an id in \(idSize) bytes")
    }
    guard bytes[0] == magic else {
      return .wrong("byte 0 is \(bytes[0]), expected 0, with which Apicurio's framing begins")
    }
    return mark(number(bytes[1...idSize]), kind) { .before($0, size: Int32(idSize) + 1) }
  }

  /// Of a message's headers: its content id, its global id and its encoding, in the order of `names`; nil if there is no id.
  static func mark(_ names: [String], _ header: (Int) -> ArraySlice<UInt8>?) -> SchemaMark? {
    let kinds = [ApicurioId.content, .global]
    guard let found = kinds.indices.first(where: { header($0) != nil }), let value = header(found) else { return nil }
    guard value.count == 8 else {
      return .wrong("header \"\(names[found])\" has \(value.count) bytes, expected an id in 8")
    }
    if let encoding = header(2), !encoding.elementsEqual("BINARY".utf8) {
      let shown = String(decoding: encoding.prefix(40), as: UTF8.self)
      return .wrong(
        "header \"\(names[2])\" says \(Scalar.quoted(shown)): of Avro's encodings only BINARY is read; set the writer's "
          + "apicurio.registry.avro.encoding to it")
    }
    return mark(number(value), kinds[found]) { .inHeader($0, index: []) }
  }

  /// The headers of each message.
  static func headers(_ names: [String], id: Int64, _ kind: ApicurioId, isAvro: Bool) -> [SchemaHeader] {
    let encoding = isAvro ? [SchemaHeader(name: names[2], value: Array("BINARY".utf8))] : []
    return [SchemaHeader(name: names[kind == .content ? 0 : 1], value: bytes(id, 8))] + encoding
  }

  private static func mark(_ number: UInt64, _ kind: ApicurioId, _ made: (SchemaId) -> SchemaMark) -> SchemaMark {
    guard let id = Int64(exactly: number) else {
      return .wrong("\(number) is no schema's id: Apicurio's are less than 2^63")
    }
    return made(kind == .content ? .contentId(id) : .globalId(id))
  }

  private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

  private static func bytes(_ id: Int64, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: id >> (8 * Int64(size - 1 - $0))) }
  }
}
