import CMillrace
import Columnar

/// The record of a key: everything it has, as runs and the cold store keep it (docs/formats.md).
extension KeyedState {
  func write(_ slot: Int, to writer: inout SnapshotWriter) {
    let timerCount = eventTimers.count(slot: slot) + processingTimers.count(slot: slot)
    writer.deadline(timerCount > 0 ? .max : expiry(slot))
    for cell in cells {
      guard cell.has(slot) else {
        writer.integer(0)
        continue
      }
      writer.integer(1)
      writer.deadline(cell.deadline(slot))
      cell.write(slot, to: &writer)
    }
    writer.integer(UInt64(timerCount))
    guard timerCount > 0 else { return }
    write(eventTimers, UInt64(MILL_TIME_EVENT), slot, to: &writer)
    write(processingTimers, UInt64(MILL_TIME_PROCESSING), slot, to: &writer)
  }

  private func write(_ queue: TimerQueue, _ kind: UInt64, _ slot: Int, to writer: inout SnapshotWriter) {
    queue.forEach(slot: slot) { timer in
      writer.integer(kind)
      writer.signed(timer.time_us)
    }
  }

  /// When nothing is left of the slot's state; Int64.max for never.
  private func expiry(_ slot: Int) -> Int64 {
    var last = Int64.min
    for cell in cells where cell.has(slot) { last = max(last, cell.deadline(slot)) }
    return last == .min ? .max : last
  }

  /// Takes a record over, into `slot`, or only passes over it if that is nil. Gives the first timers of each kind
  /// (Int64.max for none); nil if the bytes are no record of these states, of which `slot` then has a part.
  func read(_ record: UnsafeRawBufferPointer, into slot: Int?) -> (event_us: Int64, processing_us: Int64)? {
    var reader = SnapshotReader(record)
    guard reader.deadline() != nil else { return nil }
    for cell in cells {
      guard let present = reader.integer(), present <= 1 else { return nil }
      if present == 0 { continue }
      guard let deadline = reader.deadline(), cell.read(slot, from: &reader) else { return nil }
      if let slot { cell.setDeadline(slot, deadline) }
    }
    guard let first = readTimers(&reader, into: slot), reader.isAtEnd else { return nil }
    return first
  }

  private func readTimers(
    _ reader: inout SnapshotReader, into slot: Int?
  ) -> (event_us: Int64, processing_us: Int64)? {
    var first = (event_us: Int64.max, processing_us: Int64.max)
    guard let count = reader.integer() else { return nil }
    for _ in 0..<count {
      guard let kind = reader.integer(), kind <= 1, let time = reader.signed() else { return nil }
      if kind == UInt64(MILL_TIME_EVENT) {
        first.event_us = min(first.event_us, time)
        if let slot { eventTimers.restore(slot: slot, time_us: time) }
      } else {
        first.processing_us = min(first.processing_us, time)
        if let slot { processingTimers.restore(slot: slot, time_us: time) }
      }
    }
    return first
  }

  /// Takes a record into a slot that had nothing, as what checkpoints or the cold store (`flag`) have already.
  func load(_ record: UnsafeRawBufferPointer, into slot: Int, flag: UInt8) throws {
    guard read(record, into: slot) != nil else { throw damaged(table.key(slot)) }
    changes.pointee.remove(slot)
    for cell in cells { cell.unsettle(slot) }
    flags.base[slot] |= flag
  }

  func damaged(_ key: UnsafeBufferPointer<UInt8>) -> StateError {
    let key = key.prefix(32).map { String($0, radix: 16) }.joined(separator: " ")
    return StateError(description: "the record of the key with the bytes [\(key)] makes no sense for these states")
  }

  // MARK: - Checkpoints

  /// What has changed since the last call, for a checkpoint.
  package func takeChanges() -> KeyedDelta {
    let delta = evictedChanges
    evictedChanges = KeyedDelta()
    spill?.isOverflowClosed = false
    changes.pointee.drain { slot in
      guard table.isUsed(slot) else { return }
      for cell in cells { cell.unsettle(slot) }
      if flags.base[slot] & Flag.cold != 0 { flags.base[slot] |= Flag.stale }
      if isBare(slot) { tellGone(slot, delta) } else { tell(slot, delta) }
    }
    changesEstimate = 0
    if delta.count >= 1024 { bytesOfChange = delta.memoryUse / delta.count }
    delta.keyCount = keyCount
    delta.charge(account.budget)
    return delta
  }

  private func tell(_ slot: Int, _ delta: KeyedDelta) {
    delta.add(table.key(slot)) { write(slot, to: &$0) }
    flags.base[slot] |= Flag.persisted
  }

  private func tellGone(_ slot: Int, _ delta: KeyedDelta) {
    if flags.base[slot] & Flag.persisted != 0 { delta.addRemoved(table.key(slot)) }
    flags.base[slot] &= ~Flag.persisted
    forget(slot)
  }

  /// Takes the keys of a checkpoint over, which come one by one in a run's order (`next` gives nil at the end), at
  /// most `count` of them. If memory has no room for so many all go to the cold store. For a state that is still
  /// empty. Throws `StateError`, and what `next` throws, and then holds only part of it: give this object up.
  package func restore(count: Int, from next: () throws -> RunEntry?) throws {
    if !hasRoom(for: count) { return try restoreCold(from: next) }
    table.reserve(count)  // they come in the order of the buckets: all too soon at the end of too few
    while let entry = try next() {
      guard let record = entry.record else { continue }
      let slot = Int(table.resolve(entry.key.baseAddress!, entry.key.count, hash: entry.hash))
      growCells()
      table.forgetInsertions()
      try load(record, into: slot, flag: Flag.persisted)
    }
    try endCallback()
  }
}
