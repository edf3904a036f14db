import CMillrace
import Columnar
import State
import XCTest

/// What a plugin does wrong gets an answer, never a trap.
final class MisuseTests: XCTestCase {
  private let table = StateExtensions.keyedState.pointee
  private let timers = StateExtensions.timers.pointee

  private func withState(
    _ body: (UnsafeMutablePointer<mill_task>, KeyedState, [OpaquePointer]) throws -> Void
  ) throws {
    let types: [(StateKind, DataType)] = [
      (.value, .structure([Field("a", .int64)])), (.bytes, .utf8), (.list, .utf8), (.map, .utf8),
    ]
    let state = try KeyedState(
      descriptors: types.map {
        StateDescriptor(name: $0.name, kind: $0, type: $1, mapKeyType: $0 == .map ? .utf8 : nil)
      }, keyGroups: 8, now: { 0 })
    let context = TaskContext(keyedState: state)
    var task = mill_task()
    task.context = Unmanaged.passUnretained(context).toOpaque()
    let cells = state.cells.map { OpaquePointer(Unmanaged.passUnretained($0).toOpaque()) }
    try withExtendedLifetime(context) { try body(&task, state, cells) }
  }

  private func useEverything(_ state: OpaquePointer?, _ slot: UInt32) {
    var size: UInt64 = 7
    var entry = mill_map_entry()
    let byte: [UInt8] = [1]
    XCTAssertNil(table.value(state, slot))
    XCTAssertNil(table.value_for_update(state, slot))
    var record: UnsafeMutableRawPointer?
    XCTAssertEqual(table.values_for_update(state, [slot], 1, &record), Int32(MILL_FAILED))
    XCTAssertNil(record)
    XCTAssertNil(table.bytes(state, slot, &size))
    XCTAssertEqual(size, 0)
    XCTAssertEqual(table.set_bytes(state, slot, byte, 1), Int32(MILL_FAILED))
    XCTAssertEqual(table.list_count(state, slot), 0)
    XCTAssertNil(table.list_item(state, slot, 0, &size))
    XCTAssertEqual(table.list_append(state, slot, byte, 1), Int32(MILL_FAILED))
    XCTAssertNil(table.map_value(state, slot, byte, 1, &size))
    XCTAssertEqual(table.map_put(state, slot, byte, 1, byte, 1), Int32(MILL_FAILED))
    XCTAssertEqual(table.map_remove(state, slot, byte, 1), Int32(MILL_FAILED))
    XCTAssertEqual(table.map_next(state, slot, nil, 0, &entry), 0)
    entry.struct_size = UInt32(MemoryLayout<mill_map_entry>.size)
    XCTAssertEqual(table.map_range(state, slot, nil, 0, nil, 0, &entry, 1), 0)
    table.clear(state, slot)
  }

  func testSlotsThatDoNotExist() throws {
    try withState { task, state, cells in
      for slot in [UInt32(0), 1, 1023, 1024, 70_000, .max] {
        for cell in cells { useEverything(cell, slot) }
        useEverything(nil, slot)
        checkTimers(task, slot)
      }
      _ = state.takeChanges()
    }
  }

  private func checkTimers(_ task: UnsafeMutablePointer<mill_task>, _ slot: UInt32) {
    var (size, error) = (UInt64(7), mill_error())
    XCTAssertNil(table.key(task, slot, &size))
    XCTAssertEqual(timers.set(task, slot, UInt32(MILL_TIME_EVENT), 5, &error), Int32(MILL_FAILED))
    XCTAssertEqual(timers.cancel(task, slot, UInt32(MILL_TIME_EVENT), 5, &error), Int32(MILL_FAILED))
  }

  func testSlotsOfForgottenKeys() throws {
    try withState { task, state, _ in
      let slot = [UInt8(1)].withUnsafeBufferPointer { try! state.resolve(key: $0) }
      var error = mill_error()
      XCTAssertEqual(timers.set(task, slot, 7, 5, &error), Int32(MILL_FAILED), "no such kind of timer")
      try! state.endCallback()
      checkTimers(task, slot)
      var due: [mill_timer] = []
      try! state.popTimers(kind: UInt32(MILL_TIME_EVENT), upTo: .max, limit: 10, into: &due)
      XCTAssertEqual(due.count, 0)
    }
  }

