import State

/// Times of `count` timers, one of each slot, at random moments.
struct TimerBenchmark {
  let count: Int

  func run() {
    oneOfEachSlot(name: "random times", order: nil)
    oneOfEachSlot(name: "times in order", order: 1)
    replaced()
    allOfOneSlot()
  }

  private func oneOfEachSlot(name: String, order: Int64?) {
    var random = Random(seed: 1)
    let times = (0..<count).map { place in order.map { $0 * Int64(place) } ?? Int64(random.below(1 << 40)) }
    let slots = (0..<count).map { _ in random.below(count) }
    var queue = TimerQueue()
    defer { queue.deallocate() }
    let before = residentBytes()
    measure("timers, \(name): set", per: count) {
      for slot in 0..<count { queue.set(slot: slot, time_us: times[slot]) }
    }
    report("timers, \(name): resident", Double(residentBytes() - before) / Double(count), "bytes each")
    report("timers, \(name): memoryUse", Double(queue.memoryUse) / Double(count), "bytes each")
    let some = slots.prefix(count / 10)
    measure("timers, \(name): cancel", per: some.count) {
      for slot in some { queue.cancel(slot: slot, time_us: times[slot]) }
    }
    measure("timers, \(name): set a random slot's again", per: some.count) {
      for slot in some { queue.set(slot: slot, time_us: times[slot]) }
    }
    measure("timers, \(name): pop the first tenth", per: count / 10) { pop(&queue, count / 10) }
    measure("timers, \(name): pop and set a later one", per: count / 10) {
      for _ in 0..<count / 10 {
        guard let timer = queue.pop(upTo: .max) else { return }
        queue.set(slot: Int(timer.slot), time_us: timer.time_us + 1 << 40)
      }
    }
    let rest = queue.count
    measure("timers, \(name): pop the rest", per: rest) { pop(&queue, rest) }
  }

  private func pop(_ queue: inout TimerQueue, _ count: Int) {
    for _ in 0..<count { if queue.pop(upTo: .max) == nil { return } }
  }

  /// A timer of each slot that each row takes back and sets later, as sessions do.
  private func replaced() {
    var queue = TimerQueue()
    defer { queue.deallocate() }
    var random = Random(seed: 2)
    var times = [Int64](repeating: 0, count: count / 10)
    for slot in times.indices { queue.set(slot: slot, time_us: 0) }
    measure("timers, one replaced in each of \(times.count) slots", per: count) {
      for row in 0..<count {
        let slot = random.below(times.count)
        queue.cancel(slot: slot, time_us: times[slot])
        times[slot] = Int64(row)
        queue.set(slot: slot, time_us: times[slot])
      }
    }
  }

  private func allOfOneSlot() {
    let many = min(count, 100_000)
    var queue = TimerQueue()
    defer { queue.deallocate() }
    measure("timers, \(many) of one slot: set", per: many) {
      for time in 0..<many { queue.set(slot: 0, time_us: Int64(time)) }
    }
    measure("timers, \(many) of one slot: set twice", per: many) {
      for time in 0..<many { queue.set(slot: 0, time_us: Int64(time)) }
    }
    var sum: Int64 = 0
    measure("timers, \(many) of one slot: forEach(slot:)", per: many) { queue.forEach(slot: 0) { sum &+= $0.time_us } }
    measure("timers, \(many) of one slot: cancel half", per: many / 2) {
      for time in stride(from: 0, to: many, by: 2) { queue.cancel(slot: 0, time_us: Int64(time)) }
    }
    measure("timers, \(many) of one slot: removeAll", per: many / 2) { queue.removeAll(slot: 0) }
    precondition(queue.count == 0 && sum == Int64(many) * Int64(many - 1) / 2)
  }
}
