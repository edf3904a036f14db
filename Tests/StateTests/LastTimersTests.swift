import CMillrace
import Columnar
import State
import XCTest

/// Timers at the end of all rows, set again whenever they fire, of more keys than there is memory for.
final class LastTimersTests: XCTestCase {
  private static let keys = 1200

  private func state(cold: DictionaryColdStore?) throws -> KeyedState {
    var surroundings = KeyedState.Surroundings()
    surroundings.cold = cold
    surroundings.leastRoom = 50
    if cold != nil { surroundings.budget = MemoryBudget(limit: 1) }
    return try KeyedState(descriptors: [], keyGroups: 8, surroundings: surroundings, now: { 0 })
  }

  /// Sets timers of every key at its number and 10,000 later, each in a callback of its own.
  private func fill(_ state: KeyedState) throws {
    for key in 0..<Self.keys {
      let slot = try withUnsafeBytes(of: UInt32(key)) { try state.resolve(key: $0.bindMemory(to: UInt8.self)) }
      for time in [key, key + 10_000] {
        state.setTimer(slot: slot, kind: UInt32(MILL_TIME_EVENT), time_us: Int64(time))
      }
      try state.endCallback()
    }
  }

  /// Pops timers until there are none; each is set again `step_us` later. Gives how often each came up.
  private func fire(_ state: KeyedState, step_us: Int64) throws -> [Int64: Int] {
    var found: [Int64: Int] = [:]
    var due: [mill_timer] = []
    while found.values.reduce(0, +) <= 4 * Self.keys {
      try state.popTimers(kind: UInt32(MILL_TIME_EVENT), upTo: .max, limit: 40, into: &due)
      if due.isEmpty { return found }
      for timer in due {
        found[timer.time_us, default: 0] += 1
        state.setTimer(slot: timer.slot, kind: timer.kind, time_us: timer.time_us + step_us)
      }
      try state.endCallback()
    }
    return found
  }

  private func check(cold: DictionaryColdStore?) throws {
    let state = try state(cold: cold)
    try fill(state)
    let numbers = (0..<Self.keys).flatMap { [Int64($0), Int64($0 + 10_000)] }
    for (round, step_us) in [Int64(1 << 30), 1].enumerated() {
      state.holdTimers()
      let found = try fire(state, step_us: step_us)
      state.releaseTimers()
      let wanted = numbers.map { $0 + (round == 0 ? 0 : 1 << 30) }
      XCTAssertEqual(found.values.reduce(0, +), 2 * Self.keys, "round \(round)")
      XCTAssertEqual(found, Dictionary(wanted.map { ($0, 1) }, uniquingKeysWith: +), "round \(round)")
      if cold != nil { break }  // what was set again waits in the cold store, to be asked for
    }
    XCTAssertEqual(state.keyCount, Self.keys)
  }

  func testEachComesUpOnce() throws { try check(cold: nil) }

  func testEachComesUpOnceFromTheColdStore() throws {
    let cold = DictionaryColdStore()
    try check(cold: cold)
    XCTAssertGreaterThan(cold.count, Self.keys / 2, "keys in the cold store")
  }
}
