import CMillrace
import Foundation
import Pipeline
import PluginHost
import SchemaRegistry
import XCTest

@testable import Engine

/// Whatever messages begin with: what is taken off and what is said of it is what a plain reading of the rules gives.
final class SchemaFramingMutationTests: XCTestCase {
  /// What becomes of a message.
  private enum Fate: Equatable {
    case null
    case bare([UInt8], schema: UInt64)
    case wrong
    case waits
  }

  private let schemas = (0..<4).map { HostSchema(format: $0 < 2 ? .json : .protobuf, name: "id \($0)", text: "{}") }

  /// Of ids that end in 0 to 3 there are schemas, 4 and 5 are waited for, the rest nobody has.
  private func look(_ id: SchemaId) -> Registries.Answer {
    let number =
      switch id {
      case .id(let id): id
      case .guid(let guid): Int64(guid.bytes[15])
      case .contentId(let id), .globalId(let id): id
      }
    switch number % 10 {
    case 0..<4: return .known(schemas[Int(number % 10)])
    case 4, 5: return .waiting
    default: return .absent("schema \(id): nobody has it")
    }
  }

  private func fate(_ message: [UInt8]?) -> Fate {
    guard let message else { return .null }
    guard message.count >= 5, message[0] == 0 else { return .wrong }
    let id = message[1..<5].reduce(Int64(0)) { $0 * 256 + Int64($1) }
    return fate(.id(id)) { _ in Array(message[5...]) }
  }

  private func fate(_ id: SchemaId, _ bare: (HostSchema) -> [UInt8]?) -> Fate {
    switch look(id) {
    case .known(let schema): bare(schema).map { .bare($0, schema: schema.raw.pointee.number) } ?? .wrong
    case .waiting: .waits
    case .absent: .wrong
    }
  }

  private func fate(_ message: [UInt8]?, header: [UInt8]?) -> Fate {
    guard let header, let message else { return fate(message) }
    switch header.first {
    case 0 where header.count >= 5: return fate(fate(header), message, Array(header[5...]))
    case 1 where header.count >= 17:
      return fate(fate(.guid(SchemaGuid(header[1..<17])!)) { _ in [] }, message, Array(header[17...]))
    default: return .wrong
    }
  }

  /// `fate`: by the id alone; `rest`: what the header has behind it.
  private func fate(_ fate: Fate, _ message: [UInt8], _ rest: [UInt8]) -> Fate {
    guard case .bare(_, let number) = fate else { return fate }
    let isProtobuf = schemas.contains { $0.raw.pointee.number == number && $0.format == .protobuf }
    guard isProtobuf else { return .bare(message, schema: number) }
    guard let size = indexSize(rest) else { return .wrong }
    return .bare(Array(rest[..<size]) + message, schema: number)
  }

  /// How many bytes a list of indexes takes; nil: there is none.
  private func indexSize(_ bytes: [UInt8]) -> Int? {
    var ends = bytes.indices.filter { bytes[$0] < 0x80 }[...]
    guard let end = ends.popFirst(), end < 9 else { return nil }
    let count = (0...end).reduce(0) { $0 | Int(bytes[$1] & 0x7f) << (7 * $1) }
    guard count >= 0, count % 2 == 0, count / 2 <= ends.count else { return nil }
    let last = count == 0 ? end : ends[ends.startIndex + count / 2 - 1]
    var start = end + 1
    for one in ends.prefix(count / 2) {
      guard one - start < 10 else { return nil }
      start = one + 1
    }
    return last + 1
  }

  private func fates(_ result: SchemaFraming.Result) -> [Fate] {
    let raw = result.batch.batch.pointee
    let wrong = Set(result.errors.map(\.row))
    return (0..<Int(raw.length)).map { row in
      let span = raw.values[row]
      guard let schema = raw.value_schemas[row] else {
        XCTAssertEqual(span.length, -1)
        return wrong.contains(row) ? .wrong : .null
      }
      XCTAssertFalse(wrong.contains(row))
      let bytes = UnsafeBufferPointer(start: raw.data + Int(span.offset), count: Int(span.length))
      return .bare(Array(bytes), schema: schema.pointee.number)
    }
  }

