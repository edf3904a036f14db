import Columnar
import State

extension StateConformance {
  var lifetimeTests: [(name: String, run: () throws -> Void)] {
    [
      ("TTL on write", testTimeToLiveOnWrite), ("TTL on access", testTimeToLiveOnAccess),
      ("TTL of every kind", testTimeToLiveOfEveryKind), ("writes to expired state", testWritesToExpiredState),
      ("expiry frees keys", testExpiryFreesKeys), ("reads of expired state free keys", testExpiredReadsFreeKeys),
      ("TTL over a restore", testTimeToLiveOverRestore), ("expired state in a snapshot", testExpiredInSnapshot),
    ]
  }

  private static let second: Int64 = 1_000_000
  private static func every(_ renewsOnRead: Bool) -> [StateDescriptor] {
    StateDescriptor.ofEveryKind.map {
      $0.with(timeToLive: TimeToLive(duration_us: second, renewsOnRead: renewsOnRead))
    }
  }

  private func testTimeToLiveOnWrite() throws {
    let clock = ManualClock()
    let store = try store(Self.every(false), clock: clock)
    let slot = store.slot([1])
    store.setNumber(0, slot, 5)
    clock.now_us += Self.second - 1
    try expect(store.number(0, slot), 5, "just before its time")
    clock.now_us += 1
    try expect(store.number(0, slot), nil, "when its time is over, though it was read")
    store.setNumber(0, slot, 6)
    clock.now_us += Self.second - 1
    store.setNumber(0, slot, 7)
    clock.now_us += Self.second - 1
    try expect(store.number(0, slot), 7, "a write starts the time anew")
    clock.now_us += 1
    try expect(store.number(0, slot), nil, "when its time is over again")
  }

  private func testTimeToLiveOnAccess() throws {
    let clock = ManualClock()
    let store = try store(Self.every(true), clock: clock)
    let slot = store.slot([1])
    fill(store, slot, 5)
    for _ in 0..<3 {
      clock.now_us += Self.second - 1
      try check(store, slot, 5)
    }
    clock.now_us += Self.second
    try checkNothing(store, slot)
    try checkNothing(store, slot)
  }

  private func testTimeToLiveOfEveryKind() throws {
    let clock = ManualClock()
    let store = try store(Self.every(false), clock: clock)
    let slot = store.slot([1])
    fill(store, slot, 5)
    clock.now_us += Self.second
    try expect(store.mapValue(3, slot, [5]), nil, "an entry whose time is over")
    try expect(store.listItem(2, slot, 0), nil, "an item whose time is over")
    try checkNothing(store, slot)
  }

  private func testWritesToExpiredState() throws {
    let clock = ManualClock()
    let store = try store(Self.every(false), clock: clock)
    let slot = store.slot([1])
    fill(store, slot, 5)
    clock.now_us += Self.second
    store.updateValues(0, [slot, slot]) { _, record in
      record.storeBytes(of: record.load(as: Int64.self) + 1, as: Int64.self)
    }
    store.append(2, slot, [1])
    store.put(3, slot, [1], [1])
    store.remove(3, slot, [2])
    try expect(store.number(0, slot), 2, "a write to an expired record starts from zeros")
    try expect(store.items(2, slot), [[1]], "a list that expired before the append")
    try expect(store.entries(3, slot), [[[1], [1]]], "a map that expired before the put")
  }

  private func testExpiryFreesKeys() throws {
    let clock = ManualClock()
    let store = try store(Self.every(false), clock: clock)
    for slot in store.resolve((0..<100).map { [$0] }) { fill(store, slot, 1) }
    store.endCallback()
    clock.now_us += Self.second
    for _ in 0..<10 { store.expire(budget: 20) }
    if store.countsExactly { try expect(store.keyCount, 0, "keys, after all expired and were looked at") }
  }

  private func testExpiredReadsFreeKeys() throws {
    let clock = ManualClock()
    let store = try store(Self.every(false), clock: clock)
    for slot in store.resolve((0..<100).map { [$0] }) { fill(store, slot, 1) }
    store.endCallback()
    clock.now_us += Self.second
    for slot in store.resolve((0..<100).map { [$0] }) { try checkNothing(store, slot) }
    store.endCallback()
    try expect(store.keyCount, 0, "keys, after all were read when their time was over")
  }

  private func testTimeToLiveOverRestore() throws {
    let clock = ManualClock()
    let first = try store(Self.every(true), clock: clock)
    fill(first, first.slot([1]), 5)
    clock.now_us += Self.second / 2
    let bytes = first.snapshot()
    let second = try store(Self.every(true), clock: clock)
    try second.restore(bytes, keyGroups: 0..<Self.groupCount)
    clock.now_us += Self.second / 2
    try checkNothing(second, second.slot([1]))
    let third = try store(Self.every(true), clock: clock)
    try third.restore(bytes, keyGroups: 0..<Self.groupCount)
    try checkNothing(third, third.slot([1]))
  }

  private func testExpiredInSnapshot() throws {
    let clock = ManualClock()
    let first = try store(Self.every(false), clock: clock)
    fill(first, first.slot([1]), 5)
    first.endCallback()
    clock.now_us += Self.second
    let bytes = first.snapshot()
    clock.now_us -= Self.second  // even with a clock that was set back
    let second = try store(Self.every(false), clock: clock)
    try second.restore(bytes, keyGroups: 0..<Self.groupCount)
    try expect(second.keyCount, 0, "keys from a snapshot that was taken when all had expired")
  }
}
