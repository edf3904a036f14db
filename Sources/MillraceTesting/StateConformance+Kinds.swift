import Columnar
import State

extension StateDescriptor {
  static let record = StateDescriptor(
    name: "record", kind: .value,
    type: .structure([Field("number", .int64), Field("flag", .bool), Field("code", .fixedSizeBinary(5))]))
  static let text = StateDescriptor(name: "text", kind: .bytes, type: .utf8)
  static let log = StateDescriptor(name: "log", kind: .list, type: .int64)
  static let index = StateDescriptor(name: "index", kind: .map, type: .binary, mapKeyType: .utf8)
  static let ofEveryKind: [StateDescriptor] = [.record, .text, .log, .index]

  func with(timeToLive: TimeToLive?) -> StateDescriptor {
    var copy = self
    copy.timeToLive = timeToLive
    return copy
  }
}

extension StateConformance {
  var kindTests: [(name: String, run: () throws -> Void)] {
    [
      ("value", testValue), ("values in batches", testValueBatches), ("many values", testManyValues),
      ("bytes", testBytes), ("list", testList), ("map", testMap), ("kinds side by side", testSideBySide),
      ("clear", testClear),
    ] + sizeTests
  }

  private func testValue() throws {
    let store = try store([.record])
    let slot = store.slot([1])
    try expect(store.value(0, slot), nil, "a value that was never written")
    store.updateValue(0, slot) { _ in }
    try expect(store.value(0, slot), [UInt8](repeating: 0, count: 16), "a new record is zeros")
    store.updateValue(0, slot) { record in
      for byte in 0..<14 { (record + byte).storeBytes(of: UInt8(byte), as: UInt8.self) }
    }
    store.endCallback()
    let again = store.slot([1])
    try expect(store.value(0, again)?.prefix(14), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], "the record's bytes")
  }

  private func testValueBatches() throws {
    let store = try store([.record])
    let keys: [[UInt8]] = (0..<5000).map { [UInt8($0 % 251), UInt8($0 / 251)] }
    let slots = store.resolve(keys)
    store.updateValues(0, slots) { place, record in record.storeBytes(of: Int64(place), as: Int64.self) }
    store.updateValues(0, slots + slots) { _, record in
      record.storeBytes(of: record.load(as: Int64.self) + 100_000, as: Int64.self)
    }
    for (place, slot) in slots.enumerated() {
      try expect(store.number(0, slot), Int64(place) + 200_000, "record \(place) after three batches")
    }
  }

  private func testManyValues() throws {
    let store = try store([.record])
    let keys: [[UInt8]] = (0..<20_000).map { place in withUnsafeBytes(of: UInt64(place)) { [UInt8]($0) } }
    for (place, slot) in store.resolve(keys).enumerated() { store.setNumber(0, slot, Int64(place)) }
    store.endCallback()
    try expect(store.keyCount, keys.count, "keys")
    for (place, slot) in store.resolve(keys).enumerated() {
      try expect(store.number(0, slot), Int64(place), "the number of key \(place)")
    }
  }

  private func testBytes() throws {
    let store = try store([.text])
    let slot = store.slot([1])
    try expect(store.bytes(0, slot), nil, "bytes never written")
    for length in [0, 1, 12, 300, 70_000, 3] {
      let run = [UInt8](repeating: UInt8(length & 0xff), count: length)
      store.setBytes(0, slot, run)
      try expect(store.bytes(0, slot), run, "a run of \(length) bytes")
    }
  }

  private func testList() throws {
    let store = try store([.log])
    let slot = store.slot([1])
    try expect(store.listCount(0, slot), 0, "an empty list")
    try expect(store.listItem(0, slot, 0), nil, "an item of an empty list")
    let items: [[UInt8]] = (0..<100).map { [UInt8](repeating: UInt8($0), count: $0) }
    for item in items { store.append(0, slot, item) }
    try expect(store.items(0, slot), items, "items in the order appended")
    try expect(store.listItem(0, slot, 100), nil, "an item past the end")
    try expect(store.listItem(0, slot, .max), nil, "an item far past the end")
  }

  private func testMap() throws {
    let store = try store([.index])
    let slot = store.slot([1])
    try expect(store.entries(0, slot), [], "an empty map")
    let keys: [[UInt8]] = [[5], [], [5, 0], [200], [4, 255], [0], [5, 0, 1]]
    for key in keys { store.put(0, slot, key, key + [9]) }
    let sorted = keys.sorted { $0.lexicographicallyPrecedes($1) }
    try expect(store.entries(0, slot), sorted.map { [$0, $0 + [9]] }, "entries in byte order of their keys")
    try expect(store.mapValue(0, slot, [5, 0]), [5, 0, 9], "an entry")
    try expect(store.mapValue(0, slot, [6]), nil, "an entry that is not there")
    try expect(store.nextEntry(0, slot, after: [4, 255, 1])?.key, [5], "the entry after a key that is not there")
    store.put(0, slot, [5], [])
    try expect(store.mapValue(0, slot, [5]), [], "an entry replaced by an empty value")
    for key in keys + [[77]] { store.remove(0, slot, key) }
    try expect(store.entries(0, slot), [], "a map with everything removed")
    store.endCallback()
    try expect(store.keyCount, 0, "keys, after the only one's map became empty")
  }

  private func testSideBySide() throws {
    let store = try store(StateDescriptor.ofEveryKind)
    let slots = store.resolve([[1], [2], [3]])
    for (place, slot) in slots.enumerated() { fill(store, slot, Int64(place)) }
    store.endCallback()
    for (place, slot) in store.resolve([[1], [2], [3]]).enumerated() { try check(store, slot, Int64(place)) }
  }

  private func testClear() throws {
    let store = try store(StateDescriptor.ofEveryKind)
    let slots = store.resolve([[1], [2]])
    for slot in slots { fill(store, slot, 7) }
    for state in 0..<4 { store.clear(state, slots[0]) }
    try checkNothing(store, slots[0])
    try check(store, slots[1], 7)
    store.endCallback()
    try expect(store.keyCount, 1, "keys, after one was cleared")
    fill(store, store.slot([1]), 8)
    try check(store, store.slot([1]), 8)
  }

  /// Puts something told by `number` into states of every kind.
  func fill(_ store: any StateStore, _ slot: UInt32, _ number: Int64) {
    let byte = UInt8(truncatingIfNeeded: number)
    store.setNumber(0, slot, number)
    store.setBytes(1, slot, [byte, 1])
    store.append(2, slot, [byte, 2])
    store.put(3, slot, [byte], [byte, 3])
  }

  /// Checks what `fill` put there.
  func check(_ store: any StateStore, _ slot: UInt32, _ number: Int64, line: UInt = #line) throws {
    let byte = UInt8(truncatingIfNeeded: number)
    try expect(store.number(0, slot), number, "the record", line: line)
    try expect(store.bytes(1, slot), [byte, 1], "the bytes", line: line)
    try expect(store.items(2, slot), [[byte, 2]], "the list", line: line)
    try expect(store.entries(3, slot), [[[byte], [byte, 3]]], "the map", line: line)
  }

  func checkNothing(_ store: any StateStore, _ slot: UInt32, line: UInt = #line) throws {
    try expect(store.value(0, slot), nil, "the record", line: line)
    try expect(store.bytes(1, slot), nil, "the bytes", line: line)
    try expect(store.items(2, slot), [], "the list", line: line)
    try expect(store.entries(3, slot), [], "the map", line: line)
  }
}
