/// Merges runs into one: every key once, as the newest run that has it says. One thread at a time.
package struct RunMerger: ~Copyable {
  private struct Head {
    var entry: RunEntry
    var age: Int  // index of the cursor: 0 is the newest
  }
  private let cursors: [RunCursor]
  private let now_us: UInt64?
  // A heap by key, then age: the root is the next entry to give.
  private var heap: RawVector<Head>
  private var count = 0
  private var isFilled = false
  /// The root's entry was given out; its memory is the caller's until the next call.
  private var isRootGiven = false

  /// `cursors`: newest first, all over the same key groups; nobody else may use them. `droppingAt_us`: give it only if
  /// nothing older than these runs is left: then keys that are removed, or whose expiry is at or before this time, are
  /// left out.
  package init(_ cursors: [RunCursor], droppingAt_us now_us: Int64? = nil) {
    self.cursors = cursors
    self.now_us = now_us.map { UInt64(max(0, $0)) }
    heap = RawVector(capacity: cursors.count)
  }

  deinit { heap.deallocate() }

  private mutating func fill() throws {
    isFilled = true
    for age in cursors.indices.reversed() {
      guard let entry = try cursors[age].next() else { continue }
      heap.base[count] = Head(entry: entry, age: age)
      count += 1
    }
    for index in stride(from: count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
  }

  /// The next key, in a run's order; valid until this is called again. Nil at the end. Throws `RunError`, and is of no
  /// use afterwards.
  package mutating func next() throws -> RunEntry? {
    if !isFilled { try fill() }
    while true {
      if isRootGiven { try advance(0) }
      isRootGiven = count > 0
      guard isRootGiven else { return nil }
      let entry = heap.base[0].entry
      try skipHidden(by: entry)
      if !isDropped(entry) { return entry }
    }
  }

  /// Passes over what older runs say of the root's key.
  @inline(__always)
  private mutating func skipHidden(by entry: RunEntry) throws {
    while count > 1 {
      let second = count > 2 && precedes(2, 1) ? 2 : 1
      let other = heap.base[second].entry
      guard other.hash == entry.hash, !entry.precedes(other) else { return }
      try advance(second)
    }
  }

  /// Replaces the head at `index`, the root or a child of it, by its cursor's next.
  private mutating func advance(_ index: Int) throws {
    if let entry = try cursors[heap.base[index].age].next() {
      heap.base[index].entry = entry
    } else {
      count -= 1
      if index == count { return }
      heap.base[index] = heap.base[count]
    }
    siftDown(from: index)
  }

  @inline(__always)
  private func precedes(_ a: Int, _ b: Int) -> Bool { Self.precedes(heap.base[a], heap.base[b]) }

  @inline(__always)
  private static func precedes(_ a: Head, _ b: Head) -> Bool {
    if a.entry.hash != b.entry.hash { return a.entry.hash < b.entry.hash }
    if a.entry.precedes(b.entry) { return true }
    return !b.entry.precedes(a.entry) && a.age < b.age
  }

  private mutating func siftDown(from start: Int) {
    let head = heap.base[start]
    var index = start
    while true {
      var child = 2 * index + 1
      guard child < count else { break }
      if child + 1 < count, precedes(child + 1, child) { child += 1 }
      guard Self.precedes(heap.base[child], head) else { break }
      heap.base[index] = heap.base[child]
      index = child
    }
    heap.base[index] = head
  }

  @inline(__always)
  private func isDropped(_ entry: RunEntry) -> Bool {
    guard let now_us else { return false }
    guard let record = entry.record else { return true }
    var reader = SnapshotReader(record)
    guard let expiry = reader.integer() else { return false }
    return expiry != 0 && expiry <= now_us
  }
}
