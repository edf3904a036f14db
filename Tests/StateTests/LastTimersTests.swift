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

/// A cold store in memory, looked through from end to end.
private final class DictionaryColdStore: ColdStore {
  private struct Key: Hashable {
    var hash: UInt64
    var bytes: [UInt8]
  }
  private struct Timer: Hashable {
    var kind: UInt32
    var time_us: Int64
    var key: Key
  }
  private var records: [Key: [UInt8]] = [:]
  private var timers: Set<Timer> = []

  var count: Int { records.count }
  var memoryUse: Int { 0 }

  func write(_ next: () -> RunEntry?) {
    while let entry = next() {
      records[Key(hash: entry.hash, bytes: [UInt8](entry.key))] = entry.record.map { [UInt8]($0) }
    }
  }

  func read(_ keys: UnsafeBufferPointer<RunKey>, _ found: (Int, UnsafeRawBufferPointer) -> Void) {
    for (index, key) in keys.enumerated() {
      guard let record = records[Key(hash: key.hash, bytes: [UInt8](key.bytes))] else { continue }
      record.withUnsafeBytes { found(index, $0) }
    }
  }

  func scan(_ hashes: ClosedRange<UInt64>, _ body: (RunEntry) -> Void) {
    for (key, record) in records.sorted(by: { $0.key.hash < $1.key.hash }) where hashes.contains(key.hash) {
      key.bytes.withUnsafeBufferPointer { bytes in
        record.withUnsafeBytes { body(RunEntry(hash: key.hash, key: bytes, record: $0)) }
      }
    }
  }

  func writeTimers(_ next: () -> ColdTimer?) {
    while let timer = next() {
      let key = Key(hash: timer.key.hash, bytes: [UInt8](timer.key.bytes))
      timers.insert(Timer(kind: timer.kind, time_us: timer.time_us, key: key))
    }
  }

  func firstTimer(kind: UInt32) -> Int64? { timers.filter { $0.kind == kind }.map(\.time_us).min() }

  func takeTimers(kind: UInt32, upTo time_us: Int64, limit: Int, _ body: (ColdTimer) -> Void) {
    let due = timers.filter { $0.kind == kind && $0.time_us <= time_us }.sorted { $0.time_us < $1.time_us }
    for timer in due.prefix(limit) {
      timers.remove(timer)
      timer.key.bytes.withUnsafeBufferPointer {
        body(ColdTimer(kind: kind, time_us: timer.time_us, key: RunKey(hash: timer.key.hash, bytes: $0)))
      }
    }
  }
}
