import Glibc

/// Fixed-width records by slot, in chunks whose addresses stay. Slots must be below `slotLimit`.
struct Records {
  private static let chunkShift = 12
  /// Of 64 slots: which have a record, and which of those are known to have changed since the last checkpoint.
  private struct Marks: BitwiseCopyable {
    var present: UInt64
    var settled: UInt64
  }
  /// Bytes of a record.
  let size: Int
  /// Slots below this have room.
  private(set) var slotLimit = 0
  private var chunks = RawVector<UnsafeMutableRawPointer>(capacity: 16)
  private var chunkCount = 0
  private var marks = RawVector<Marks>(capacity: 0)
  private let changes: UnsafeMutablePointer<ChangeMap>

  init(size: Int, changes: UnsafeMutablePointer<ChangeMap>) {
    self.size = size
    self.changes = changes
  }

  func deallocate() {
    for index in 0..<chunkCount { free(chunks.base[index]) }
    chunks.deallocate()
    marks.deallocate()
  }

  /// Bytes of memory.
  var memoryUse: Int { chunkCount * (size << Self.chunkShift) + marks.capacity * 16 }

  mutating func grow(to limit: Int) {
    slotLimit = limit
    marks.grow(to: (limit + 63) >> 6, filling: Marks(present: 0, settled: 0))
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
  func has(_ slot: Int) -> Bool { marks.base[slot >> 6].present >> UInt64(slot & 63) & 1 != 0 }

  /// The record to write; zeros if there was none. The slot counts as changed.
  @inline(__always)
  func update(_ slot: Int) -> UnsafeMutableRawPointer {
    let record = address(slot)
    // One look for what is nearly always so: the record is there and known to have changed.
    if marks.base[slot >> 6].settled >> UInt64(slot & 63) & 1 == 0 { settle(slot, at: record) }
    return record
  }

  @inline(never)
  private func settle(_ slot: Int, at record: UnsafeMutableRawPointer) {
    if !has(slot) { memset(record, 0, size) }
    let bit: UInt64 = 1 << UInt64(slot & 63)
    marks.base[slot >> 6].present |= bit
    marks.base[slot >> 6].settled |= bit
    changes.pointee.insert(slot)
  }

  func remove(_ slot: Int) {
    let bit: UInt64 = 1 << UInt64(slot & 63)
    marks.base[slot >> 6].present &= ~bit
    marks.base[slot >> 6].settled &= ~bit
  }

  /// The slot's changes are taken care of: the next update counts as one again.
  func unsettle(_ slot: Int) { marks.base[slot >> 6].settled &= ~(1 << UInt64(slot & 63)) }
}
