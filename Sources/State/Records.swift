import Glibc

/// Fixed-width records by slot, in chunks whose addresses stay. Slots must be below `slotLimit`.
struct Records {
  private static let chunkShift = 12
  /// Bytes of a record.
  let size: Int
  /// Slots below this have room.
  private(set) var slotLimit = 0
  private var chunks = RawVector<UnsafeMutableRawPointer>(capacity: 16)
  private var chunkCount = 0
  private var present = RawVector<UInt64>(capacity: 0)  // a bit per slot

  init(size: Int) { self.size = size }

  func deallocate() {
    for index in 0..<chunkCount { free(chunks.base[index]) }
    chunks.deallocate()
    present.deallocate()
  }

  mutating func grow(to limit: Int) {
    slotLimit = limit
    present.grow(to: (limit + 63) >> 6, filling: 0)
    while chunkCount << Self.chunkShift < limit { addChunk() }
  }

  private mutating func addChunk() {
    let bytes = (size << Self.chunkShift + 63) & ~63
    guard let chunk = aligned_alloc(64, bytes) else {
      fatalError("out of memory: keyed state needs \(bytes) bytes more")
    }
    chunks.reserve(chunkCount + 1)
    chunks.base[chunkCount] = chunk
    chunkCount += 1
  }

  @inline(__always)
  func address(_ slot: Int) -> UnsafeMutableRawPointer {
    chunks.base[slot >> Self.chunkShift] + (slot & ((1 << Self.chunkShift) - 1)) &* size
  }

  @inline(__always)
  func has(_ slot: Int) -> Bool { present.base[slot >> 6] >> UInt64(slot & 63) & 1 != 0 }

  /// The record to write; zeros if there was none.
  @inline(__always)
  func update(_ slot: Int) -> UnsafeMutableRawPointer {
    let record = address(slot)
    if !has(slot) { add(slot, at: record) }
    return record
  }

  @inline(never)
  private func add(_ slot: Int, at record: UnsafeMutableRawPointer) {
    memset(record, 0, size)
    present.base[slot >> 6] |= 1 << UInt64(slot & 63)
  }

  func remove(_ slot: Int) { present.base[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
}
