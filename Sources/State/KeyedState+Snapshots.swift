import CMillrace
import Columnar

extension KeyedState {
  private static let magic = "millrace-keyed-state-1"

  /// All keys with their states and timers (docs/formats.md).
  package func snapshot() -> [UInt8] {
    expire(budget: table.slotLimit)
    var writer = SnapshotWriter()
    writer.text(Self.magic)
    writer.integer(UInt64(keyGroupCount))
    writer.integer(UInt64(descriptors.count))
    for descriptor in descriptors {
      writer.text(descriptor.name)
      writer.integer(UInt64(descriptor.kind.rawValue))
      writer.text(descriptor.type.description)
      writer.text(descriptor.mapKeyType?.description ?? "")
      writer.integer(UInt64(descriptor.schemaVersion))
    }
    let timers = TimersBySlot(eventTimers, processingTimers, slotLimit: table.slotLimit)
    writer.integer(UInt64(table.count))
    for slot in 0..<table.slotLimit where table.isUsed(slot) { write(slot, timers, to: &writer) }
    return writer.finish()
  }

  private func write(_ slot: Int, _ timers: TimersBySlot, to writer: inout SnapshotWriter) {
    writer.bytes(UnsafeRawBufferPointer(table.key(slot)))
    for cell in cells {
      guard cell.has(slot) else {
        writer.integer(0)
        continue
      }
      writer.integer(1)
      writer.signed(cell.deadline(slot))
      cell.write(slot, to: &writer)
    }
    let own = timers[slot]
    writer.integer(UInt64(own.count))
    for timer in own {
      writer.integer(UInt64(timer.kind))
      writer.signed(timer.time_us)
    }
  }

  /// Adds the keys of a snapshot that belong to `keyGroups`. Throws `StateError` if the bytes are not a snapshot of
  /// these states, and then holds only part of it: give this object up.
  package func restore(from bytes: UnsafeRawBufferPointer, keyGroups: Range<Int>) throws {
    var reader = SnapshotReader(bytes)
    try checkHeader(&reader)
    guard let count = reader.integer() else { throw damaged(reader) }
    for _ in 0..<count {
      guard let key = reader.bytes()?.bindMemory(to: UInt8.self), let start = key.baseAddress else {
        throw damaged(reader)
      }
      let group = keyGroup(hash: keyHash(start, key.count), count: keyGroupCount)
      let slot = keyGroups.contains(group) ? resolve(key: key) : nil
      guard read(slot, from: &reader) else { throw damaged(reader) }
    }
    guard reader.isAtEnd else { throw damaged(reader) }
    endCallback()
  }

  /// Takes a key's states and timers; only passes over them if `slot` is nil. False if the bytes are not that.
  private func read(_ slot: UInt32?, from reader: inout SnapshotReader) -> Bool {
    for cell in cells {
      guard let present = reader.integer(), present <= 1 else { return false }
      if present == 0 { continue }
      guard let deadline = reader.signed(), cell.read(slot.map { Int($0) }, from: &reader) else { return false }
      if let slot { cell.setDeadline(Int(slot), deadline) }
    }
    guard let timers = reader.integer() else { return false }
    for _ in 0..<timers {
      guard let kind = reader.integer(), kind <= 1, let time = reader.signed() else { return false }
      if let slot { setTimer(slot: slot, kind: UInt32(kind), time_us: time) }
    }
    return true
  }

  private func checkHeader(_ reader: inout SnapshotReader) throws {
    guard reader.text() == Self.magic, let groups = reader.integer(), let states = reader.integer() else {
      throw damaged(reader)
    }
    guard groups == UInt64(keyGroupCount) else {
      throw StateError(
        description: "the snapshot has \(groups) key groups, the job \(keyGroupCount): the number is fixed when a job "
          + "is born; set key_groups back")
    }
    guard states == UInt64(descriptors.count) else {
      throw StateError(description: "the snapshot has \(states) states, the operator \(descriptors.count)")
    }
    for descriptor in descriptors { try checkState(descriptor, &reader) }
  }

  private func checkState(_ descriptor: StateDescriptor, _ reader: inout SnapshotReader) throws {
    guard let name = reader.text(), let kind = reader.integer(), let type = reader.text(),
      let keyType = reader.text(), let version = reader.integer()
    else { throw damaged(reader) }
    let have = "\(name) kind \(kind) \(type) \(keyType) version \(version)"
    let want =
      "\(descriptor.name) kind \(descriptor.kind.rawValue) \(descriptor.type) "
      + "\(descriptor.mapKeyType?.description ?? "") version \(descriptor.schemaVersion)"
    guard have == want else {
      throw StateError(
        description: "the checkpoint's state is (\(have)), the operator declares (\(want)): run a version of the "
          + "operator with the same states")
    }
  }

  private func damaged(_ reader: SnapshotReader) -> StateError {
    StateError(description: "the keyed state's bytes make no sense at byte \(reader.position)")
  }
}

/// All timers, to be had by slot, in order of kind, then time. Sorted by counting: there may be millions.
private struct TimersBySlot {
  struct Timer {
    var kind: UInt32
    var time_us: Int64
  }
  private var ends: [Int]  // per slot, once filled
  private var timers: [Timer]

  init(_ eventTimers: TimerQueue, _ processingTimers: TimerQueue, slotLimit: Int) {
    var ends: [Int] = []
    ends.reserveCapacity(slotLimit)
    var sum = 0
    for slot in 0..<slotLimit {
      ends.append(sum)
      sum += eventTimers.count(slot: slot) + processingTimers.count(slot: slot)
    }
    var timers = Array(repeating: Timer(kind: 0, time_us: 0), count: sum)
    ends.withUnsafeMutableBufferPointer { ends in
      timers.withUnsafeMutableBufferPointer { timers in
        for (kind, queue) in [(MILL_TIME_EVENT, eventTimers), (MILL_TIME_PROCESSING, processingTimers)] {
          queue.forEach { timer in
            timers[ends[Int(timer.slot)]] = Timer(kind: UInt32(kind), time_us: timer.time_us)
            ends[Int(timer.slot)] += 1
          }
        }
      }
    }
    self.ends = ends
    self.timers = timers
  }

  subscript(slot: Int) -> ArraySlice<Timer> {
    let own = timers[(slot == 0 ? 0 : ends[slot - 1])..<ends[slot]]
    return own.count < 2 ? own : own.sorted { ($0.kind, $0.time_us) < ($1.kind, $1.time_us) }[...]
  }
}
