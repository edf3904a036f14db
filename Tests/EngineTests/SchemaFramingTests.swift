import CMillrace
import Columnar
import Pipeline
import PluginHost
import SchemaRegistry
import XCTest

@testable import Engine

/// A raw batch of values; counts its references.
final class RawMessages {
  let raw: UnsafeMutablePointer<mill_raw_batch>
  let references = UnsafeMutablePointer<Int>.allocate(capacity: 1)
  private let data: UnsafeMutablePointer<UInt8>
  private let spans: UnsafeMutablePointer<mill_span>
  private let offsets, timestamps: UnsafeMutablePointer<Int64>

  init(_ values: [[UInt8]?]) {
    let bytes = values.flatMap { $0 ?? [] }
    data = .allocate(capacity: bytes.count + 64)
    data.initialize(repeating: 0, count: bytes.count + 64)
    data.update(from: bytes, count: bytes.count)
    spans = .allocate(capacity: values.count)
    offsets = .allocate(capacity: values.count)
    timestamps = .allocate(capacity: values.count)
    var end: Int32 = 0
    for (row, value) in values.enumerated() {
      let size = Int32(value?.count ?? -1)
      (spans + row).initialize(to: mill_span(offset: size < 0 ? 0 : end, length: size))
      (offsets + row).initialize(to: Int64(100 + row))
      (timestamps + row).initialize(to: Int64(100 + row) * 1000)
      end += max(0, size)
    }
    references.initialize(to: 1)
    raw = .allocate(capacity: 1)
    var batch = mill_raw_batch()
    batch.length = Int64(values.count)
    batch.data = UnsafePointer(data)
    batch.data_size = Int64(end)
    (batch.keys, batch.values) = (UnsafePointer(spans), UnsafePointer(spans))
    (batch.offsets, batch.timestamps_us) = (UnsafePointer(offsets), UnsafePointer(timestamps))
    batch.private_data = UnsafeMutableRawPointer(references)
    batch.retain = { $0?.pointee.private_data.assumingMemoryBound(to: Int.self).pointee += 1 }
    batch.release = { $0?.pointee.private_data.assumingMemoryBound(to: Int.self).pointee -= 1 }
    raw.initialize(to: batch)
  }

  deinit {
    data.deallocate()
    spans.deallocate()
    offsets.deallocate()
    timestamps.deallocate()
    raw.deallocate()
    references.deallocate()
  }
}

final class SchemaFramingTests: XCTestCase {
  private let seven = HostSchema(format: .json, name: "id 7", text: "{}")
  private let eight = HostSchema(format: .json, name: "id 8", text: "[]")
  private var hasEight = false
  private var looks: [SchemaId] = []

  private func framing() throws -> SchemaFraming {
    try XCTUnwrap(
      SchemaFraming(
        keys: nil,
        values: WorkerSchemas(RegistryUse(registry: "", framing: .confluent), .value) { [unowned self] id in
          looks.append(id)
          switch id {
          case .id(7): return .known(seven)
          case .id(8): return hasEight ? .known(eight) : .waiting
          default: return .absent("schema \(id): nobody has it")
          }
        }))
  }

  private func message(_ id: Int64, _ text: String) -> [UInt8] { ConfluentFraming.lead(id: id) + Array(text.utf8) }

  /// Messages that live as long as the test: what is made of them refers to them.
  private func messages(_ values: [[UInt8]?]) -> RawMessages {
    kept.append(RawMessages(values))
    return kept[kept.count - 1]
  }
  private var kept: [RawMessages] = []

  private func values(_ batch: FramedBatch) -> [String?] {
    let raw = batch.batch.pointee
    return (0..<Int(raw.length)).map { row in
      let span = raw.values[row]
      guard span.length >= 0 else { return nil }
      return String(
        decoding: UnsafeBufferPointer(start: raw.data + Int(span.offset), count: Int(span.length)), as: UTF8.self)
    }
  }

  func testALeadIsAByteAndTheIdBigEndian() {
    XCTAssertEqual(ConfluentFraming.lead(id: 0x0102_0304), [0, 1, 2, 3, 4])
    XCTAssertEqual(ConfluentFraming.lead(id: Int64(UInt32.max)), [0, 255, 255, 255, 255])
  }

