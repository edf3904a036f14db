/// Timers of one kind, in order of time, and by slot. Of cancelled ones the heap keeps an entry until it comes up or
/// there are too many; the first entry is always of a timer that is there.
package struct TimerQueue {
  package struct Timer: BitwiseCopyable {
    package var time_us: Int64
    package var slot: UInt32
  }
  private var lists = TimerLists()
  private var heap = TimerHeap()
  private var held = TimerHeap()  // only appended to
  private(set) var isHolding = false

  package init() {}

  package func deallocate() {
    lists.deallocate()
    heap.deallocate()
    held.deallocate()
  }

  /// How many timers there are.
  package var count: Int { lists.count }
  /// How many timers `slot` has.
  package func count(slot: Int) -> Int { lists.count(slot: slot) }
  /// The time of the timer that `pop` gives next.
  package var first: Int64? { heap.first?.time_us }
  /// Bytes in use. Room of timers that are gone is kept for new ones, up to four times as much, and not counted.
  package var memoryUse: Int { lists.memoryUse + heap.memoryUse + held.memoryUse }

  /// Calls `body` with every timer, in no order.
  package func forEach(_ body: (Timer) -> Void) {
    lists.forEach { _, slot, time_us in body(Timer(time_us: time_us, slot: slot)) }
  }

  /// Calls `body` with every timer of `slot`, in order of time.
  package func forEach(slot: Int, _ body: (Timer) -> Void) {
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: count(slot: slot)) { memory in
      var times = memory
      var unfilled = times.count  // from the back: the newest comes first, and is the latest as a rule
      lists.forEach(slot: slot) { time_us in
        unfilled -= 1
        times[unfilled] = time_us
      }
      times.sort()
      for time_us in times { body(Timer(time_us: time_us, slot: UInt32(slot))) }
    }
  }

  // MARK: - Changes

  /// Sets a timer. False if it was set.
  @discardableResult
  package mutating func set(slot: Int, time_us: Int64) -> Bool {
    guard lists.find(slot: slot, time_us: time_us) == TimerLists.none else { return false }
    let entry = TimerHeap.Entry(time_us: time_us, node: lists.add(slot: slot, time_us: time_us))
    if isHolding {
      held.append(entry)
      lists.mark(slot: slot, true)
    } else {
      heap.insert(entry)
    }
    return true
  }

  /// Sets a timer that was set before and went elsewhere meanwhile: `hold` does not concern it.
  mutating func restore(slot: Int, time_us: Int64) {
    guard lists.find(slot: slot, time_us: time_us) == TimerLists.none else { return }
    heap.insert(TimerHeap.Entry(time_us: time_us, node: lists.add(slot: slot, time_us: time_us)))
  }

  /// Takes a timer back. False if it was not set.
  @discardableResult
  package mutating func cancel(slot: Int, time_us: Int64) -> Bool {
    let node = lists.find(slot: slot, time_us: time_us)
    guard node != TimerLists.none else { return false }
    lists.remove(node)
    tidy()
    return true
  }

  /// Takes all timers of `slot` back.
  package mutating func removeAll(slot: Int) {
    lists.removeAll(slot: slot)
    tidy()
  }

  /// Takes the next timer if its time is not after `time_us`.
  package mutating func pop(upTo time_us: Int64) -> Timer? {
    guard let first = heap.first, first.time_us <= time_us,
      let slot = lists.slot(ofNode: first.node, at: first.time_us)
    else { return nil }
    lists.remove(first.node)
    tidy()
    return Timer(time_us: first.time_us, slot: slot)
  }

  // An entry whose node has gone to another timer of the same time counts for that one, and the later entry of that
  // timer for none: the node is free when it comes up.
  private mutating func tidy() {
    while let first = heap.first, lists.slot(ofNode: first.node, at: first.time_us) == nil { heap.removeFirst() }
    if isHolding { return }
    if lists.isSparse {
      lists.compact()
      rebuild()
    } else if heap.count > 1024 && heap.count > lists.count * 2 {
      rebuild()
    }
  }

  private mutating func rebuild() {
    var heap = TimerHeap(capacity: lists.count)
    lists.forEach { node, _, time_us in heap.append(TimerHeap.Entry(time_us: time_us, node: node)) }
    heap.order()
    self.heap.deallocate()
    self.heap = heap
  }

  // MARK: - Holding

  /// Until `release`, `pop` and `first` leave out what is set.
  package mutating func hold() { isHolding = true }

  /// Whether a timer of `slot` is left out.
  func isHeld(slot: Int) -> Bool { lists.isMarked(slot: slot) }

  /// Ends `hold`: `pop` gives those timers too.
  package mutating func release() {
    isHolding = false
    held.forEach { entry in
      heap.insert(entry)
      if let slot = lists.slot(ofNode: entry.node, at: entry.time_us) { lists.mark(slot: Int(slot), false) }
    }
    held.deallocate()
    held = TimerHeap()
    tidy()
  }
}
