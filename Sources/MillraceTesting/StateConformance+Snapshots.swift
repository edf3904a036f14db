import CMillrace
import Columnar
import State

extension StateConformance {
  var snapshotTests: [(name: String, run: () throws -> Void)] {
    [
      ("an empty snapshot", testEmptySnapshot), ("snapshot and restore", testRoundTrip),
      ("a snapshot is a copy", testSnapshotIsACopy), ("snapshots are the same for the same state", testDeterminism),
      ("rescale from 1 to 4 to 2", testRescale),
    ]
  }

  func key(_ number: Int) -> [UInt8] { [UInt8]("key-\(number)".utf8) }

  private func filled(keys: Int) throws -> any StateStore {
    let store = try store(StateDescriptor.ofEveryKind)
    for number in 0..<keys {
      let slot = store.slot(key(number))
      fill(store, slot, Int64(number))
      if number % 3 == 0 { store.setTimer(slot, kind: UInt32(MILL_TIME_EVENT), time_us: Int64(number)) }
      store.endCallback()
    }
    return store
  }

  private func testEmptySnapshot() throws {
    let store = try store(StateDescriptor.ofEveryKind)
    try store.restore(try self.store(StateDescriptor.ofEveryKind).snapshot(), keyGroups: 0..<Self.groupCount)
    try expect(store.keyCount, 0, "keys")
  }

  private func testRoundTrip() throws {
    let store = try store(StateDescriptor.ofEveryKind)
    try store.restore(try filled(keys: 300).snapshot(), keyGroups: 0..<Self.groupCount)
    try expect(store.keyCount, 300, "keys")
    for number in 0..<300 { try check(store, store.slot(key(number)), Int64(number)) }
  }

  private func testSnapshotIsACopy() throws {
    let first = try filled(keys: 3)
    let bytes = first.snapshot()
    fill(first, first.slot(key(0)), 99)
    let second = try store(StateDescriptor.ofEveryKind)
    try second.restore(bytes, keyGroups: 0..<Self.groupCount)
    try check(second, second.slot(key(0)), 0)
  }

  private func testDeterminism() throws {
    let first = try filled(keys: 50)
    try expect(first.snapshot() == first.snapshot(), true, "two snapshots of one state are the same bytes")
  }

  private func testRescale() throws {
    let count = 400
    let whole = try filled(keys: count).snapshot()
    let four = try (0..<4).map { try worker($0, of: 4, restoring: [whole]) }
    try expect(four.map(\.keyCount).reduce(0, +), count, "keys of four workers")
    for (index, store) in four.enumerated() {
      try expect(store.keyCount > count / 8, true, "worker \(index) has a fair share (\(store.keyCount))")
    }
    let parts = four.map { $0.snapshot() }
    let two = try (0..<2).map { try worker($0, of: 2, restoring: parts) }
    try expect(two.map(\.keyCount).reduce(0, +), count, "keys of two workers")
    for number in 0..<count {
      let store = two[owner(key(number), of: 2)]
      try check(store, store.slot(key(number)), Int64(number))
    }
    let timers = try two.flatMap { try $0.fired(kind: MILL_TIME_EVENT, upTo: .max) }
    try expect(timers.count, (count + 2) / 3, "timers of two workers")
    try expect(Set(timers).count, timers.count, "different timers")
  }

  private func owner(_ key: [UInt8], of workers: Int) -> Int {
    let group = keyGroup(hash: hash(ofKey: key), count: Self.groupCount)
    return Columnar.worker(ofKeyGroup: group, keyGroups: Self.groupCount, workers: workers)
  }

  private func worker(_ index: Int, of workers: Int, restoring snapshots: [[UInt8]]) throws -> any StateStore {
    let store = try store(StateDescriptor.ofEveryKind)
    let groups = keyGroups(ofWorker: index, keyGroups: Self.groupCount, workers: workers)
    for snapshot in snapshots { try store.restore(snapshot, keyGroups: groups) }
    return store
  }
}
