import CMillrace
import Kafka
import Pipeline
import PluginHost
import SchemaRegistry
import XCTest

@testable import Engine

extension FramingHeaders {
  /// Values of one header by message.
  init(_ name: String, _ values: [[UInt8]?]) {
    var read = HeaderValues()
    for value in values {
      if let value { value.withUnsafeBytes { read.add($0) } } else { read.add(nil) }
    }
    self.init([HeaderValues(), read], [name])
  }
}

/// Schemas that messages say in a header.
final class HeaderFramingTests: XCTestCase {
  private static let name = "__value_schema_id"
  private let guid = SchemaGuid(Array(16..<32))!
  private let json = HostSchema(format: .json, name: "json", text: "{}")
  private let proto = HostSchema(format: .protobuf, name: "proto", text: "")
  private var kept: [RawMessages] = []

  private func framing(_ kind: MessagePart = .value, schema: HostSchema) -> SchemaFraming {
    let schemas = WorkerSchemas(RegistryUse(registry: "", framing: .confluentHeader), kind) { [guid] id in
      id == .guid(guid) || id == .id(7) ? .known(schema) : .absent("schema \(id): nobody has it")
    }
    return SchemaFraming(keys: kind == .key ? schemas : nil, values: kind == .value ? schemas : nil)!
  }

  private func takeOff(
    _ values: [[UInt8]?], _ headers: [[UInt8]?], schema: HostSchema
  ) -> (values: [[UInt8]?], errors: [RowError], result: SchemaFraming.Result) {
    kept.append(RawMessages(values))
    let result = framing(schema: schema).takeOff(
      kept[kept.count - 1].raw, headers: FramingHeaders(Self.name, headers))
    let raw = result.batch.batch.pointee
    let bare = (0..<Int(raw.length)).map { row -> [UInt8]? in
      let span = raw.values[row]
      XCTAssertEqual(span.length < 0, raw.value_schemas[row] == nil)
      guard span.length >= 0 else { return nil }
      XCTAssertLessThanOrEqual(Int64(span.offset) + Int64(span.length), raw.data_size)
      return Array(UnsafeBufferPointer(start: raw.data + Int(span.offset), count: Int(span.length)))
    }
    for at in 0..<64 { XCTAssertEqual(raw.data[Int(raw.data_size) + at], 0, "the padding is zeros") }
    return (bare, result.errors, result)
  }

  func testAHeaderComesBeforeAPrefix() {
    let header = [1] + guid.bytes
    let found = takeOff(
      [[5], [0, 0, 0, 0, 7, 6], [0, 0, 0, 0, 7, 6], nil, [], [4]],
      [header, nil, header, header, header, [0, 0, 0, 0, 7]], schema: json)
    XCTAssertEqual(found.values, [[5], [6], [0, 0, 0, 0, 7, 6], nil, [], [4]])
    XCTAssertEqual(found.errors.map(\.row), [])
  }

  func testWhatIsNoSchemasHeader() {
    let headers: [[UInt8]] = [[], [1], [1] + Array(0..<15), [0, 0, 0, 7], [2] + guid.bytes, [1] + Array(0..<16)]
    let found = takeOff(headers.map { _ in [1] }, headers, schema: json)
    XCTAssertEqual(found.values, headers.map { _ in nil })
    XCTAssertEqual(found.errors.map(\.row), Array(0..<6))
    XCTAssertEqual(
      found.errors.first?.message,
      "header \"__value_schema_id\", of 0 bytes, is none of a schema's: expected a byte 1 and a GUID, or a byte 0 and an id"
    )
    XCTAssertEqual(found.errors.last?.message, "schema guid 00010203-0405-0607-0809-0a0b0c0d0e0f: nobody has it")
  }

  /// Of Protobuf the header has what Confluent's framing has before the payload; serdes find it there.
  func testTheMessagesIndexesComeBeforeThePayload() {
    let header = [1] + guid.bytes
    let found = takeOff(
      [[9, 9], [8], [], [7], nil, [6], [0, 0, 0, 0, 7, 2, 4, 5]],
      [header + [0], header + [4, 2, 6], header + [0], header, header + [0], header + [2], nil], schema: proto)
    XCTAssertEqual(found.values, [[0, 9, 9], [4, 2, 6, 8], [0], nil, nil, nil, [2, 4, 5]])
    XCTAssertEqual(found.errors.map(\.row), [3, 5])
    XCTAssertEqual(
      found.errors.first?.message,
      "the header that says the schema does not say which message of it: expected the indexes behind its id")
  }

  func testWhatIsBehindTheIndexesIsPassedOver() {
    XCTAssertEqual(MessageIndex.first(of: [0, 1, 2]), [0])
    XCTAssertEqual(MessageIndex.first(of: [2, 0x80, 0x01, 9]), [2, 0x80, 0x01])
    for none in [[], [1], [3, 0], [4, 0], [2, 0x80], [0x80], Array(repeating: 0xff, count: 12)] as [[UInt8]] {
      XCTAssertNil(MessageIndex.first(of: none[...]), "\(none)")
    }
  }

  func testManyMessagesThatArePutTogether() {
    let header = [1] + guid.bytes + [4, 2, 6]
    let values = (0..<3000).map { row in Array(repeating: UInt8(row % 251), count: row % 97) }
    let found = takeOff(values, values.map { _ in header }, schema: proto)
    XCTAssertEqual(found.values, values.map { [4, 2, 6] + $0 })
  }

  /// Keys and values have one place for their bytes.
  func testKeysAndValuesThatArePutTogether() {
    let raw = RawMessages([[1, 1], [2]])
    let header = [1] + guid.bytes + [0]
    func schemas(_ kind: MessagePart) -> WorkerSchemas {
      WorkerSchemas(RegistryUse(registry: "", framing: .confluentHeader), kind) { [proto] _ in .known(proto) }
    }
    var read = HeaderValues()
    for _ in 0..<2 { header.withUnsafeBytes { read.add($0) } }
    let result = SchemaFraming(keys: schemas(.key), values: schemas(.value))!.takeOff(
      raw.raw, headers: FramingHeaders([read, read], ["__key_schema_id", "__value_schema_id"]))
    let bare = result.batch.batch.pointee
    for spans in [bare.keys, bare.values] {
      let texts = (0..<2).map { row in
        Array(UnsafeBufferPointer(start: bare.data + Int(spans![row].offset), count: Int(spans![row].length)))
      }
      XCTAssertEqual(texts, [[0, 1, 1], [0, 2]])
    }
  }

  func testWhatIsWritten() throws {
    let ids = SchemaIds(id: 7, guid: guid)
    func use(_ framing: Framing) -> RegistryUse { RegistryUse(registry: "", framing: framing) }
    let schema = WrittenSchema(format: .protobuf, text: "", index: [2, 4])
    XCTAssertEqual(
      try use(.confluent).written(ids, schema, .value, of: "a"), WrittenFraming(lead: [0, 0, 0, 0, 7, 2, 4]))
    XCTAssertEqual(
      try use(.confluentHeader).written(ids, schema, .key, of: "a"),
      WrittenFraming(headers: [SchemaHeader(name: "__key_schema_id", value: [1] + guid.bytes + [2, 4])]))
    for (framing, ids) in [(Framing.confluent, SchemaIds(id: 1 << 32)), (.confluentHeader, SchemaIds(id: 7))] {
      XCTAssertThrowsError(try use(framing).written(ids, schema, .value, of: "subject \"a\""))
    }
  }
}
