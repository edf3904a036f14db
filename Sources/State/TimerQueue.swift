import CMillrace

/// Timers of one kind, in order of time, then key. Cancelled ones stay in the heap until they come up or are too many.
struct TimerQueue {
  struct Timer: Hashable {
    var time_us: Int64
    var slot: UInt32
  }
  private var heap: [Timer] = []
  private var live: Set<Timer> = []
  private var perSlot: [UInt32: Int] = [:]

  var count: Int { live.count }
  func has(slot: Int) -> Bool { perSlot[UInt32(slot)] != nil }
  var all: Set<Timer> { live }

  mutating func set(slot: Int, time_us: Int64) {
    let timer = Timer(time_us: time_us, slot: UInt32(slot))
    guard live.insert(timer).inserted else { return }
    perSlot[timer.slot, default: 0] += 1
    heap.append(timer)
    siftUp(heap.count - 1)
  }

  mutating func cancel(slot: Int, time_us: Int64) {
    let timer = Timer(time_us: time_us, slot: UInt32(slot))
    guard live.remove(timer) != nil else { return }
    forget(timer)
    if heap.count > 64 && heap.count > live.count * 2 { rebuild() }
  }

  private mutating func forget(_ timer: Timer) {
    let left = (perSlot[timer.slot] ?? 1) - 1
    perSlot[timer.slot] = left == 0 ? nil : left
  }

  private mutating func rebuild() {
    heap = live.sorted { $0.time_us < $1.time_us }
  }

  /// The time of the next timer.
  mutating func next() -> Int64? {
    while let first = heap.first {
      if live.contains(first) { return first.time_us }
      removeFirst()
    }
    return nil
  }

  /// Takes the next timer if its time is not after `time_us`.
  mutating func pop(upTo time_us: Int64) -> Timer? {
    guard let next = next(), next <= time_us, let timer = heap.first else { return nil }
    removeFirst()
    live.remove(timer)
    forget(timer)
    return timer
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    siftDown()
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0, heap[index].time_us < heap[(index - 1) / 2].time_us {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func siftDown() {
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].time_us < heap[least].time_us {
        least = child
      }
      if least == index { return }
      heap.swapAt(index, least)
      index = least
    }
  }
}
