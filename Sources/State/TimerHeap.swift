/// Times with the node that each stands for, the least first. Knows nothing of whether a node is still there.
struct TimerHeap {
  struct Entry: BitwiseCopyable {
    var time_us: Int64
    var node: UInt32
  }
  /// Unused entries in front: a large block of malloc's starts 16 bytes behind a page's start, and with these the four
  /// children of an entry are one cache line. It saves a third of the time of `removeFirst`.
  private static var padding: Int { 2 }
  private var memory: RawVector<Entry>
  private(set) var count = 0
  private var base: UnsafeMutablePointer<Entry> { memory.base + Self.padding }

  init(capacity: Int = 0) { memory = RawVector(capacity: capacity + Self.padding) }

  /// Bytes of the entries there are.
  var memoryUse: Int { count * MemoryLayout<Entry>.stride }
  /// The entry with the least time.
  var first: Entry? { count > 0 ? base[0] : nil }

  func deallocate() { memory.deallocate() }

  mutating func insert(_ entry: Entry) {
    append(entry)
    siftUp(count - 1)
  }

  /// Adds an entry without putting it in order: `order` must follow.
  mutating func append(_ entry: Entry) {
    memory.reserve(count + 1 + Self.padding)
    base[count] = entry
    count += 1
  }

  /// Puts all entries in order.
  func order() { for index in stride(from: count / 4, through: 0, by: -1) { siftDown(index) } }

  mutating func removeFirst() {
    count -= 1
    base[0] = base[count]
    siftDown(0)
  }

  /// Calls `body` with every entry, in no order.
  func forEach(_ body: (Entry) -> Void) { for index in 0..<count { body(base[index]) } }

  // Four children each: half the levels of a binary heap, and the children share a cache line.
  private func siftUp(_ start: Int) {
    let base = base
    let entry = base[start]
    var index = start
    while index > 0 {
      let parent = (index &- 1) >> 2
      guard entry.time_us < base[parent].time_us else { break }
      base[index] = base[parent]
      index = parent
    }
    base[index] = entry
  }

  private func siftDown(_ start: Int) {
    guard start < count else { return }
    let base = base
    let entry = base[start]
    var index = start
    while true {
      let least = leastChild(index)
      guard least < count, base[least].time_us < entry.time_us else { break }
      base[index] = base[least]
      index = least
    }
    base[index] = entry
  }

  /// The child of `index` with the least time; `count` or more if it has none.
  @inline(__always)
  private func leastChild(_ index: Int) -> Int {
    let base = base
    let first = 4 &* index &+ 1
    if first &+ 4 <= count {  // in pairs, which the processor compares without waiting for each other
      let left = base[first &+ 1].time_us < base[first].time_us ? first &+ 1 : first
      let right = base[first &+ 3].time_us < base[first &+ 2].time_us ? first &+ 3 : first &+ 2
      return base[right].time_us < base[left].time_us ? right : left
    }
    var least = first
    for child in first..<max(first, count) where base[child].time_us < base[least].time_us { least = child }
    return least
  }
}
