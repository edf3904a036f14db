import CMillrace
import Glibc

/// One state of one instance, for all its keys: what a `mill_state` pointer points to. One thread at a time. Slots
/// must be below `slotLimit`.
package class Cell {
  package let descriptor: StateDescriptor
  fileprivate final let hasTimeToLive: Bool
  private let duration_us: Int64
  private let renewsOnRead: Bool
  private let now: () -> Int64
  private final var deadlines = RawVector<Int64>(capacity: 0)  // per slot, only with a TTL; Int64.max: nothing there
  /// Slots below this have room here.
  package private(set) final var slotLimit = 0
  /// Hears of slots whose state was taken away, so that keys without any are forgotten.
  final var onCleared: ((UInt32) -> Void)?

  init(descriptor: StateDescriptor, now: @escaping () -> Int64) {
    self.descriptor = descriptor
    hasTimeToLive = descriptor.timeToLive != nil
    duration_us = descriptor.timeToLive?.duration_us ?? 0
    renewsOnRead = descriptor.timeToLive?.renewsOnRead ?? false
    self.now = now
  }

  deinit { deadlines.deallocate() }

  /// Room for slots below `limit`.
  func grow(to limit: Int) {
    slotLimit = limit
    if hasTimeToLive { deadlines.grow(to: limit, filling: .max) }
  }

  func has(_ slot: Int) -> Bool { false }
  func clear(_ slot: Int) { if hasTimeToLive { deadlines.base[slot] = .max } }

  /// Takes away what `slot` has, and lets its key be forgotten if nothing is left.
  package final func discard(_ slot: Int) {
    clear(slot)
    onCleared?(UInt32(slot))
  }

  /// Call before a read: takes expired state away.
  @inline(__always)
  final func beforeRead(_ slot: Int) { if hasTimeToLive { checkDeadline(slot, isWrite: false) } }
  /// Call before a write: takes expired state away, starts the time anew.
  @inline(__always)
  final func beforeWrite(_ slot: Int) { if hasTimeToLive { checkDeadline(slot, isWrite: true) } }

  @inline(never)
  private final func checkDeadline(_ slot: Int, isWrite: Bool) {
    let time = now()
    if deadlines.base[slot] <= time { discard(slot) }
    if isWrite || (renewsOnRead && deadlines.base[slot] != .max) { deadlines.base[slot] = time &+ duration_us }
  }

  /// When the state of `slot` vanishes; Int64.max for never.
  final func deadline(_ slot: Int) -> Int64 { hasTimeToLive ? deadlines.base[slot] : .max }
  final func setDeadline(_ slot: Int, _ time_us: Int64) { if hasTimeToLive { deadlines.base[slot] = time_us } }

  /// Takes the state of `slot` away if its time is over. True if it did.
  final func expire(_ slot: Int, now_us: Int64) -> Bool {
    guard hasTimeToLive, deadlines.base[slot] <= now_us else { return false }
    clear(slot)
    return true
  }

  /// Adds what `slot` has to a snapshot.
  func write(_ slot: Int, to writer: inout SnapshotWriter) {}
  /// Takes what `write` wrote; only passes over it if `slot` is nil. False if the bytes are not that.
  func read(_ slot: Int?, from reader: inout SnapshotReader) -> Bool { false }
}

/// Fixed-width records in chunks whose addresses stay.
package final class ValueCell: Cell {
  private static let chunkShift = 12
  /// Bytes of a record.
  package let size: Int
  private var chunks = RawVector<UnsafeMutableRawPointer>(capacity: 16)
  private var chunkCount = 0
  private var present = RawVector<UInt64>(capacity: 0)  // a bit per slot

  init(descriptor: StateDescriptor, size: Int, now: @escaping () -> Int64) {
    self.size = size
    super.init(descriptor: descriptor, now: now)
  }

  deinit {
    for index in 0..<chunkCount { free(chunks.base[index]) }
    chunks.deallocate()
    present.deallocate()
  }

  override func grow(to limit: Int) {
    super.grow(to: limit)
    present.grow(to: (limit + 63) >> 6, filling: 0)
    while chunkCount << Self.chunkShift < limit { addChunk() }
  }

  private func addChunk() {
    let bytes = (size << Self.chunkShift + 63) & ~63
    guard let chunk = aligned_alloc(64, bytes) else {
      fatalError("out of memory: state \"\(descriptor.name)\" needs \(bytes) bytes more")
    }
    chunks.reserve(chunkCount + 1)
    chunks.base[chunkCount] = chunk
    chunkCount += 1
  }

  @inline(__always)
  private func address(_ slot: Int) -> UnsafeMutableRawPointer {
    chunks.base[slot >> Self.chunkShift] + (slot & ((1 << Self.chunkShift) - 1)) &* size
  }

  @inline(__always)
  private func isPresent(_ slot: Int) -> Bool { present.base[slot >> 6] >> UInt64(slot & 63) & 1 != 0 }

  override func has(_ slot: Int) -> Bool { isPresent(slot) }

  /// The record to read; nil if there is none.
  @inline(__always)
  package func value(_ slot: Int) -> UnsafeMutableRawPointer? {
    beforeRead(slot)
    return isPresent(slot) ? address(slot) : nil
  }

  /// The record to write; zeros if there was none.
  @inline(__always)
  package func valueForUpdate(_ slot: Int) -> UnsafeMutableRawPointer {
    beforeWrite(slot)
    let record = address(slot)
    if !isPresent(slot) {
      memset(record, 0, size)
      present.base[slot >> 6] |= 1 << UInt64(slot & 63)
    }
    return record
  }

  /// The records of many slots, as `valueForUpdate` gives them. False, and nothing done, if a slot is out of range.
  package func valuesForUpdate(
    _ slots: UnsafePointer<UInt32>, _ count: Int, into records: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  ) -> Bool {
    var greatest: UInt32 = 0
    for index in 0..<count { greatest = max(greatest, slots[index]) }
    guard count == 0 || Int(greatest) < slotLimit else { return false }
    for index in 0..<count { records[index] = valueForUpdate(Int(slots[index])) }
    return true
  }

  override func clear(_ slot: Int) {
    super.clear(slot)
    present.base[slot >> 6] &= ~(1 << UInt64(slot & 63))
  }

  override func write(_ slot: Int, to writer: inout SnapshotWriter) {
    writer.bytes(UnsafeRawBufferPointer(start: address(slot), count: size))
  }

  override func read(_ slot: Int?, from reader: inout SnapshotReader) -> Bool {
    guard let bytes = reader.bytes(), bytes.count == size, let base = bytes.baseAddress else { return false }
    if let slot { valueForUpdate(slot).copyMemory(from: base, byteCount: size) }
    return true
  }
}
