import CMillrace
import Glibc

/// One state of one instance, for all its keys: what a `mill_state` pointer points to. One thread at a time. Slots
/// must be below `slotLimit`.
package class Cell {
  package let descriptor: StateDescriptor
  /// The records of a `ValueCell`, nil for others. Reached through a constant: a class's variables cost a check for
  /// exclusive access at every use, and plugins come here for every row.
  final let records: UnsafeMutablePointer<Records>?
  final let hasTimeToLive: Bool
  private let duration_us: Int64
  private let renewsOnRead: Bool
  private let now: () -> Int64
  private final var deadlines = RawVector<Int64>(capacity: 0)  // per slot, only with a TTL; Int64.max: nothing there
  /// Slots below this have room here.
  package private(set) final var slotLimit = 0
  /// Hears of slots whose state was taken away, so that keys without any are forgotten.
  final var onCleared: ((UInt32) -> Void)?
  private let changes: UnsafeMutablePointer<ChangeMap>

  /// `changes`: where changed slots are noted; must outlive this.
  init(
    descriptor: StateDescriptor, records: UnsafeMutablePointer<Records>? = nil,
    changes: UnsafeMutablePointer<ChangeMap>, now: @escaping () -> Int64
  ) {
    self.descriptor = descriptor
    self.records = records
    self.changes = changes
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

  /// Bytes of memory that this state has.
  package var memoryUse: Int { hasTimeToLive ? slotLimit * 8 : 0 }
  /// Bytes of memory for each slot, whatever is in it.
  package var fixedBytesPerSlot: Int { hasTimeToLive ? 8 : 0 }

  func has(_ slot: Int) -> Bool { false }
  func clear(_ slot: Int) { if hasTimeToLive { deadlines.base[slot] = .max } }
  /// The slot's changes are in a checkpoint: the next one counts again.
  func unsettle(_ slot: Int) {}

  /// The slot counts as changed since the last checkpoint.
  @inline(__always)
  final func changed(_ slot: Int) { changes.pointee.insert(slot) }

  /// Takes away what `slot` has, and lets its key be forgotten if nothing is left.
  package final func discard(_ slot: Int) {
    clear(slot)
    changed(slot)
    onCleared?(UInt32(slot))
  }

  /// Call before a read: takes expired state away.
  @inline(__always)
  final func beforeRead(_ slot: Int) { if hasTimeToLive { checkDeadline(slot, isWrite: false) } }
  /// Call before a write: takes expired state away, starts the time anew.
  @inline(__always)
  final func beforeWrite(_ slot: Int) {
    changed(slot)
    if hasTimeToLive { checkDeadline(slot, isWrite: true) }
  }

  @inline(never)
  private final func checkDeadline(_ slot: Int, isWrite: Bool) {
    let time = now()
    if deadlines.base[slot] <= time { discard(slot) }
    if isWrite || (renewsOnRead && deadlines.base[slot] != .max) {
      deadlines.base[slot] = time &+ duration_us
      changed(slot)
    }
  }

  /// When the state of `slot` vanishes; Int64.max for never.
  final func deadline(_ slot: Int) -> Int64 { hasTimeToLive ? deadlines.base[slot] : .max }
  final func setDeadline(_ slot: Int, _ time_us: Int64) { if hasTimeToLive { deadlines.base[slot] = time_us } }

  /// Takes the state of `slot` away if its time is over. True if it did.
  final func expire(_ slot: Int, now_us: Int64) -> Bool {
    guard hasTimeToLive, deadlines.base[slot] <= now_us else { return false }
    clear(slot)
    changed(slot)
    return true
  }

  /// Adds what `slot` has to a snapshot.
  func write(_ slot: Int, to writer: inout SnapshotWriter) {}
  /// Takes what `write` wrote; only passes over it if `slot` is nil. False if the bytes are not that.
  func read(_ slot: Int?, from reader: inout SnapshotReader) -> Bool { false }
}

/// Fixed-width records of a state.
package final class ValueCell: Cell {
  private let memory: UnsafeMutablePointer<Records>

  init(
    descriptor: StateDescriptor, size: Int, changes: UnsafeMutablePointer<ChangeMap>, now: @escaping () -> Int64
  ) {
    memory = .allocate(capacity: 1)
    memory.initialize(to: Records(size: size, changes: changes))
    super.init(descriptor: descriptor, records: memory, changes: changes, now: now)
  }

  deinit {
    memory.pointee.deallocate()
    memory.deallocate()
  }

  override func grow(to limit: Int) {
    super.grow(to: limit)
    memory.pointee.grow(to: limit)
  }

  package override var memoryUse: Int { super.memoryUse + memory.pointee.memoryUse }
  package override var fixedBytesPerSlot: Int { super.fixedBytesPerSlot + memory.pointee.size + 1 }
  override func has(_ slot: Int) -> Bool { memory.pointee.has(slot) }
  override func unsettle(_ slot: Int) { memory.pointee.unsettle(slot) }

  /// The record to read; nil if there is none.
  package func value(_ slot: Int) -> UnsafeMutableRawPointer? {
    beforeRead(slot)
    return memory.pointee.has(slot) ? memory.pointee.address(slot) : nil
  }

  /// The record to write; zeros if there was none.
  package func valueForUpdate(_ slot: Int) -> UnsafeMutableRawPointer {
    if hasTimeToLive { beforeWrite(slot) }
    return memory.pointee.update(slot)
  }

  override func clear(_ slot: Int) {
    super.clear(slot)
    memory.pointee.remove(slot)
  }

  override func write(_ slot: Int, to writer: inout SnapshotWriter) {
    writer.bytes(UnsafeRawBufferPointer(start: memory.pointee.address(slot), count: memory.pointee.size))
  }

  override func read(_ slot: Int?, from reader: inout SnapshotReader) -> Bool {
    guard let bytes = reader.bytes(), bytes.count == memory.pointee.size, let base = bytes.baseAddress else {
      return false
    }
    if let slot { valueForUpdate(slot).copyMemory(from: base, byteCount: bytes.count) }
    return true
  }
}
