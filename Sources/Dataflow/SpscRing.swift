import Synchronization

/// A bounded queue between exactly one producer thread and one consumer thread.
///
/// Both sides cache the other's index, so that most calls touch no shared cache line (the design of FastForward and
/// of Rigtorp's SPSCQueue, written down in https://rigtorp.se/ringbuffer/).
package final class SpscRing<Element>: @unchecked Sendable {
  /// Indexes on cache lines of their own: neighbours would slow each other down.
  private struct PaddedIndex: ~Copyable {
    let value = Atomic<Int>(0)
    private let padding: (Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int) =
      (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  }
  private let slots: UnsafeMutablePointer<Element>
  private let mask: Int
  private let head = PaddedIndex()
  private let tail = PaddedIndex()
  private var headSeenByProducer = 0
  private var tailSeenByConsumer = 0

  /// A ring of `capacity` elements, rounded up to a power of two.
  package init(capacity: Int) {
    var size = 2
    while size < capacity { size *= 2 }
    mask = size - 1
    slots = .allocate(capacity: size)
  }

  deinit {
    while pop() != nil {}
    slots.deallocate()
  }

  /// Adds an element; false if the ring is full. [producer]
  package func push(_ element: consuming Element) -> Bool {
    let next = tail.value.load(ordering: .relaxed)
    if next - headSeenByProducer > mask {
      headSeenByProducer = head.value.load(ordering: .acquiring)
      if next - headSeenByProducer > mask { return false }
    }
    (slots + (next & mask)).initialize(to: element)
    tail.value.store(next + 1, ordering: .releasing)
    return true
  }

  /// Takes the oldest element; nil if there is none. [consumer]
  package func pop() -> Element? {
    let next = head.value.load(ordering: .relaxed)
    if next == tailSeenByConsumer {
      tailSeenByConsumer = tail.value.load(ordering: .acquiring)
      if next == tailSeenByConsumer { return nil }
    }
    let element = (slots + (next & mask)).move()
    head.value.store(next + 1, ordering: .releasing)
    return element
  }
}
