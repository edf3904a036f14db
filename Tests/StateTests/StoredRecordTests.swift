import CMillrace
import Columnar
import MillraceTesting
import State
import XCTest

/// Records, taken apart, say what the state that wrote them had.
final class StoredRecordTests: XCTestCase {
  private let states = [
    StateDescriptor(
      name: "totals", kind: .value,
      type: .structure([Field("a", .int8), Field("b", .int64), Field("c", .bool), Field("d", .fixedSizeBinary(3))])),
    StateDescriptor(
      name: "note", kind: .bytes, type: .utf8, timeToLive: TimeToLive(duration_us: 500, renewsOnRead: false)),
    StateDescriptor(name: "seen", kind: .list, type: .int16),
    StateDescriptor(name: "by", kind: .map, type: .int64, mapKeyType: .utf8),
  ]

  private func buffer<Result>(_ bytes: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows
    -> Result
  {
    try bytes.withUnsafeBufferPointer(body)
  }

  /// A record with everything, as `KeyedState` writes it.
  private func fullRecord() throws -> [UInt8] {
    let state = try KeyedState(descriptors: states, keyGroups: 8, now: { 1000 })
    let slot = try buffer([7]) { try state.resolve(key: $0) }
    let record = try XCTUnwrap(state.cells[0] as? ValueCell).valueForUpdate(Int(slot))
    record.storeBytes(of: -5, as: Int8.self)
    record.storeBytes(of: 77, toByteOffset: 8, as: Int64.self)
    record.storeBytes(of: 1, toByteOffset: 16, as: UInt8.self)
    buffer([65, 66]) { (state.cells[1] as? BytesCell)?.set(Int(slot), $0) }
    for item in [[1, 2], [], [3]] as [[UInt8]] {
      _ = buffer(item) { (state.cells[2] as? ListCell)?.append(Int(slot), $0) }
    }
    for key in [[98], [97]] as [[UInt8]] {
      _ = buffer(key) { key in buffer([9]) { (state.cells[3] as? MapCell)?.put(Int(slot), key, $0) } }
    }
    state.setTimer(slot: slot, kind: UInt32(MILL_TIME_PROCESSING), time_us: 5)
    state.setTimer(slot: slot, kind: UInt32(MILL_TIME_EVENT), time_us: -3)
    try state.endCallback()
    var found: [[UInt8]] = []
    state.takeChanges().forEachSorted { found.append(Array($0.record ?? UnsafeRawBufferPointer(start: nil, count: 0))) }
    XCTAssertEqual(found.count, 1)
    return found[0]
  }

  func testWhatKeyedStateWrites() throws {
    try fullRecord().withUnsafeBytes { bytes in
      let record = try StoredRecord(decoding: bytes, states: states)
      XCTAssertEqual(record.expiry_us, .max, "it has timers")
      XCTAssertEqual(record.states.map { $0?.deadline_us }, [.max, 1500, .max, .max])
      guard case .bytes(let value)? = record.states[0]?.content, case .bytes(let note)? = record.states[1]?.content,
        case .list(let items)? = record.states[2]?.content, case .map(let entries)? = record.states[3]?.content
      else { return XCTFail("other kinds") }
      let fields = try states[0].valueFields()
      XCTAssertEqual(fields.map(\.offset), [0, 8, 16, 17])
      XCTAssertEqual(value.count, 24)
      XCTAssertEqual(value.loadUnaligned(as: Int8.self), -5)
      XCTAssertEqual(value.loadUnaligned(fromByteOffset: fields[1].offset, as: Int64.self), 77)
      XCTAssertEqual(Array(note), [65, 66])
      XCTAssertEqual(items.map { Array($0) }, [[1, 2], [], [3]])
      XCTAssertEqual(entries.map { Array($0.key) + Array($0.value) }, [[97, 9], [98, 9]])
      XCTAssertEqual(record.states.map { $0?.content.size }, [24, 2, 3, 4])
      XCTAssertEqual(record.timers.map { "\($0.kind) \($0.time_us)" }, ["0 -3", "1 5"])
    }
  }

  func testNothingAndExpiry() throws {
    // Expires at 300; no state, no timer.
    let record = try ([0xac, 0x02, 0, 0, 0, 0, 0] as [UInt8]).withUnsafeBytes {
      try StoredRecord(decoding: $0, states: states)
    }
    XCTAssertEqual(record.expiry_us, 300)
    XCTAssert(record.states.allSatisfy { $0 == nil })
    XCTAssert(record.timers.isEmpty)
  }

  func testEveryOtherLengthIsRefused() throws {
    let bytes = try fullRecord()
    for size in bytes.indices {
      XCTAssertThrowsError(
        try bytes.prefix(size).withUnsafeBytes { try StoredRecord(decoding: $0, states: states) }, "\(size) bytes")
    }
    XCTAssertThrowsError(try (bytes + [0]).withUnsafeBytes { try StoredRecord(decoding: $0, states: states) }) {
      XCTAssert("\($0)".contains("more than a record of these states at its byte \(bytes.count)"), "\($0)")
    }
  }

  func testOtherStatesAreRefused() throws {
    let bytes = try fullRecord()
    var other = states
    other[0].type = .structure([Field("a", .int64)])
    XCTAssertThrowsError(try bytes.withUnsafeBytes { try StoredRecord(decoding: $0, states: other) }) {
      XCTAssert("\($0)".contains("a value of 24 bytes for state \"totals\""), "\($0)")
    }
    XCTAssertThrowsError(try bytes.withUnsafeBytes { try StoredRecord(decoding: $0, states: states.dropLast()) })
  }

  func testAnyBytes() throws {
    let bytes = try fullRecord()
    var random = SimulationRandom(seed: testSeed())
    var refused = 0
    for _ in 0..<20_000 {
      var changed = bytes
      for _ in 0..<(1 + random.below(3)) { changed[random.below(bytes.count)] = UInt8(random.below(256)) }
      do { _ = try changed.withUnsafeBytes { try StoredRecord(decoding: $0, states: states) } } catch { refused += 1 }
    }
    XCTAssertGreaterThan(refused, 2000)
  }

  func testKindsByName() {
    for kind in [StateKind.value, .bytes, .list, .map] { XCTAssertEqual(StateKind(name: kind.name), kind) }
    XCTAssertNil(StateKind(name: "own"))
  }
}
