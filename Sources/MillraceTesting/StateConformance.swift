import CMillrace
import Columnar
import State

/// What a store of keyed state does for one operator on one worker. States are named by their place among the
/// descriptors. One thread at a time.
package protocol StateStore: AnyObject {
  /// How many keys have state or timers.
  var keyCount: Int { get }
  /// Whether `keyCount` leaves out keys whose state has expired.
  var countsExactly: Bool { get }
  /// The slot of each key of a batch, given as canonical bytes; valid until `endCallback`.
  func resolve(_ keys: [[UInt8]]) -> [UInt32]
  /// The key that a slot stands for.
  func key(_ slot: UInt32) -> [UInt8]?
  /// Keys without state and timers are forgotten, their slots used again.
  func endCallback()
  /// Looks at up to `budget` slots and takes away what has expired there.
  func expire(budget: Int)

  /// VALUE: the record, or nil.
  func value(_ state: Int, _ slot: UInt32) -> [UInt8]?
  /// VALUE: what was in the record (zeros if there was none), which is then `change`d.
  func updateValue(_ state: Int, _ slot: UInt32, _ change: (UnsafeMutableRawPointer) -> Void)
  /// VALUE: the same for many slots at once.
  func updateValues(_ state: Int, _ slots: [UInt32], _ change: (Int, UnsafeMutableRawPointer) -> Void)
  /// BYTES: the run, or nil.
  func bytes(_ state: Int, _ slot: UInt32) -> [UInt8]?
  /// BYTES: replaces the run.
  func setBytes(_ state: Int, _ slot: UInt32, _ bytes: [UInt8])
  /// LIST: how many items.
  func listCount(_ state: Int, _ slot: UInt32) -> Int
  /// LIST: an item, or nil past the end.
  func listItem(_ state: Int, _ slot: UInt32, _ index: Int) -> [UInt8]?
  /// LIST: appends.
  func append(_ state: Int, _ slot: UInt32, _ item: [UInt8])
  /// MAP: an entry's value, or nil.
  func mapValue(_ state: Int, _ slot: UInt32, _ key: [UInt8]) -> [UInt8]?
  /// MAP: puts or replaces an entry.
  func put(_ state: Int, _ slot: UInt32, _ key: [UInt8], _ value: [UInt8])
  /// MAP: removes an entry, if it is there.
  func remove(_ state: Int, _ slot: UInt32, _ key: [UInt8])
  /// MAP: the entry with the least key greater than `after`; the first for nil.
  func nextEntry(_ state: Int, _ slot: UInt32, after: [UInt8]?) -> (key: [UInt8], value: [UInt8])?
  /// MAP: the first entries with keys from `from` on (nil: from the first) and below `to` (nil: to the last), at most
  /// `limit` of them.
  func range(
    _ state: Int, _ slot: UInt32, from: [UInt8]?, to: [UInt8]?, limit: Int
  ) -> [(key: [UInt8], value: [UInt8])]
  /// Any kind: removes what the state holds for the key.
  func clear(_ state: Int, _ slot: UInt32)

  /// Sets a timer. `kind`: MILL_TIME_*.
  func setTimer(_ slot: UInt32, kind: UInt32, time_us: Int64)
  /// Takes a timer back.
  func cancelTimer(_ slot: UInt32, kind: UInt32, time_us: Int64)
  /// Takes due timers, about `limit` of them, in order of time, then key: all of one time or none.
  func popTimers(kind: UInt32, upTo time_us: Int64, limit: Int) -> [mill_timer]

  /// Everything, as bytes; a checkpoint is taken of what has changed since the last one.
  func snapshot() -> [UInt8]
  /// Merges neighbours among the runs of the checkpoints so far: those from `first` on (0 is the oldest), `count` of
  /// them, as far as there are so many.
  func compact(from first: Int, count: Int)
  /// Adds the keys of a snapshot that belong to `keyGroups`. Throws if the bytes are not a snapshot of these states.
  func restore(_ bytes: [UInt8], keyGroups: Range<Int>) throws
}

