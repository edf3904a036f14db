import Columnar
import Synchronization

/// A ring from one worker to one, bounded by messages and by the bytes of their rows. One batch always passes, however
/// large: a ring without rows takes it.
final class ExchangeRing: @unchecked Sendable {
  private let ring: SpscRing<Message>
  private let byteLimit: Int
  /// Bytes taken out so far; the consumer's to change.
  private let popped = Atomic<Int>(0)
  // The producer's: bytes put in so far, and what it last saw of `popped`.
  private var pushed = 0
  private var poppedSeen = 0

  init(capacity: Int, byteLimit: Int) {
    ring = SpscRing(capacity: capacity)
    self.byteLimit = byteLimit
  }

  /// Adds a message; false if there is no room for it. [producer]
  func push(_ message: Message) -> Bool {
    let size = message.byteSize
    guard hasRoom(for: size), ring.push(message) else { return false }
    pushed &+= size
    return true
  }

  private func hasRoom(for size: Int) -> Bool {
    if size == 0 || size <= byteLimit &- (pushed &- poppedSeen) { return true }
    poppedSeen = popped.load(ordering: .acquiring)
    return pushed == poppedSeen || size <= byteLimit &- (pushed &- poppedSeen)
  }

  /// Takes the oldest message; nil if there is none. [consumer]
  func pop() -> Message? {
    guard let message = ring.pop() else { return nil }
    let size = message.byteSize
    if size > 0 { popped.store(popped.load(ordering: .relaxed) &+ size, ordering: .releasing) }
    return message
  }
}
