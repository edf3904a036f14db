import CMillrace
import Foundation
import PluginHost
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

  private let schemas = (0..<4).map { HostSchema(format: .json, name: "id \($0)", text: "{}") }

  /// Of ids that end in 0 to 3 there are schemas, 4 and 5 are waited for, the rest nobody has.
  private func look(_ id: Int64) -> Registries.Answer {
    switch id % 10 {
    case 0..<4: .known(schemas[Int(id % 10)])
    case 4, 5: .waiting
    default: .absent("schema \(id): nobody has it")
    }
  }

  private func fate(_ message: [UInt8]?) -> Fate {
    guard let message else { return .null }
    guard message.count >= 5, message[0] == 0 else { return .wrong }
    let id = message[1..<5].reduce(Int64(0)) { $0 * 256 + Int64($1) }
    switch look(id) {
    case .known(let schema): return .bare(Array(message[5...]), schema: schema.raw.pointee.number)
    case .waiting: return .waits
    case .absent: return .wrong
    }
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
    case 1: return Array((SchemaFraming.lead(id: id[0]) + payload).prefix(.random(in: 0...6, using: &random)))
    case 2: return payload.map { _ in UInt8.random(in: 0...255, using: &random) }
    case 3: return SchemaFraming.lead(id: id[1]) + payload
    default: return SchemaFraming.lead(id: id[0] % 4 + 10 * (id[1] % 100)) + payload
    }
  }

  func testRandomMessages() throws {
    let given = ProcessInfo.processInfo.environment["MILLRACE_SEED"].flatMap(UInt64.init)
    var random = Seeded(state: given ?? .random(in: 1 ... .max))
    print("random framing: MILLRACE_SEED=\(random.state)")
    let framing = try XCTUnwrap(SchemaFraming(keys: nil, values: WorkerSchemas { [unowned self] in look($0) }))
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