/// The clock of a store under test, in microseconds; moved by hand.
package final class ManualClock: @unchecked Sendable {
  package var now_us: Int64 = 1_000_000_000
  package init() {}
}

/// A check that did not hold.
package struct ConformanceFailure: Error, CustomStringConvertible {
  package var description: String
}

/// What every store of keyed state must do. Each test makes stores of its own and throws `ConformanceFailure` where
/// one does not do as it must.
package struct StateConformance {
  /// Makes an empty store of `descriptors` in a job of `keyGroups` key groups, with `clock` for its TTLs.
  package typealias MakeStore = (
    _ descriptors: [StateDescriptor], _ keyGroups: Int, _ clock: ManualClock
  ) throws -> any StateStore

  let makeStore: MakeStore
  static let groupCount = 16

  package init(makeStore: @escaping MakeStore) { self.makeStore = makeStore }

  /// All tests by name, without the random one (`testRandomOperations`).
  package var tests: [(name: String, run: () throws -> Void)] {
    kindTests + lifetimeTests + keyTests + timerTests + snapshotTests + refusalTests
  }

  func store(_ descriptors: [StateDescriptor], clock: ManualClock = ManualClock()) throws -> any StateStore {
    try makeStore(descriptors, Self.groupCount, clock)
  }
}

/// Throws unless `found` is `wanted`.
func expect<Value: Equatable>(
  _ found: Value, _ wanted: Value, _ what: @autoclosure () -> String, line: UInt = #line, file: StaticString = #fileID
) throws {
  if found == wanted { return }
  throw ConformanceFailure(description: "\(file):\(line): \(what()): found \(found), wanted \(wanted)")
}

/// The hash of a key's canonical bytes.
func hash(ofKey key: [UInt8]) -> UInt64 {
  (key + [0]).withUnsafeBufferPointer { keyHash($0.baseAddress!, key.count) }  // there is an address for no bytes, too
}

extension StateStore {
  /// The slot of one key.
  func slot(_ key: [UInt8]) -> UInt32 { resolve([key])[0] }

  /// All entries of a map, in the order of iteration.
  func entries(_ state: Int, _ slot: UInt32) -> [[[UInt8]]] {
    var result: [[[UInt8]]] = []
    var after: [UInt8]?
    while let entry = nextEntry(state, slot, after: after) {
      result.append([entry.key, entry.value])
      after = entry.key
    }
    return result
  }

  /// All items of a list.
  func items(_ state: Int, _ slot: UInt32) -> [[UInt8]] {
    (0..<listCount(state, slot)).map { listItem(state, slot, $0) ?? [] }
  }

  /// Writes a 64-bit number into a record's first bytes.
  func setNumber(_ state: Int, _ slot: UInt32, _ number: Int64) {
    updateValue(state, slot) { $0.storeBytes(of: number, as: Int64.self) }
  }

  /// The number in a record's first bytes.
  func number(_ state: Int, _ slot: UInt32) -> Int64? {
    value(state, slot)?.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
  }

  /// All timers that are due, taken in pieces of at most `limit`, in order of time, as texts "key@time"; those of one
  /// time sorted by key.
  func fired(kind: Int32, upTo time_us: Int64, limit: Int = 1000) throws -> [String] {
    var found: [(time_us: Int64, key: String)] = []
    while true {
      let piece = popTimers(kind: UInt32(kind), upTo: time_us, limit: limit)
      if piece.isEmpty { break }
      try expect(piece.count <= limit, true, "\(piece.count) timers, limit \(limit)")
      for timer in piece {
        if let last = found.last { try expect(last.time_us <= timer.time_us, true, "the order of timers") }
        found.append((timer.time_us, key(timer.slot).map { String(decoding: $0, as: UTF8.self) } ?? "?"))
      }
    }
    return found.sorted { $0 < $1 }.map { "\($0.key)@\($0.time_us)" }
  }
}
