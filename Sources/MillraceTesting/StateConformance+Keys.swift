import State

extension StateConformance {
  var keyTests: [(name: String, run: () throws -> Void)] {
    [
      ("keys of every width", testKeyWidths), ("mixed widths", testMixedWidths), ("slots used again", testSlotReuse),
      ("slots stay within a callback", testSlotsStay), ("keys churn", testKeyChurn),
    ]
  }

  /// Canonical keys of `width` bytes that differ in their first, last or middle byte.
  private func keys(width: Int) -> [[UInt8]] {
    if width == 0 { return [[]] }
    var result: [[UInt8]] = []
    for place in Set([0, width / 2, width - 1]) {
      for byte: UInt8 in 1..<40 {
        var key = [UInt8](repeating: 0, count: width)
        key[place] = byte
        result.append(key)
      }
    }
    return Array(Set(result))
  }

  private func testKeyWidths() throws {
    // Of bool and int8, int16, int32, int64 and times, nullable ones of these, decimals, strings, and several columns.
    for width in [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33, 64, 200, 5000] {
      let store = try store([.record])
      let keys = keys(width: width)
      for (place, slot) in store.resolve(keys).enumerated() { store.setNumber(0, slot, Int64(place)) }
      store.endCallback()
      try expect(store.keyCount, keys.count, "keys of \(width) bytes")
      for (place, slot) in store.resolve(keys).enumerated() {
        try expect(store.number(0, slot), Int64(place), "the number of a key of \(width) bytes")
        try expect(store.key(slot), keys[place], "the bytes of a key of \(width) bytes")
      }
      let restored = try self.store([.record])
      try restored.restore(store.snapshot(), keyGroups: 0..<Self.groupCount)
      for (place, slot) in restored.resolve(keys).enumerated() {
        try expect(restored.number(0, slot), Int64(place), "the number of a restored key of \(width) bytes")
      }
    }
  }

  private func testMixedWidths() throws {
    let store = try store([.record])
    let all = (0..<40).flatMap { keys(width: $0) }
    for (place, slot) in store.resolve(all).enumerated() { store.setNumber(0, slot, Int64(place)) }
    // A batch of eight-byte keys among others.
    let eight = keys(width: 8)
    for (place, slot) in store.resolve(eight).enumerated() {
      try expect(store.key(slot), eight[place], "a key of 8 bytes")
    }
    for (place, slot) in store.resolve(all).enumerated() {
      try expect(store.number(0, slot), Int64(place), "the number of \(all[place])")
    }
  }

  private func testSlotReuse() throws {
    let store = try store([.record])
    var greatest: UInt32 = 0
    for round in 0..<200 {
      let keys: [[UInt8]] = (0..<50).map { [UInt8(round), $0] }
      let slots = store.resolve(keys)
      for (place, slot) in slots.enumerated() {
        try expect(store.value(0, slot), nil, "what a new key has in a slot that was another's")
        store.setNumber(0, slot, Int64(place))
        greatest = max(greatest, slot)
      }
      store.endCallback()
      for slot in store.resolve(keys) { store.clear(0, slot) }
      store.endCallback()
    }
    try expect(store.keyCount, 0, "keys")
    try expect(greatest < 200, true, "slots are used again (the greatest was \(greatest))")
    _ = store.resolve([[1], [2]])
    store.endCallback()
    try expect(store.keyCount, 0, "keys that were looked up and got no state")
  }

  private func testSlotsStay() throws {
    let store = try store([.record])
    let slots = store.resolve([[1], [2]])
    fillAndClear(store, slots[0])
    let later = store.resolve([[3], [1]])
    try expect(later[1], slots[0], "the slot of a key whose state was cleared in the same callback")
    try expect(Set(later + slots).count, 3, "slots of three keys")
  }

  private func fillAndClear(_ store: any StateStore, _ slot: UInt32) {
    store.setNumber(0, slot, 1)
    store.clear(0, slot)
  }

  private func testKeyChurn() throws {
    let store = try store([.record])
    func key(_ number: Int) -> [UInt8] { withUnsafeBytes(of: UInt64(number)) { [UInt8]($0) } }
    for first in stride(from: 0, to: 20_000, by: 1000) {
      for slot in store.resolve((first..<first + 1000).map(key)) { store.setNumber(0, slot, Int64(first)) }
      store.endCallback()
      guard first >= 1000 else { continue }
      for slot in store.resolve((first - 1000..<first).map(key)) {
        try expect(store.number(0, slot), Int64(first - 1000), "a key of the round before")
        store.clear(0, slot)
      }
      store.endCallback()
    }
    try expect(store.keyCount, 1000, "keys")
  }
}
