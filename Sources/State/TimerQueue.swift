import CMillrace

/// Timers of one kind, in order of time. Cancelled ones stay in the heap until they come up or are too many; `live`
/// tells them apart.
struct TimerQueue {
  struct Timer: BitwiseCopyable {
    var time_us: Int64
    var slot: UInt32
  }
  private var heap = RawVector<Timer>(capacity: 64)
  private var heapCount = 0
  private var live = TimerSet()
  private var perSlot = RawVector<UInt32>(capacity: 0)  // how many timers each slot has

  func deallocate() {
    heap.deallocate()
    live.deallocate()
    perSlot.deallocate()
  }

  var count: Int { live.count }
  /// How many timers `slot` has.
  func count(slot: Int) -> Int { slot < perSlot.capacity ? Int(perSlot.base[slot]) : 0 }
  /// Calls `body` with every timer, in no order.
  func forEach(_ body: (Timer) -> Void) { live.forEach(body) }

  mutating func set(slot: Int, time_us: Int64) {
    let timer = Timer(time_us: time_us, slot: UInt32(slot))
    guard live.insert(timer) else { return }
    perSlot.grow(to: slot + 1, filling: 0)
    perSlot.base[slot] += 1
    heap.reserve(heapCount + 1)
    heap.base[heapCount] = timer
    heapCount += 1
    siftUp(heapCount - 1)
  }

  mutating func cancel(slot: Int, time_us: Int64) {
    guard live.remove(Timer(time_us: time_us, slot: UInt32(slot))) else { return }
    perSlot.base[slot] -= 1
    if heapCount > 64 && heapCount > live.count * 2 { rebuild() }
  }

  private mutating func rebuild() {
    heapCount = 0
    let heap = heap  // has room: it had more than twice as many
    var filled = 0
    live.forEach { timer in
      heap.base[filled] = timer
      filled += 1
    }
    heapCount = filled
    for index in stride(from: filled / 4, through: 0, by: -1) { siftDown(index) }
  }

  /// Takes the next timer if its time is not after `time_us`.
  mutating func pop(upTo time_us: Int64) -> Timer? {
    while heapCount > 0, heap.base[0].time_us <= time_us {
      let timer = heap.base[0]
      heapCount -= 1
      heap.base[0] = heap.base[heapCount]
      siftDown(0)
      guard live.remove(timer) else { continue }  // it was cancelled
      perSlot.base[Int(timer.slot)] -= 1
      return timer
    }
    return nil
  }

  // Four children each: half the levels of a binary heap, and the children share a cache line.
  private func siftUp(_ start: Int) {
    let timer = heap.base[start]
    var index = start
    while index > 0, timer.time_us < heap.base[(index - 1) / 4].time_us {
      heap.base[index] = heap.base[(index - 1) / 4]
      index = (index - 1) / 4
    }
    heap.base[index] = timer
  }

  private func siftDown(_ start: Int) {
    guard start < heapCount else { return }
    let timer = heap.base[start]
    var index = start
    while 4 * index + 1 < heapCount {
      var least = 4 * index + 1
      for child in least..<min(least + 4, heapCount) where heap.base[child].time_us < heap.base[least].time_us {
        least = child
      }
      guard heap.base[least].time_us < timer.time_us else { break }
      heap.base[index] = heap.base[least]
      index = least
    }
    heap.base[index] = timer
  }
}

/// A set of timers: open addressing, without tombstones.
struct TimerSet {
  private typealias Timer = TimerQueue.Timer
  private static let empty = UInt32.max
  private var buckets: RawVector<TimerQueue.Timer>
  private var mask = 63
  private(set) var count = 0

  init() { buckets = Self.emptyBuckets(64) }

  func deallocate() { buckets.deallocate() }

  private static func emptyBuckets(_ count: Int) -> RawVector<TimerQueue.Timer> {
    let buckets = RawVector<TimerQueue.Timer>(capacity: count)
    buckets.base.initialize(repeating: Timer(time_us: 0, slot: empty), count: count)
    return buckets
  }

  func forEach(_ body: (TimerQueue.Timer) -> Void) {
    for index in 0...mask where buckets.base[index].slot != Self.empty { body(buckets.base[index]) }
  }

  private func home(_ timer: TimerQueue.Timer) -> Int {
    let mixed = (UInt64(bitPattern: timer.time_us) ^ (UInt64(timer.slot) &* 0x9e37_79b9_7f4a_7c15))
      .multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    return Int(truncatingIfNeeded: mixed.high ^ mixed.low) & mask
  }

  /// The timer's bucket, or the empty one where it would be.
  private func find(_ timer: TimerQueue.Timer) -> Int {
    var index = home(timer)
    while true {
      let bucket = buckets.base[index]
      if bucket.slot == Self.empty || (bucket.slot == timer.slot && bucket.time_us == timer.time_us) { return index }
      index = (index &+ 1) & mask
    }
  }

  /// False if it was there.
  mutating func insert(_ timer: TimerQueue.Timer) -> Bool {
    if (count + 1) * 10 > (mask + 1) * 7 { double() }
    let index = find(timer)
    guard buckets.base[index].slot == Self.empty else { return false }
    buckets.base[index] = timer
    count += 1
    return true
  }

  private mutating func double() {
    let old = buckets
    let oldCount = mask + 1
    mask = oldCount * 2 - 1
    buckets = Self.emptyBuckets(oldCount * 2)
    for index in 0..<oldCount where old.base[index].slot != Self.empty {
      buckets.base[find(old.base[index])] = old.base[index]
    }
    old.deallocate()
  }

  /// False if it was not there.
  mutating func remove(_ timer: TimerQueue.Timer) -> Bool {
    var hole = find(timer)
    guard buckets.base[hole].slot != Self.empty else { return false }
    var index = (hole &+ 1) & mask
    while buckets.base[index].slot != Self.empty {
      if ((index &- home(buckets.base[index])) & mask) >= ((index &- hole) & mask) {
        buckets.base[hole] = buckets.base[index]
        hole = index
      }
      index = (index &+ 1) & mask
    }
    buckets.base[hole].slot = Self.empty
    count -= 1
    return true
  }
}
