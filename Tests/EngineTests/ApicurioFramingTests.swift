import Pipeline
import PluginHost
import SchemaRegistry
import XCTest

@testable import Engine

/// Bytes that Apicurio's serdes for Java, and those alone, give their meaning.
final class ApicurioFramingTests: XCTestCase {
  private let avro = WrittenSchema(format: .avro, text: "", recordName: "acme.Row")
  private let ids = SchemaIds(contentId: 0x0102_0304, globalId: 5)

  private func mark(
    _ framing: Framing, _ id: ApicurioId, _ message: [UInt8], _ headers: [[UInt8]?] = [nil, nil, nil]
  ) -> SchemaMark {
    let use = RegistryUse(registry: "", framing: framing, useId: id)
    return message.withUnsafeBufferPointer { use.mark($0, .value) { headers[$0]?[...] } }
  }

  private func written(
    _ framing: Framing, _ id: ApicurioId, _ schema: WrittenSchema, _ ids: SchemaIds? = nil
  ) throws -> WrittenFraming {
    let use = RegistryUse(registry: "", framing: framing, useId: id)
    return try use.written(ids ?? self.ids, schema, .value, of: "artifact \"a\"")
  }

  /// A message and its headers, in hexadecimal digits; of Protobuf less the names of Java's classes, which stand in headers of
  /// their own.
  private struct Serialized {
    var framing: Framing
    var id: ApicurioId
    var part: MessagePart
    var avro, protobuf: String

    init(_ framing: Framing, _ id: ApicurioId, _ part: MessagePart, avro: String, protobuf: String) {
      (self.framing, self.id, self.part, self.avro, self.protobuf) = (framing, id, part, avro, protobuf)
    }
  }

  /// What AvroKafkaSerializer and ProtobufKafkaSerializer 3.0.9 made of schemas with content id 0x01020304 and global id
  /// 0x0102030405060708: of Avro an int of 5, of Protobuf a google.protobuf.Int32Value of 5.
  private static let ofSerializers = [
    Serialized(.apicurio, .content, .value, avro: "00010203040a", protobuf: "00010203040c0a0a496e74333256616c75650805"),
    Serialized(.apicurio, .global, .key, avro: "00050607080a", protobuf: "00050607080c0a0a496e74333256616c75650805"),
    Serialized(
      .apicurioLegacy, .content, .key, avro: "0000000000010203040a",
      protobuf: "0000000000010203040c0a0a496e74333256616c75650805"),
    Serialized(
      .apicurioLegacy, .global, .value, avro: "0001020304050607080a",
      protobuf: "0001020304050607080c0a0a496e74333256616c75650805"),
    Serialized(
      .apicurioHeader, .content, .value,
      avro: "0a apicurio.value.contentId=0000000001020304 apicurio.value.encoding=42494e415259",
      protobuf: "0c0a0a496e74333256616c75650805 apicurio.value.contentId=0000000001020304"),
    Serialized(
      .apicurioHeader, .global, .key,
      avro: "0a apicurio.key.globalId=0102030405060708 apicurio.key.encoding=42494e415259",
      protobuf: "0c0a0a496e74333256616c75650805 apicurio.key.globalId=0102030405060708"),
  ]

  private func bytes(_ hex: some StringProtocol) -> [UInt8] {
    stride(from: 0, to: hex.count, by: 2).map { UInt8(hex.dropFirst($0).prefix(2), radix: 16)! }
  }

  private func use(_ one: Serialized) -> RegistryUse {
    RegistryUse(registry: "", framing: one.framing, useId: one.id)
  }

  /// The headers behind a message.
  private func headers(_ text: String) -> [SchemaHeader] {
    text.split(separator: " ").dropFirst().map { piece in
      let halves = piece.split(separator: "=")
      return SchemaHeader(name: String(halves[0]), value: bytes(halves[1]))
    }
  }

  private func message(_ text: String) -> [UInt8] { bytes(text.split(separator: " ")[0]) }

