import CMillrace
import State

extension StateConformance {
  var timerTests: [(name: String, run: () throws -> Void)] {
    [
      ("timers in order", testTimerOrder), ("timers set twice", testTimersSetTwice), ("timers cancelled", testCancel),
      ("timers fire once", testFireOnce), ("kinds of timers", testTimerKinds), ("limits", testTimerLimit),
      ("extreme times", testExtremeTimes), ("many timers of a key", testManyTimersOfOneKey),
      ("timers keep keys", testTimersKeepKeys), ("timers over a restore", testTimersOverRestore),
      ("a timer replaced often", testReplacedTimer),
    ]
  }

  private static let event = UInt32(MILL_TIME_EVENT)
  private static let processing = UInt32(MILL_TIME_PROCESSING)
  private func key(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

  private func testTimerOrder() throws {
    let store = try store([])
    for (name, time) in [("c", 10), ("a", 30), ("b", 10), ("a", 10), ("d", 20), ("a", 20), ("ab", 10)] {
      store.setTimer(store.slot(key(name)), kind: Self.event, time_us: Int64(time))
    }
    store.endCallback()
    try expect(store.fired(kind: MILL_TIME_EVENT, upTo: 9), [], "timers up to 9")
    try expect(
      store.fired(kind: MILL_TIME_EVENT, upTo: 20), ["a@10", "ab@10", "b@10", "c@10", "a@20", "d@20"], "timers up to 20"
    )
    try expect(store.fired(kind: MILL_TIME_EVENT, upTo: 100), ["a@30"], "timers up to 100")
  }

  private func testTimersSetTwice() throws {
    let store = try store([])
    for _ in 0..<3 { store.setTimer(store.slot(key("a")), kind: Self.event, time_us: 5) }
    try expect(store.fired(kind: MILL_TIME_EVENT, upTo: 5), ["a@5"], "a timer that was set three times")
    try expect(store.fired(kind: MILL_TIME_EVENT, upTo: 5), [], "it again")
  }

  private func testCancel() throws {
    let store = try store([])
    let slot = store.slot(key("a"))
    for time in [1, 2, 3] { store.setTimer(slot, kind: Self.event, time_us: Int64(time)) }
    store.cancelTimer(slot, kind: Self.event, time_us: 2)
    store.cancelTimer(slot, kind: Self.event, time_us: 77)
    store.cancelTimer(slot, kind: Self.processing, time_us: 1)
    try expect(store.fired(kind: MILL_TIME_EVENT, upTo: 9), ["a@1", "a@3"], "the timers that were left")
    store.endCallback()
    let other = store.slot(key("b"))
    store.setTimer(other, kind: Self.event, time_us: 20)
    store.cancelTimer(other, kind: Self.event, time_us: 20)
    store.setTimer(other, kind: Self.event, time_us: 20)
    try expect(store.fired(kind: MILL_TIME_EVENT, upTo: 20), ["b@20"], "set, cancelled and set again")
    store.endCallback()
    try expect(store.keyCount, 0, "keys")
  }

  private func testFireOnce() throws {
    let store = try store([])
    store.setTimer(store.slot(key("a")), kind: Self.event, time_us: 5)
    store.endCallback()
    try expect(store.fired(kind: MILL_TIME_EVENT, upTo: 5), ["a@5"], "a timer")
    let slot = store.slot(key("a"))
    store.cancelTimer(slot, kind: Self.event, time_us: 5)
    store.endCallback()
    try expect(store.fired(kind: MILL_TIME_EVENT, upTo: .max), [], "a timer that has fired")
    store.setTimer(store.slot(key("a")), kind: Self.event, time_us: 5)
    try expect(store.fired(kind: MILL_TIME_EVENT, upTo: 5), ["a@5"], "set again after it fired")
  }

  private func testTimerKinds() throws {
    let store = try store([])
    let slot = store.slot(key("a"))
    store.setTimer(slot, kind: Self.event, time_us: 5)
    store.setTimer(slot, kind: Self.processing, time_us: 5)
    store.setTimer(slot, kind: Self.processing, time_us: 6)
    try expect(store.fired(kind: MILL_TIME_EVENT, upTo: 9), ["a@5"], "event timers")
    try expect(
      store.popTimers(kind: Self.processing, upTo: 9, limit: 9).map(\.kind), [1, 1], "processing timers' kind")
  }

  private func testTimerLimit() throws {
    let store = try store([])
    let names = ["a", "b", "c"]
    for time in 0..<20 {
      for name in names { store.setTimer(store.slot(key(name)), kind: Self.event, time_us: Int64(time / 2)) }
    }
    let some = store.popTimers(kind: Self.event, upTo: 99, limit: 4)
    try expect((1...4).contains(some.count), true, "limit 4: \(some.count) timers")
    let rest = try store.fired(kind: MILL_TIME_EVENT, upTo: 99, limit: 2)
    try expect(some.count + rest.count, 30, "all timers")
    try expect(rest.suffix(24), (2..<10).flatMap { time in names.map { "\($0)@\(time)" } }[...], "the last ones")
  }

  private func testExtremeTimes() throws {
    let store = try store([])
    let slot = store.slot(key("a"))
    for time in [Int64.max, .min, 0, -1] { store.setTimer(slot, kind: Self.event, time_us: time) }
    let wanted = ["a@\(Int64.min)", "a@-1", "a@0", "a@\(Int64.max)"]
    let copy = try self.store([])
    try copy.restore(store.snapshot(), keyGroups: 0..<Self.groupCount)
    try expect(store.fired(kind: MILL_TIME_EVENT, upTo: .max), wanted, "timers")
    try expect(copy.fired(kind: MILL_TIME_EVENT, upTo: .max), wanted, "restored timers")
  }

  private func testManyTimersOfOneKey() throws {
    let store = try store([])
    let slot = store.slot(key("a"))
    for step in 0..<1000 { store.setTimer(slot, kind: Self.event, time_us: Int64(step * 7919 % 1000)) }
    for time in stride(from: 0, to: 1000, by: 2) { store.cancelTimer(slot, kind: Self.event, time_us: Int64(time)) }
    let wanted = stride(from: 1, to: 1000, by: 2).map { "a@\($0)" }
    try expect(store.fired(kind: MILL_TIME_EVENT, upTo: 2000), wanted, "the odd ones")
  }

  private func testTimersKeepKeys() throws {
    let store = try store([.record])
    store.setTimer(store.slot(key("a")), kind: Self.processing, time_us: 5)
    store.endCallback()
    try expect(store.keyCount, 1, "keys, one with a timer only")
    try expect(store.fired(kind: MILL_TIME_PROCESSING, upTo: 5), ["a@5"], "its timer")
    store.endCallback()
    try expect(store.keyCount, 0, "keys, after its timer fired")
  }

  private func testTimersOverRestore() throws {
    let first = try store([.record])
    for name in ["b", "a", "c"] {
      let slot = first.slot(key(name))
      first.setTimer(slot, kind: Self.event, time_us: 10)
      first.setTimer(slot, kind: Self.processing, time_us: 11)
      first.setTimer(slot, kind: Self.event, time_us: 20)
      first.cancelTimer(slot, kind: Self.event, time_us: 20)
    }
    let second = try store([.record])
    try second.restore(first.snapshot(), keyGroups: 0..<Self.groupCount)
    try expect(second.fired(kind: MILL_TIME_EVENT, upTo: 99), ["a@10", "b@10", "c@10"], "event timers")
    try expect(second.fired(kind: MILL_TIME_PROCESSING, upTo: 99), ["a@11", "b@11", "c@11"], "processing timers")
  }

  private func testReplacedTimer() throws {
    let store = try store([])
    let names = ["a", "b", "c", "d"].map(key)
    for time in 0..<5000 {
      for name in names {
        let slot = store.slot(name)
        store.cancelTimer(slot, kind: Self.event, time_us: Int64(time - 1))
        store.setTimer(slot, kind: Self.event, time_us: Int64(time))
      }
      store.endCallback()
    }
    try expect(
      store.fired(kind: MILL_TIME_EVENT, upTo: .max), ["a@4999", "b@4999", "c@4999", "d@4999"], "the last of each")
  }
}
