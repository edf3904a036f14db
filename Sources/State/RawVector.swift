import Glibc

/// Plain memory of a number of elements, which its owner must free. No checks: indexes are the owner's business.
struct RawVector<Element: BitwiseCopyable> {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    base = Self.allocate(capacity, old: nil)
  }

  /// Room for `count` elements; those that were there stay, the address may not.
  mutating func reserve(_ count: Int) {
    guard count > capacity else { return }
    capacity = max(count, capacity * 2)
    base = Self.allocate(capacity, old: base)
  }

  /// The same, with what is new set to `filling`.
  mutating func grow(to count: Int, filling: Element) {
    let before = capacity
    reserve(count)
    if capacity > before { (base + before).initialize(repeating: filling, count: capacity - before) }
  }

  func deallocate() { free(base) }

  // realloc: for large blocks it moves pages instead of bytes.
  private static func allocate(_ count: Int, old: UnsafeMutablePointer<Element>?) -> UnsafeMutablePointer<Element> {
    guard let memory = realloc(old, max(1, count) * MemoryLayout<Element>.stride) else {
      fatalError("out of memory: keyed state needs \(count * MemoryLayout<Element>.stride) bytes in one piece")
    }
    return memory.bindMemory(to: Element.self, capacity: max(1, count))
  }
}