  func testFramingIsTakenOff() throws {
    let messages = messages([
      message(7, "a"), nil, message(7, ""), [], [1, 0, 0, 0, 7], [0, 0, 0, 7], message(9, "b"),
    ])
    let result = try framing().takeOff(messages.raw)
    XCTAssertNil(result.wait)
    XCTAssertEqual(values(result.batch), ["a", nil, "", nil, nil, nil, nil])
    XCTAssertEqual(result.errors.map(\.row), [3, 4, 5, 6])
    XCTAssertEqual(
      result.errors.map(\.message),
      [
        "0 bytes are too few for a schema registry's framing: expected a byte 0 and a schema's id",
        "byte 0 is 1, expected 0, with which a schema registry's framing begins",
        "4 bytes are too few for a schema registry's framing: expected a byte 0 and a schema's id",
        "schema id 9: nobody has it",
      ])
    let schemas = try XCTUnwrap(result.batch.batch.pointee.value_schemas)
    XCTAssertEqual(
      (0..<7).map { schemas[$0]?.pointee.number },
      [seven.raw.pointee.number, nil, seven.raw.pointee.number, nil, nil, nil, nil])
    XCTAssertNil(result.batch.batch.pointee.key_schemas)
  }

  func testAMessageWithoutItsSchemaEndsTheBatch() throws {
    let messages = messages([message(7, "a"), message(8, "b"), message(7, "c")])
    let framing = try framing()
    let first = framing.takeOff(messages.raw)
    XCTAssertEqual(values(first.batch), ["a"])
    let wait = try XCTUnwrap(first.wait)
    XCTAssertEqual(wait.row, 1)
    XCTAssertFalse(wait.isOver())
    hasEight = true
    XCTAssert(wait.isOver())
    let second = framing.takeOff(messages.raw)
    XCTAssertNil(second.wait)
    XCTAssertEqual(values(second.batch), ["a", "b", "c"])
  }

  func testWhatIsBehindAWaitIsAskedForButNotJudged() throws {
    let messages = messages([message(8, "b"), [], message(9, "c"), message(7, "d")])
    let result = try framing().takeOff(messages.raw)
    XCTAssertEqual(values(result.batch), [])
    XCTAssertEqual(result.errors.map(\.row), [])
    XCTAssertEqual(looks, [.id(8), .id(9), .id(7)])
  }

  func testTheFirstWaitOfKeysAndValuesCounts() throws {
    func schemas(_ waitingFor: Int64) -> WorkerSchemas {
      WorkerSchemas(RegistryUse(registry: "", framing: .confluent), .value) { [seven] in
        $0 == .id(waitingFor) ? .waiting : .known(seven)
      }
    }
    let raw = messages([message(7, "a"), message(2, "b"), message(1, "c")]).raw
    for (keys, values) in [(Int64(1), Int64(2)), (2, 1)] {
      let framing = try XCTUnwrap(SchemaFraming(keys: schemas(keys), values: schemas(values)))
      let result = framing.takeOff(raw)
      XCTAssertEqual(result.wait?.row, 1)
      XCTAssertEqual(self.values(result.batch), ["a"])
    }
  }

  func testABatchThatBeginsWithAWaitIsEmpty() throws {
    let first = try framing().takeOff(messages([message(8, "b")]).raw)
    XCTAssertEqual(values(first.batch), [])
    XCTAssertEqual(first.wait?.row, 0)
  }

  func testASchemaIsLookedUpOnceAWorker() throws {
    let framing = try framing()
    for _ in 0..<3 { _ = framing.takeOff(messages([message(7, "a"), message(7, "b")]).raw) }
    XCTAssertEqual(looks, [.id(7)])
  }

  /// A decoder may keep the bare batch: it keeps the one that it was made of.
  func testTheBareBatchKeepsTheOther() throws {
    let messages = messages([message(7, "a")])
    var result: SchemaFraming.Result? = try framing().takeOff(messages.raw)
    XCTAssertEqual(messages.references.pointee, 2)
    let kept = try XCTUnwrap(result).batch.batch
    kept.pointee.retain(kept)
    result = nil
    XCTAssertEqual(messages.references.pointee, 2)
    XCTAssertEqual(kept.pointee.length, 1)
    kept.pointee.release(kept)
    XCTAssertEqual(messages.references.pointee, 1)
  }

  func testWaitsAreLookedAtNowAndThen() {
    var waits = SchemaWaits()
    var isOver = false
    waits.begin(3, now_us: 0) { isOver }
    XCTAssert(waits.contains(3))
    XCTAssertEqual(waits.over(now_us: 60_000), [])
    isOver = true
    XCTAssertEqual(waits.over(now_us: 70_000), [], "it is too early to look")
    XCTAssertEqual(waits.over(now_us: 200_000), [3])
    XCTAssert(waits.isEmpty)
  }
}
