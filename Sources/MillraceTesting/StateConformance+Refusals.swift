import CMillrace
import Columnar
import State

extension StateConformance {
  var refusalTests: [(name: String, run: () throws -> Void)] {
    [
      ("truncated snapshots are refused", testTruncations), ("other bytes are refused", testOtherBytes),
    ]
  }

  private func isRefused(_ bytes: [UInt8], by store: any StateStore) -> Bool {
    do {
      try store.restore(bytes, keyGroups: 0..<Self.groupCount)
      return false
    } catch { return true }
  }

  private func sample() throws -> [UInt8] {
    let store = try store(StateDescriptor.ofEveryKind)
    for number in 0..<5 {
      let slot = store.slot(key(number))
      fill(store, slot, Int64(number))
      store.setTimer(slot, kind: UInt32(MILL_TIME_EVENT), time_us: Int64(number))
      store.setTimer(slot, kind: UInt32(MILL_TIME_PROCESSING), time_us: Int64(-number))
    }
    return store.snapshot()
  }

  private func testTruncations() throws {
    let bytes = try sample()
    for length in 0..<bytes.count {
      let store = try store(StateDescriptor.ofEveryKind)
      try expect(isRefused(Array(bytes.prefix(length)), by: store), true, "refused: the first \(length) bytes")
    }
    try expect(isRefused(bytes + [0], by: try store(StateDescriptor.ofEveryKind)), true, "refused: a byte too many")
  }

  private func testOtherBytes() throws {
    for bytes in [[], [0], [UInt8](repeating: 0xff, count: 100), [UInt8]("millrace-keyed-state-9".utf8)] as [[UInt8]] {
      try expect(isRefused(bytes, by: try store(StateDescriptor.ofEveryKind)), true, "refused: \(bytes.prefix(30))")
    }
  }

  /// Restores `rounds` snapshots with 1 to 4 bytes changed, by every third of the key groups too. Each must be
  /// refused, or give a store that works: it can be read, changed, and its snapshot restored.
  package func testRandomDamage(seed: UInt64, rounds: Int) throws {
    var random = SimulationRandom(seed: seed)
    let bytes = try sample()
    for round in 0..<rounds {
      var damaged = bytes
      for _ in 0...random.below(4) { damaged[random.below(damaged.count)] = UInt8(truncatingIfNeeded: random.next()) }
      let store = try store(StateDescriptor.ofEveryKind)
      let groups = random.once(in: 3) ? 0..<Self.groupCount / 2 : 0..<Self.groupCount
      do { try store.restore(damaged, keyGroups: groups) } catch { continue }
      do { try use(store) } catch {
        throw ConformanceFailure(description: "seed \(seed), round \(round): a store from damaged bytes: \(error)")
      }
    }
  }

  private func use(_ store: any StateStore) throws {
    let copy = try self.store(StateDescriptor.ofEveryKind)
    try copy.restore(store.snapshot(), keyGroups: 0..<Self.groupCount)
    for kind in [MILL_TIME_EVENT, MILL_TIME_PROCESSING] { _ = try store.fired(kind: Int32(kind), upTo: .max) }
    for number in 0..<5 {
      let slot = store.slot(key(number))
      _ = (store.value(0, slot), store.bytes(1, slot), store.items(2, slot), store.entries(3, slot))
      for state in 0..<4 { store.clear(state, slot) }
      fill(store, slot, 3)
      try check(store, slot, 3)
    }
    store.endCallback()
  }
}