  func testBatchesWithAWrongSlot() throws {
    try withState { _, state, cells in
      let slot = [UInt8(1)].withUnsafeBufferPointer { try! state.resolve(key: $0) }
      var records: [UnsafeMutableRawPointer?] = [nil, nil]
      XCTAssertEqual(table.values_for_update(cells[0], [slot, 1 << 20], 2, &records), Int32(MILL_FAILED))
      XCTAssertEqual(records, [nil, nil])
      XCTAssertNil(table.value(cells[0], slot), "nothing is made when a slot is wrong")
      XCTAssertEqual(table.values_for_update(cells[0], [slot, slot], 2, &records), Int32(MILL_OK))
      XCTAssertEqual(records[0], records[1])
      XCTAssertEqual(table.values_for_update(cells[1], [slot, slot], 2, &records), Int32(MILL_FAILED), "not a VALUE")
      XCTAssertEqual(table.values_for_update(cells[0], nil, 0, nil), Int32(MILL_OK))
    }
  }

  func testRangesOfNonsense() throws {
    try withState { _, state, cells in
      let slot = try [UInt8(1)].withUnsafeBufferPointer { try state.resolve(key: $0) }
      for key: UInt8 in 1..<5 { XCTAssertEqual(table.map_put(cells[3], slot, [key], 1, [key], 1), Int32(MILL_OK)) }
      var entry = mill_map_entry()
      for size: UInt32 in [0, 39, 41, 44] {
        entry.struct_size = size
        XCTAssertEqual(table.map_range(cells[3], slot, nil, 0, nil, 0, &entry, 1), 0, "entries of \(size) bytes")
      }
      entry.struct_size = UInt32(MemoryLayout<mill_map_entry>.size)
      XCTAssertEqual(table.map_range(cells[3], slot, nil, 0, nil, 0, &entry, 0), 0, "no entries")
      XCTAssertEqual(table.map_range(cells[3], slot, nil, 0, nil, 0, nil, 5), 0, "no place for entries")
      XCTAssertEqual(table.map_range(cells[3], slot, [1], .max, nil, 0, &entry, 1), 0, "a key of many bytes")
      XCTAssertEqual(table.map_range(cells[3], slot, [4], 1, [2], 1, &entry, 1), 0, "bounds the wrong way round")
      XCTAssertEqual(table.map_range(cells[3], slot, nil, 0, nil, 0, &entry, 1), 1)
    }
  }

  /// A caller whose entries are larger than this host's.
  func testRangesIntoLargerEntries() throws {
    try withState { _, state, cells in
      let slot = try [UInt8(1)].withUnsafeBufferPointer { try state.resolve(key: $0) }
      for key: UInt8 in 1..<5 { XCTAssertEqual(table.map_put(cells[3], slot, [key], 1, [key], 1), Int32(MILL_OK)) }
      let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * 48, alignment: 8)
      defer { memory.deallocate() }
      memory.initializeMemory(as: UInt8.self, repeating: 0xee, count: 4 * 48)
      memory.storeBytes(of: 48, as: UInt32.self)
      let entries = memory.assumingMemoryBound(to: mill_map_entry.self)
      XCTAssertEqual(table.map_range(cells[3], slot, [2], 1, nil, 0, entries, 4), 3)
      for place in 0..<3 {
        let entry = (memory + place * 48).load(as: mill_map_entry.self)
        XCTAssertEqual(entry.struct_size, 48)
        XCTAssertEqual(entry.key[0], UInt8(place + 2))
        XCTAssertEqual((memory + place * 48 + 40).load(as: UInt64.self), 0xeeee_eeee_eeee_eeee, "what is the caller's")
      }
    }
  }

  func testRecordsThatAreTooLarge() {
    let fields = [Field("a", .int8), Field("b", .fixedSizeBinary(.max)), Field("c", .fixedSizeBinary(40_000))]
    for chosen in [[fields[0], fields[1]], [fields[2], fields[2]]] {
      let huge = StateDescriptor(name: "huge", kind: .value, type: .structure(chosen))
      XCTAssertThrowsError(try KeyedState(descriptors: [huge], keyGroups: 8, now: { 0 })) {
        XCTAssert("\($0)".contains("kind bytes"), "\($0)")
      }
    }
  }
}
