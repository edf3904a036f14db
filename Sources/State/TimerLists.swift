/// Which timers each slot has: nodes from one pool, in a list per slot. Slots with many are indexed besides, so that
/// finding a timer never takes long.
struct TimerLists {
  /// Stands for no node.
  static let none = UInt32.max
  /// A slot with more timers than this is indexed, until it has none.
  private static let listLimit = 12

  private struct Node: BitwiseCopyable {
    var time_us: Int64
    var slot: UInt32  // `none` if the node is free
    var next: UInt32  // in the slot's list; of a free node: the next free one
    var previous: UInt32
    var nextInBucket: UInt32  // in the index
  }
  private struct List: BitwiseCopyable {  // all zero: empty
    var first: UInt32
    private var word: UInt32
    var count: UInt32 {
      get { word >> 2 }
      set { word = newValue << 2 | word & 3 }
    }
    var isIndexed: Bool {
      get { word & 1 != 0 }
      set { word = word & ~1 | (newValue ? 1 : 0) }
    }
    var isMarked: Bool {
      get { word & 2 != 0 }
      set { word = word & ~2 | (newValue ? 2 : 0) }
    }
    mutating func becameEmpty() { word = 0 }
  }

  private var nodes = RawVector<Node>(capacity: 0)
  private var nodeLimit = 0  // nodes from here on were never used
  private var firstFree = TimerLists.none
  private var lists = SlotVector<List>()
  private var buckets = RawVector<UInt32>(capacity: 0)
  private var bucketMask = -1  // no buckets yet
  private var indexedCount = 0
  /// How many timers there are.
  private(set) var count = 0

  func deallocate() {
    nodes.deallocate()
    lists.deallocate()
    buckets.deallocate()
  }

  /// Bytes of the timers there are, and of what is allocated for slots and the index.
  var memoryUse: Int {
    count * MemoryLayout<Node>.stride + lists.memoryUse + (bucketMask + 1) * MemoryLayout<UInt32>.stride
  }

  /// How many timers `slot` has.
  func count(slot: Int) -> Int { slot < lists.slotLimit ? Int(lists[slot].count) : 0 }

  /// Whether `slot` has timers and is marked.
  func isMarked(slot: Int) -> Bool { count(slot: slot) > 0 && lists[slot].isMarked }

  /// Marks a slot that has timers, or takes the mark away. It goes with the last timer by itself.
  mutating func mark(slot: Int, _ isMarked: Bool) { lists.address(slot).pointee.isMarked = isMarked }

  /// The slot of a node; nil unless it is in use and its timer is at `time_us`.
  @inline(__always)
  func slot(ofNode node: UInt32, at time_us: Int64) -> UInt32? {
    let node = nodes.base[Int(node)]
    return node.slot != Self.none && node.time_us == time_us ? node.slot : nil
  }

  // MARK: - Timers of a slot

  /// Calls `body` with the time of each timer of `slot`, the last added first.
  func forEach(slot: Int, _ body: (_ time_us: Int64) -> Void) {
    var node = count(slot: slot) > 0 ? lists[slot].first : Self.none
    while node != Self.none {
      body(nodes.base[Int(node)].time_us)
      node = nodes.base[Int(node)].next
    }
  }

  /// Calls `body` with every timer, in no order.
  func forEach(_ body: (_ node: UInt32, _ slot: UInt32, _ time_us: Int64) -> Void) {
    for index in 0..<nodeLimit where nodes.base[index].slot != Self.none {
      body(UInt32(index), nodes.base[index].slot, nodes.base[index].time_us)
    }
  }

  /// The node of a timer; `none` if there is none.
  func find(slot: Int, time_us: Int64) -> UInt32 {
    guard count(slot: slot) > 0 else { return Self.none }
    let list = lists[slot]
    var node = list.isIndexed ? buckets.base[bucket(slot: UInt32(slot), time_us)] : list.first
    while node != Self.none {
      let found = nodes.base[Int(node)]
      if found.time_us == time_us && found.slot == UInt32(slot) { return node }
      node = list.isIndexed ? found.nextInBucket : found.next
    }
    return Self.none
  }