  func testBytesOfApicuriosSerializers() throws {
    let proto = WrittenSchema(format: .protobuf, text: "", recordName: "google.protobuf.Int32Value", index: [2, 6])
    for one in Self.ofSerializers {
      // The serializers cut a global id to the four bytes that there are.
      let global: Int64 = one.framing == .apicurio ? 0x0506_0708 : 0x0102_0304_0506_0708
      let ids = SchemaIds(contentId: 0x0102_0304, globalId: global)
      let names = one.framing.headerNames(one.part)
      for (schema, text, payload) in [(avro, one.avro, [0x0a] as [UInt8]), (proto, one.protobuf, [0x08, 0x05])] {
        let written = try use(one).written(ids, schema, one.part, of: "a")
        XCTAssertEqual(written.lead + payload, message(text), text)
        XCTAssertEqual(written.headers, headers(text), text)
        let mark = message(text).withUnsafeBufferPointer { message in
          use(one).mark(message, one.part) { index in headers(text).first { $0.name == names[index] }?.value[...] }
        }
        XCTAssertEqual(mark.schema, one.id == .content ? .contentId(0x0102_0304) : .globalId(global), text)
      }
    }
  }

  /// Serdes get the name where they look for an index.
  func testProtobufOfApicuriosSerializersIsTakenOff() throws {
    let host = HostSchema(format: .protobuf, name: "proto", text: "")
    for one in Self.ofSerializers {
      let (text, isKey) = (one.protobuf, one.part == .key)
      let raw = RawMessages([message(text)])
      let schemas = WorkerSchemas(use(one), one.part) { _ in .known(host) }
      let framing = try XCTUnwrap(SchemaFraming(keys: isKey ? schemas : nil, values: isKey ? nil : schemas))
      let header = headers(text).first.map { FramingHeaders($0.name, [$0.value]) } ?? FramingHeaders()
      let result = framing.takeOff(raw.raw, headers: header)
      let bare = result.batch.batch.pointee
      let span = (isKey ? bare.keys : bare.values)[0]
      XCTAssertEqual(result.errors.map(\.message), [])
      let taken = UnsafeBufferPointer(start: bare.data + Int(span.offset), count: Int(max(0, span.length)))
      XCTAssertEqual(Array(taken), [1, 10] + Array("Int32Value".utf8) + [8, 5], text)
    }
  }

  func testIdsBeforeThePayload() {
    XCTAssertEqual(
      mark(.apicurio, .content, [0, 1, 2, 3, 4, 9]), .before(.contentId(0x0102_0304), size: 5))
    XCTAssertEqual(mark(.apicurio, .global, [0, 255, 255, 255, 255]), .before(.globalId(0xffff_ffff), size: 5))
    XCTAssertEqual(
      mark(.apicurioLegacy, .global, [0, 1, 2, 3, 4, 5, 6, 7, 8]), .before(.globalId(0x0102_0304_0506_0708), size: 9))
    XCTAssertEqual(
      mark(.apicurioLegacy, .content, [0, 1, 2, 3, 4, 5]),
      .wrong("6 bytes are too few for Apicurio's framing: expected a byte 0 and an id in 8 bytes"))
    XCTAssertEqual(
      mark(.apicurio, .content, [1, 0, 0, 0, 1]),
      .wrong("byte 0 is 1, expected 0, with which Apicurio's framing begins"))
    XCTAssertEqual(
      mark(.apicurioLegacy, .content, [0, 128, 0, 0, 0, 0, 0, 0, 0]),
      .wrong("9223372036854775808 is no schema's id: Apicurio's are less than 2^63"))
  }

  func testIdsInHeaders() {
    let (seven, eight): ([UInt8], [UInt8]) = ([0, 0, 0, 0, 0, 0, 0, 7], [0, 0, 0, 0, 0, 0, 0, 8])
    let binary = Array("BINARY".utf8)
    XCTAssertEqual(mark(.apicurioHeader, .global, [9], [seven, eight, binary]), .inHeader(.contentId(7), index: []))
    XCTAssertEqual(mark(.apicurioHeader, .content, [9], [nil, eight, nil]), .inHeader(.globalId(8), index: []))
    XCTAssertEqual(mark(.apicurioHeader, .content, [0, 0, 0, 0, 6]), .before(.contentId(6), size: 5))
    XCTAssertEqual(
      mark(.apicurioHeader, .content, [0, 0, 0, 0, 6], [[7], nil, nil]),
      .wrong("header \"apicurio.value.contentId\" has 1 bytes, expected an id in 8"))
    guard case .wrong(let why) = mark(.apicurioHeader, .content, [9], [seven, nil, Array("JSON".utf8)]) else {
      return XCTFail("Avro's encoding in JSON is taken for the binary one")
    }
    XCTAssert(
      why.hasPrefix("header \"apicurio.value.encoding\" says \"JSON\": of Avro's encodings only BINARY is read"), why)
  }

