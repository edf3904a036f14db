import MillraceTesting
import State
import XCTest

/// The queue of timers against a set of them.
final class TimerQueueTests: XCTestCase {
  private struct Timer: Hashable {
    var slot: Int
    var time_us: Int64
  }

  /// What a queue holds, in the simplest form.
  private struct Model {
    var timers: Set<Timer> = []
    var first: Int64? { timers.map(\.time_us).min() }
    func times(of slot: Int) -> [Int64] { timers.filter { $0.slot == slot }.map(\.time_us).sorted() }
  }

  private var queue = TimerQueue()
  private var model = Model()

  override func setUp() {
    queue = TimerQueue()
    model = Model()
  }
  override func tearDown() { queue.deallocate() }

  private func set(_ slot: Int, _ time_us: Int64, line: UInt = #line) {
    let isNew = model.timers.insert(Timer(slot: slot, time_us: time_us)).inserted
    XCTAssertEqual(queue.set(slot: slot, time_us: time_us), isNew, line: line)
  }

  private func cancel(_ slot: Int, _ time_us: Int64, line: UInt = #line) {
    let wasThere = model.timers.remove(Timer(slot: slot, time_us: time_us)) != nil
    XCTAssertEqual(queue.cancel(slot: slot, time_us: time_us), wasThere, line: line)
  }

  private func pop(upTo time_us: Int64, line: UInt = #line) {
    let first = model.first
    guard let timer = queue.pop(upTo: time_us) else {
      return XCTAssertTrue(first.map { $0 > time_us } ?? true, "a timer was due", line: line)
    }
    XCTAssertEqual(timer.time_us, first, line: line)
    XCTAssertNotNil(model.timers.remove(Timer(slot: Int(timer.slot), time_us: timer.time_us)), line: line)
  }

  private func removeAll(_ slot: Int) {
    queue.removeAll(slot: slot)
    model.timers = model.timers.filter { $0.slot != slot }
  }

  private func check(slots: Range<Int>, line: UInt = #line) {
    XCTAssertEqual(queue.count, model.timers.count, line: line)
    XCTAssertEqual(queue.first, model.first, line: line)
    var found: [Timer] = []
    queue.forEach { found.append(Timer(slot: Int($0.slot), time_us: $0.time_us)) }
    XCTAssertEqual(Set(found), model.timers, line: line)
    XCTAssertEqual(found.count, model.timers.count, line: line)
    for slot in slots {
      XCTAssertEqual(queue.count(slot: slot), model.times(of: slot).count, line: line)
      var times: [Int64] = []
      queue.forEach(slot: slot) {
        times.append($0.time_us)
        XCTAssertEqual(Int($0.slot), slot, line: line)
      }
      XCTAssertEqual(times, model.times(of: slot), line: line)
    }
  }

  func testRandomOperations() {
    let seed = testSeed()
    var random = SimulationRandom(seed: seed)
    for round in 0..<30 {
      // Few slots have many timers each, and are indexed; many have few.
      let (slots, times) = [(3, 400), (40, 30), (2000, 3)][round % 3]
      for _ in 0..<4000 {
        let (slot, time) = (random.below(slots), Int64(random.below(times)))
        switch random.below(20) {
        case 0..<9: set(slot, time)
        case 9..<15: cancel(slot, time)
        case 15..<19: pop(upTo: time)
        default: removeAll(slot)
        }
      }
      check(slots: 0..<slots + 1)
    }
  }

  func testMostTimersGo() {
    for slot in 0..<20_000 { set(slot, Int64(slot * 7919 % 20_000)) }
    for time in 0..<50 { set(5, Int64(time)) }
    let full = queue.memoryUse
    for slot in 100..<20_000 { queue.removeAll(slot: slot) }
    model.timers = model.timers.filter { $0.slot < 100 }
    check(slots: 0..<200)
    XCTAssertLessThan(queue.memoryUse * 4, full)
    for slot in 0..<300 { set(slot, Int64(slot)) }
    while !model.timers.isEmpty { pop(upTo: .max) }
    check(slots: 0..<300)
  }

  func testOneSetAndCancelledOften() {
    for slot in 0..<3 { set(slot, 9) }
    for _ in 0..<10_000 {
      cancel(1, 9)
      set(1, 9)
    }
    XCTAssertLessThan(queue.memoryUse, 100_000)
    for _ in 0..<4 { pop(upTo: 9) }
    check(slots: 0..<3)
  }

  /// 100,000 timers of one slot: were each operation to look at all of them, this would take minutes.
  func testManyTimersOfOneSlot() {
    for time in 0..<100_000 { queue.set(slot: 7, time_us: Int64(time)) }
    for time in 0..<100_000 { XCTAssertFalse(queue.set(slot: 7, time_us: Int64(time))) }
    for time in stride(from: 0, to: 100_000, by: 2) { queue.cancel(slot: 7, time_us: Int64(time)) }
    for time in stride(from: 1, to: 50_000, by: 2) { XCTAssertEqual(queue.pop(upTo: .max)?.time_us, Int64(time)) }
    XCTAssertEqual(queue.count(slot: 7), 25_000)
    queue.removeAll(slot: 7)
    XCTAssertEqual(queue.count, 0)
    XCTAssertNil(queue.first)
  }

  func testHeldTimers() {
    set(1, 10)
    set(2, 20)
    queue.hold()
    set(3, 12)
    set(4, 16)
    set(4, 17)
    cancel(4, 17)
    set(2, 15)
    XCTAssertEqual(queue.pop(upTo: .max)?.time_us, 10)
    XCTAssertEqual(queue.pop(upTo: .max)?.time_us, 20)
    XCTAssertNil(queue.pop(upTo: .max), "a timer that was set while holding")
    XCTAssertNil(queue.first)
    XCTAssertEqual(queue.count(slot: 4), 1)
    queue.release()
    for time in [12, 15, 16] { XCTAssertEqual(queue.pop(upTo: .max)?.time_us, Int64(time)) }
    XCTAssertNil(queue.pop(upTo: .max))
    queue.set(slot: 5, time_us: 3)
    XCTAssertEqual(queue.first, 3)
  }
}