  private func message(_ random: inout some RandomNumberGenerator) -> [UInt8]? {
    let payload = (0..<Int.random(in: 0...20, using: &random)).map { UInt8($0) }
    let id = [Int64.random(in: 0...9, using: &random), .random(in: 0...Int64(UInt32.max), using: &random)]
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return nil
    case 1: return Array((ConfluentFraming.lead(id: id[0]) + payload).prefix(.random(in: 0...6, using: &random)))
    case 2: return payload.map { _ in UInt8.random(in: 0...255, using: &random) }
    case 3: return ConfluentFraming.lead(id: id[1]) + payload
    default: return ConfluentFraming.lead(id: id[0] % 4 + 10 * (id[1] % 100)) + payload
    }
  }

  private func header(_ random: inout some RandomNumberGenerator) -> [UInt8]? {
    let rest = (0..<Int.random(in: 0...4, using: &random)).map { _ -> UInt8 in
      Bool.random(using: &random) ? 2 * .random(in: 0...2, using: &random) : .random(in: 0...255, using: &random)
    }
    let id = Array(repeating: UInt8(0), count: 15) + [UInt8.random(in: 0...9, using: &random)]
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<5: return nil
    case 5: return Array(([1] + id + rest).prefix(.random(in: 0...20, using: &random)))
    case 6: return (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
    case 7..<10: return [0] + id[12...] + rest
    default: return [1] + id[..<15] + [id[15] % 4] + [0] + rest
    }
  }

  private func schemas(_ framing: Framing) -> WorkerSchemas {
    WorkerSchemas(RegistryUse(registry: "", framing: framing), .value) { [unowned self] in look($0) }
  }

  private func seeded(_ test: String) -> Seeded {
    let given = ProcessInfo.processInfo.environment["MILLRACE_SEED"].flatMap(UInt64.init)
    let random = Seeded(state: given ?? .random(in: 1 ... .max))
    print("\(test): MILLRACE_SEED=\(random.state)")
    return random
  }

  func testRandomHeaders() throws {
    var random = seeded("random headers")
    let framing = try XCTUnwrap(SchemaFraming(keys: nil, values: schemas(.confluentHeader)))
    var fates: [Fate] = []
    for _ in 0..<10_000 {
      let values = (0..<Int.random(in: 0...8, using: &random)).map { _ in message(&random) }
      let headers = values.map { _ in header(&random) }
      let expected = zip(values, headers).map { fate($0, header: $1) }
      let wait = expected.firstIndex(of: .waits)
      let messages = RawMessages(values)
      withExtendedLifetime(messages) {
        let result = framing.takeOff(messages.raw, headers: FramingHeaders("__value_schema_id", headers))
        XCTAssertEqual(self.fates(result), Array(expected.prefix(wait ?? values.count)), "\(values) \(headers)")
        XCTAssertEqual(result.wait?.row, wait)
      }
      XCTAssertEqual(messages.references.pointee, 1, "the bare batch has let go of the other")
      fates += expected.prefix(wait ?? values.count)
    }
    XCTAssertGreaterThan(fates.filter { $0 != .wrong && $0 != .null }.count, fates.count / 3)
    XCTAssertGreaterThan(fates.filter { $0 == .wrong }.count, fates.count / 20)
  }

  /// What Apicurio's Protobuf serializers write before a payload, and what serdes read instead; nil: that is none.
  private func named(_ payload: [UInt8]) -> [UInt8]? {
    guard let size = payload.first.map(Int.init), size < 0x80, size < payload.count else { return nil }
    // The tests' references have a name of one letter only, or what is none.
    let ref = Array(payload[1..<(1 + size)])
    guard ref.count == 3, ref[0] == 10, ref[1] == 1 else { return nil }
    return [1, 1, ref[2]] + payload[(size + 1)...]
  }

  private func apicurioFate(_ message: [UInt8]?, _ header: [UInt8]?, idSize: Int) -> Fate {
    guard let message else { return .null }
    if let header {
      guard header.count == 8, header[0] < 0x80 else { return .wrong }
      return fate(id(header)) { bare(message, $0) }
    }
    guard message.count > idSize, message[0] == 0, idSize == 4 || message[1] < 0x80 else { return .wrong }
    return fate(id(message[1...idSize])) { bare(Array(message[(idSize + 1)...]), $0) }
  }

  private func id(_ bytes: some Sequence<UInt8>) -> SchemaId { .globalId(bytes.reduce(0) { $0 << 8 | Int64($1) }) }

  private func bare(_ payload: [UInt8], _ schema: HostSchema) -> [UInt8]? {
    schema.format == .protobuf ? named(payload) : payload
  }

  private func apicurioMessage(_ random: inout some RandomNumberGenerator, idSize: Int) -> [UInt8]? {
    var payload = (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8(127) }
    if Int.random(in: 0..<10, using: &random) > 0 { payload = [3, 10, 1, 65] + payload }
    var bytes = ApicurioFraming.lead(id: Int64.random(in: 0...9, using: &random), idSize: idSize) + payload
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return nil
    case 1: return Array(bytes.prefix(.random(in: 0...12, using: &random)))
    case 2: bytes[.random(in: 0...idSize, using: &random)] = .random(in: 0...255, using: &random)
    default: break
    }
    return bytes
  }

  func testRandomApicurioFraming() throws {
    var random = seeded("random Apicurio framing")
    for (framing, idSize) in [(Framing.apicurio, 4), (.apicurioLegacy, 8), (.apicurioHeader, 4)] {
      let use = RegistryUse(registry: "", framing: framing, useId: .global)
      let schemas = WorkerSchemas(use, .value) { [unowned self] in look($0) }
      let framing = try XCTUnwrap(SchemaFraming(keys: nil, values: schemas))
      var bare = 0
      for _ in 0..<4_000 {
        let values = (0..<Int.random(in: 0...8, using: &random)).map { _ in apicurioMessage(&random, idSize: idSize) }
        let headers = values.map { _ -> [UInt8]? in
          guard use.framing == .apicurioHeader, Bool.random(using: &random) else { return nil }
          let id = Array(repeating: UInt8(0), count: 7) + [UInt8.random(in: 0...3, using: &random)]
          return Bool.random(using: &random)
            ? id : Array(id.shuffled(using: &random).prefix(.random(in: 0...9, using: &random)))
        }
        let expected = zip(values, headers).map { apicurioFate($0, $1, idSize: idSize) }
        let wait = expected.firstIndex(of: .waits)
        let messages = RawMessages(values)
        withExtendedLifetime(messages) {
          let result = framing.takeOff(messages.raw, headers: FramingHeaders("apicurio.value.globalId", headers))
          XCTAssertEqual(fates(result), Array(expected.prefix(wait ?? values.count)), "\(values) \(headers)")
          XCTAssertEqual(result.wait?.row, wait)
        }
        XCTAssertEqual(messages.references.pointee, 1)
        bare += expected.prefix(wait ?? values.count).filter { $0 != .wrong && $0 != .null }.count
      }
      XCTAssertGreaterThan(bare, 3_000)
    }
  }

  func testRandomMessages() throws {
    var random = seeded("random framing")
    let framing = try XCTUnwrap(SchemaFraming(keys: nil, values: schemas(.confluent)))
    var whole = 0
    for _ in 0..<10_000 {
      let values = (0..<Int.random(in: 0...8, using: &random)).map { _ in message(&random) }
      let expected = values.map(fate)
      let wait = expected.firstIndex(of: .waits)
      let messages = RawMessages(values)
      withExtendedLifetime(messages) {
        let result = framing.takeOff(messages.raw)
        XCTAssertEqual(fates(result), Array(expected.prefix(wait ?? values.count)), "\(values)")
        XCTAssertEqual(result.wait?.row, wait)
        whole += wait == nil ? 1 : 0
      }
      XCTAssertEqual(messages.references.pointee, 1, "the bare batch has let go of the other")
    }
    XCTAssertGreaterThan(whole, 1_000)
    XCTAssertLessThan(whole, 9_900)
  }
}

/// Xorshift, https://www.jstatsoft.org/article/view/v008i14; `state` is not 0.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