  func testWhatIsWritten() throws {
    XCTAssertEqual(try written(.apicurio, .content, avro), WrittenFraming(lead: [0, 1, 2, 3, 4]))
    XCTAssertEqual(try written(.apicurio, .global, avro), WrittenFraming(lead: [0, 0, 0, 0, 5]))
    XCTAssertEqual(try written(.apicurioLegacy, .content, avro), WrittenFraming(lead: [0, 0, 0, 0, 0, 1, 2, 3, 4]))
    let encoding = SchemaHeader(name: "apicurio.value.encoding", value: Array("BINARY".utf8))
    XCTAssertEqual(
      try written(.apicurioHeader, .content, avro),
      WrittenFraming(headers: [
        SchemaHeader(name: "apicurio.value.contentId", value: [0, 0, 0, 0, 1, 2, 3, 4]), encoding,
      ]))
    XCTAssertEqual(
      try written(.apicurioHeader, .global, WrittenSchema(format: .json, text: "")),
      WrittenFraming(headers: [SchemaHeader(name: "apicurio.value.globalId", value: [0, 0, 0, 0, 0, 0, 0, 5])]))
    XCTAssertThrowsError(try written(.apicurio, .content, avro, SchemaIds(contentId: 1 << 32, globalId: 1)))
    XCTAssertThrowsError(try written(.apicurioLegacy, .content, avro, SchemaIds(id: 7)))
  }

  func testProtobufMessagesAreNamed() throws {
    func schema(_ name: String, _ index: [UInt8]) -> WrittenSchema {
      WrittenSchema(format: .protobuf, text: "", recordName: name, index: index)
    }
    let ref: [UInt8] = [5, 10, 3] + Array("Row".utf8)
    XCTAssertEqual(
      try written(.apicurio, .content, schema("acme.Row", [0])), WrittenFraming(lead: [0, 1, 2, 3, 4] + ref))
    XCTAssertEqual(
      try written(.apicurioHeader, .global, schema("Row", [2, 4])),
      WrittenFraming(
        lead: ref, headers: [SchemaHeader(name: "apicurio.value.globalId", value: [0, 0, 0, 0, 0, 0, 0, 5])]))
    XCTAssertThrowsError(try written(.apicurio, .content, schema("acme.Order.Row", [4, 0, 0])))
  }

  func testReferencesToMessages() {
    func first(_ bytes: [UInt8]) -> (name: [UInt8], size: Int32)? {
      bytes.withUnsafeBufferPointer { MessageRef.first(of: $0).map { (Array($0.name), $0.size) } }
    }
    for (bytes, name, size) in [
      ([3, 10, 1, 65, 9, 9], [65], 4), ([2, 10, 0], [], 3), ([5, 10, 1, 65, 16, 3], [65], 6),
      ([6, 10, 1, 65, 10, 1, 66], [66], 7), ([0x83, 0, 10, 1, 65], [65], 5),
    ] as [([UInt8], [UInt8], Int32)] {
      let found = first(bytes)
      XCTAssertEqual(found?.name, name, "\(bytes)")
      XCTAssertEqual(found?.size, size, "\(bytes)")
    }
    for none in [
      [], [0], [3, 10, 1], [3, 10, 2, 65], [2, 16, 1], [1, 10], [2, 11, 0], [7, 0, 0, 8, 3, 10, 1, 65],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    ] as [[UInt8]] {
      XCTAssertNil(first(none), "\(none)")
    }
    XCTAssertEqual(MessageRef.index([65, 66]), [1, 2, 65, 66])
  }
}
