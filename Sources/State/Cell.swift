import CMillrace
import Glibc

/// One state of one instance, for all its keys: what a `mill_state` pointer points to. One thread at a time.
package class Cell {
  package let descriptor: StateDescriptor
  fileprivate let timeToLive: TimeToLive?
  fileprivate var deadlines: [Int64] = []  // per slot, only with a TTL; Int64.max: nothing there
  private let now: () -> Int64
  /// Hears of slots whose state was cleared, so that keys without any are forgotten.
  var onCleared: ((UInt32) -> Void)?

  init(descriptor: StateDescriptor, now: @escaping () -> Int64) {
    self.descriptor = descriptor
    timeToLive = descriptor.timeToLive
    self.now = now
  }

  /// Room for slots below `limit`.
  func grow(to limit: Int) {
    if timeToLive != nil { while deadlines.count < limit { deadlines.append(.max) } }
  }

  func has(_ slot: Int) -> Bool { false }
  func clear(_ slot: Int) { if timeToLive != nil { deadlines[slot] = .max } }

  final func cleared(_ slot: UInt32) { onCleared?(slot) }

  /// Call before a read: takes expired state away.
  @inline(__always)
  final func beforeRead(_ slot: Int) { if timeToLive != nil { checkDeadline(slot, isWrite: false) } }
  /// Call before a write: takes expired state away, starts the time anew.
  @inline(__always)
  final func beforeWrite(_ slot: Int) { if timeToLive != nil { checkDeadline(slot, isWrite: true) } }

  private func checkDeadline(_ slot: Int, isWrite: Bool) {
    guard let timeToLive else { return }
    let time = now()
    if deadlines[slot] <= time {
      clear(slot)
      cleared(UInt32(slot))
    }
    if isWrite || (timeToLive.renewsOnRead && deadlines[slot] != .max) {
      deadlines[slot] = time &+ timeToLive.duration_us
    }
  }

  /// When the state of `slot` vanishes; Int64.max for never.
  final func deadline(_ slot: Int) -> Int64 { timeToLive == nil ? .max : deadlines[slot] }
  final func setDeadline(_ slot: Int, _ time_us: Int64) { if timeToLive != nil { deadlines[slot] = time_us } }

  /// Takes the state of `slot` away if its time is over. True if it did.
  final func expire(_ slot: Int, now_us: Int64) -> Bool {
    guard timeToLive != nil, deadlines[slot] <= now_us else { return false }
    clear(slot)
    return true
  }

  /// Adds what `slot` has to a snapshot.
  func write(_ slot: Int, to writer: inout SnapshotWriter) {}
  /// Takes what `write` wrote. False if the bytes are not that.
  func read(_ slot: Int, from reader: inout SnapshotReader) -> Bool { false }
}

/// Fixed-width records in chunks whose addresses stay.
package final class ValueCell: Cell {
  private static let chunkShift = 12
  package let size: Int
  private var chunks: [UnsafeMutableRawPointer] = []
  private var chunkTable: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var chunkCapacity = 16
  private var present = PresenceBits()

  init(descriptor: StateDescriptor, size: Int, now: @escaping () -> Int64) {
    self.size = (size + 15) & ~15
    chunkTable = .allocate(capacity: chunkCapacity)
    super.init(descriptor: descriptor, now: now)
  }

  deinit {
    for chunk in chunks { free(chunk) }
    chunkTable.deallocate()
  }

  override func grow(to limit: Int) {
    super.grow(to: limit)
    present.grow(to: limit)
    while chunks.count << Self.chunkShift < limit { addChunk() }
  }

  private func addChunk() {
    let chunk = aligned_alloc(64, max(64, (size << Self.chunkShift)))!
    chunks.append(chunk)
    if chunks.count > chunkCapacity {
      chunkTable.deallocate()
      chunkCapacity *= 2
      chunkTable = .allocate(capacity: chunkCapacity)
    }
    for (index, chunk) in chunks.enumerated() { chunkTable[index] = chunk }
  }

  @inline(__always)
  private func address(_ slot: Int) -> UnsafeMutableRawPointer {
    chunkTable[slot >> Self.chunkShift] + (slot & ((1 << Self.chunkShift) - 1)) &* size
  }

  override func has(_ slot: Int) -> Bool { present[slot] }

  /// The record to read; nil if there is none.
  @inline(__always)
  package func value(_ slot: Int) -> UnsafeMutableRawPointer? {
    beforeRead(slot)
    return present[slot] ? address(slot) : nil
  }

  /// The record to write; zeros if there was none.
  @inline(__always)
  package func valueForUpdate(_ slot: Int) -> UnsafeMutableRawPointer {
    beforeWrite(slot)
    let record = address(slot)
    if !present[slot] {
      memset(record, 0, size)
      present.set(slot)
    }
    return record
  }

  override func clear(_ slot: Int) {
    super.clear(slot)
    present.clear(slot)
  }

  override func write(_ slot: Int, to writer: inout SnapshotWriter) {
    writer.bytes(UnsafeRawBufferPointer(start: address(slot), count: size))
  }

  override func read(_ slot: Int, from reader: inout SnapshotReader) -> Bool {
    guard let bytes = reader.bytes(), bytes.count == size, let base = bytes.baseAddress else { return false }
    valueForUpdate(slot).copyMemory(from: base, byteCount: size)
    return true
  }
}

/// A bit per slot.
struct PresenceBits {
  private var words: [UInt64] = []
  mutating func grow(to limit: Int) { while words.count << 6 < limit { words.append(0) } }
  @inline(__always)
  subscript(slot: Int) -> Bool { words[slot >> 6] >> UInt64(slot & 63) & 1 != 0 }
  @inline(__always)
  mutating func set(_ slot: Int) { words[slot >> 6] |= 1 << UInt64(slot & 63) }
  mutating func clear(_ slot: Int) { words[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
}
