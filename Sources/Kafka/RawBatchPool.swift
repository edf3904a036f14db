import Glibc
import Synchronization

/// Buffers of raw batches, for reuse: a fresh large allocation costs a page fault for every 4 KiB. One per reader;
/// buffers come back from any thread, once per batch, so a lock is cheap enough.
final class RawBatchPool: Sendable {
  /// The smallest buffer, in bytes.
  static let least = 4096
  private static let alignment = 64
  /// At most this many bytes wait for reuse; more are freed.
  private let limit_bytes: Int
  private let waiting = Mutex(Waiting())

  private struct Waiting {
    var byClass: [[UInt]] = Array(repeating: [], count: Int.bitWidth)
    var bytes = 0
  }

  init(limit_bytes: Int) { self.limit_bytes = limit_bytes }

  deinit {
    waiting.withLock { state in
      for addresses in state.byClass { for address in addresses { free(UnsafeMutableRawPointer(bitPattern: address)) } }
    }
  }

  /// Bytes that wait for reuse.
  var waitingBytes: Int { waiting.withLock { $0.bytes } }

  /// A buffer of at least `size` bytes, and its size. Nil if memory is out.
  func take(_ size: Int) -> (memory: UnsafeMutableRawPointer, capacity: Int)? {
    let shift = Int.bitWidth - (max(size, Self.least) - 1).leadingZeroBitCount
    let capacity = 1 << shift
    let waiting = waiting.withLock { state -> UInt? in
      guard let address = state.byClass[shift].popLast() else { return nil }
      state.bytes -= capacity
      return address
    }
    if let waiting, let memory = UnsafeMutableRawPointer(bitPattern: waiting) { return (memory, capacity) }
    return aligned_alloc(Self.alignment, capacity).map { ($0, capacity) }
  }

  /// Takes a buffer back. [any]
  func give(_ memory: UnsafeMutableRawPointer, capacity: Int) {
    let address = UInt(bitPattern: memory)
    let isKept = waiting.withLock { state in
      guard state.bytes + capacity <= limit_bytes else { return false }
      state.byClass[capacity.trailingZeroBitCount].append(address)
      state.bytes += capacity
      return true
    }
    if !isKept { free(memory) }
  }
}

/// A topic's name as C wants it; shared by the batches that come from it.
final class TopicName: @unchecked Sendable {
  let text: String
  let bytes: UnsafeMutablePointer<CChar>

  init(_ text: String) {
    self.text = text
    bytes = text.withCString { source in
      let size = strlen(source) + 1
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      copy.initialize(from: source, count: size)
      return copy
    }
  }

  deinit { bytes.deallocate() }
}