  /// Adds a timer that is not there; gives its node.
  mutating func add(slot: Int, time_us: Int64) -> UInt32 {
    lists.grow(to: slot + 1)
    let list = lists.address(slot)
    let next = list.pointee.count > 0 ? list.pointee.first : Self.none
    let node = takeNode()
    nodes.base[Int(node)] = Node(
      time_us: time_us, slot: UInt32(slot), next: next, previous: Self.none, nextInBucket: Self.none)
    if next != Self.none { nodes.base[Int(next)].previous = node }
    list.pointee.first = node
    list.pointee.count += 1
    count += 1
    if list.pointee.isIndexed { index(node) } else if list.pointee.count > Self.listLimit { index(slot: slot) }
    return node
  }

  private mutating func takeNode() -> UInt32 {
    if firstFree != Self.none {
      defer { firstFree = nodes.base[Int(firstFree)].next }
      return firstFree
    }
    guard nodeLimit < Int(Self.none) else { fatalError("a worker has more than 4 billion timers of one kind") }
    nodes.reserve(nodeLimit + 1)
    nodeLimit += 1
    return UInt32(nodeLimit - 1)
  }

  mutating func remove(_ node: UInt32) {
    let old = nodes.base[Int(node)]
    let list = lists.address(Int(old.slot))
    if list.pointee.isIndexed { unindex(node) }
    if old.next != Self.none { nodes.base[Int(old.next)].previous = old.previous }
    if old.previous != Self.none {
      nodes.base[Int(old.previous)].next = old.next
    } else {
      list.pointee.first = old.next
    }
    list.pointee.count -= 1
    if list.pointee.count == 0 { list.pointee.becameEmpty() }
    nodes.base[Int(node)].slot = Self.none
    nodes.base[Int(node)].next = firstFree
    firstFree = node
    count -= 1
  }

  /// Removes all timers of `slot`.
  mutating func removeAll(slot: Int) { while count(slot: slot) > 0 { remove(lists[slot].first) } }

  // MARK: - Index

  private func bucket(slot: UInt32, _ time_us: Int64) -> Int {
    let mixed = (UInt64(bitPattern: time_us) ^ (UInt64(slot) &* 0x9e37_79b9_7f4a_7c15))
      .multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    return Int(truncatingIfNeeded: mixed.high ^ mixed.low) & bucketMask
  }

  private mutating func index(slot: Int) {
    lists.address(slot).pointee.isIndexed = true
    var node = lists[slot].first
    while node != Self.none {
      index(node)
      node = nodes.base[Int(node)].next
    }
  }

  private mutating func index(_ node: UInt32) {
    if indexedCount > bucketMask { growIndex() }
    putIntoBucket(node)
    indexedCount += 1
  }

  private func putIntoBucket(_ node: UInt32) {
    let added = nodes.base + Int(node)
    let head = buckets.base + bucket(slot: added.pointee.slot, added.pointee.time_us)
    added.pointee.nextInBucket = head.pointee
    head.pointee = node
  }

  private mutating func growIndex() {
    let (old, oldCount) = (buckets, bucketMask + 1)
    bucketMask = max(64, oldCount * 2) - 1
    buckets = RawVector(capacity: bucketMask + 1)
    buckets.base.initialize(repeating: Self.none, count: bucketMask + 1)
    for index in 0..<oldCount {
      var node = old.base[index]
      while node != Self.none {
        let next = nodes.base[Int(node)].nextInBucket
        putIntoBucket(node)
        node = next
      }
    }
    old.deallocate()
  }

  private mutating func unindex(_ node: UInt32) {
    let removed = nodes.base[Int(node)]
    var link = buckets.base + bucket(slot: removed.slot, removed.time_us)
    while link.pointee != node { link = nextInBucket(link.pointee) }
    link.pointee = removed.nextInBucket
    indexedCount -= 1
  }

  private func nextInBucket(_ node: UInt32) -> UnsafeMutablePointer<UInt32> {
    let start = UnsafeMutableRawPointer(nodes.base + Int(node))
    return (start + MemoryLayout<Node>.offset(of: \.nextInBucket)!).assumingMemoryBound(to: UInt32.self)
  }

  // MARK: - Memory

  /// Whether most nodes are free, so that `compact` is worth its while.
  var isSparse: Bool { nodeLimit > 4096 && count < nodeLimit / 4 }

  /// Gives back the memory of free nodes. All nodes get other numbers.
  mutating func compact() {
    let old = self
    self = TimerLists()
    nodes = RawVector(capacity: old.count)
    old.forEach { _, slot, time_us in _ = add(slot: Int(slot), time_us: time_us) }
    old.deallocate()
  }
}
