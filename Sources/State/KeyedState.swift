import CMillrace
import Columnar

/// The keyed state of one operator on one worker, in memory: keys, states, timers. One thread at a time.
package final class KeyedState {
  private var table = KeyTable()
  package let descriptors: [StateDescriptor]
  package let cells: [Cell]
  private let keyGroupCount: Int
  private let now: () -> Int64
  private var eventTimers = TimerQueue()
  private var processingTimers = TimerQueue()
  private var limit = 0
  private var touched: [UInt32] = []
  private var expiryCursor = 0

  /// `now`: the clock of TTLs, microseconds of processing time. Throws `StateError`.
  package init(descriptors: [StateDescriptor], keyGroups: Int, now: @escaping () -> Int64) throws {
    self.descriptors = descriptors
    keyGroupCount = keyGroups
    self.now = now
    cells = try descriptors.map { descriptor in
      switch descriptor.kind {
      case .value: ValueCell(descriptor: descriptor, size: try descriptor.valueSize(), now: now)
      case .bytes: BytesCell(descriptor: descriptor, now: now)
      case .list: ListCell(descriptor: descriptor, now: now)
      case .map: MapCell(descriptor: descriptor, now: now)
      }
    }
    for cell in cells { cell.onCleared = { [unowned self] slot in touched.append(slot) } }
  }

  deinit { table.deallocate() }

  /// How many keys have state or timers.
  package var keyCount: Int { table.count }

  /// The state called `name`.
  package func cell(named name: String) -> Cell? { cells.first { $0.descriptor.name == name } }

  /// Gives every key of a batch its slot. Slots stay the key's until `endCallback`.
  package func resolve(_ keys: EncodedKeys, into slots: UnsafeMutablePointer<UInt32>) {
    let before = table.count
    for row in 0..<keys.count {
      let start = Int(keys.offsets[row])
      slots[row] = table.resolve(keys.bytes + start, Int(keys.offsets[row + 1]) - start, hash: keys.hashes[row])
    }
    // Only a batch that brought new keys can leave keys without any state behind.
    if table.count != before { for row in 0..<keys.count { touched.append(slots[row]) } }
    growCells()
  }

  /// The slot of a single key.
  package func resolve(key: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var none: UInt8 = 0
    let base = key.baseAddress ?? withUnsafePointer(to: &none) { $0 }
    let slot = table.resolve(base, key.count, hash: keyHash(base, key.count))
    touched.append(slot)
    growCells()
    return slot
  }

  private func growCells() {
    guard table.slotLimit > limit else { return }
    limit = max(table.slotLimit, limit * 2, 1024)
    for cell in cells { cell.grow(to: limit) }
  }

  /// The canonical bytes of a slot's key, for the time of the call.
  package func withKey<Result>(
    slot: UInt32, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result? {
    guard Int(slot) < table.slotLimit, table.isUsed(Int(slot)) else { return nil }
    return try table.withKey(Int(slot), body)
  }

  /// Whether `slot` stands for a key now. Slots from plugins are checked with this.
  @inline(__always)
  package func isSlot(_ slot: UInt32) -> Bool { Int(slot) < limit }

  /// A state of `slot` may be empty now: forget the key at `endCallback` if so.
  package func touch(_ slot: UInt32) { touched.append(slot) }

  /// A callback has ended: keys that are left without state and timers are forgotten, their slots used again.
  package func endCallback() {
    guard !touched.isEmpty else { return }
    for slot in touched where Int(slot) < table.slotLimit && table.isUsed(Int(slot)) && isBare(Int(slot)) {
      table.remove(Int(slot))
    }
    touched.removeAll(keepingCapacity: true)
  }

  private func isBare(_ slot: Int) -> Bool {
    for cell in cells where cell.has(slot) { return false }
    return !eventTimers.has(slot: slot) && !processingTimers.has(slot: slot)
  }

  // MARK: - Timers

  /// Sets a timer; setting it twice is setting it once. `kind`: MILL_TIME_*.
  package func setTimer(slot: UInt32, kind: UInt32, time_us: Int64) {
    if kind == UInt32(MILL_TIME_EVENT) {
      eventTimers.set(slot: Int(slot), time_us: time_us)
    } else {
      processingTimers.set(slot: Int(slot), time_us: time_us)
    }
  }

  /// Takes a timer back; unknown ones are ignored.
  package func cancelTimer(slot: UInt32, kind: UInt32, time_us: Int64) {
    if kind == UInt32(MILL_TIME_EVENT) {
      eventTimers.cancel(slot: Int(slot), time_us: time_us)
    } else {
      processingTimers.cancel(slot: Int(slot), time_us: time_us)
    }
    touched.append(slot)
  }

  /// Takes the timers that are due at `time_us`, at most about `limit`, in order of time, then key: all of one time
  /// or none.
  package func popTimers(kind: UInt32, upTo time_us: Int64, limit: Int, into timers: inout [mill_timer]) {
    timers.removeAll(keepingCapacity: true)
    while timers.count < limit {
      let first = timers.count
      guard let time = pop(kind, time_us, into: &timers) else { return }
      while pop(kind, time, into: &timers) != nil {}
      if timers.count - first > 1 { timers[first...].sort { keyPrecedes($0.slot, $1.slot) } }
    }
  }

  private func pop(_ kind: UInt32, _ time_us: Int64, into timers: inout [mill_timer]) -> Int64? {
    let timer =
      kind == UInt32(MILL_TIME_EVENT) ? eventTimers.pop(upTo: time_us) : processingTimers.pop(upTo: time_us)
    guard let timer else { return nil }
    timers.append(mill_timer(slot: timer.slot, kind: kind, time_us: timer.time_us))
    touched.append(timer.slot)
    return timer.time_us
  }

  private func keyPrecedes(_ a: UInt32, _ b: UInt32) -> Bool {
    table.withKey(Int(a)) { left in table.withKey(Int(b)) { precedes(left, $0) } }
  }

  // MARK: - Expiry

  /// Looks at up to `budget` slots and takes away what has expired there.
  package func expire(budget: Int) {
    guard table.slotLimit > 0, cells.contains(where: { $0.descriptor.timeToLive != nil }) else { return }
    let time = now()
    for _ in 0..<min(budget, table.slotLimit) {
      expiryCursor = (expiryCursor + 1) % table.slotLimit
      guard table.isUsed(expiryCursor) else { continue }
      for cell in cells where cell.expire(expiryCursor, now_us: time) { touched.append(UInt32(expiryCursor)) }
    }
    endCallback()
  }

  // MARK: - Snapshots

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
    let timers = timersBySlot()
    writer.integer(UInt64(table.count))
    for slot in 0..<table.slotLimit where table.isUsed(slot) { write(slot, timers[UInt32(slot)] ?? [], to: &writer) }
    return writer.output
  }

  private func timersBySlot() -> [UInt32: [(kind: UInt32, time_us: Int64)]] {
    var result: [UInt32: [(kind: UInt32, time_us: Int64)]] = [:]
    for timer in eventTimers.all { result[timer.slot, default: []].append((UInt32(MILL_TIME_EVENT), timer.time_us)) }
    for timer in processingTimers.all {
      result[timer.slot, default: []].append((UInt32(MILL_TIME_PROCESSING), timer.time_us))
    }
    return result
  }

  private func write(_ slot: Int, _ timers: [(kind: UInt32, time_us: Int64)], to writer: inout SnapshotWriter) {
    table.withKey(slot) { writer.bytes(UnsafeRawBufferPointer($0)) }
    for cell in cells {
      guard cell.has(slot) else {
        writer.integer(0)
        continue
      }
      writer.integer(1)
      writer.signed(cell.deadline(slot))
      cell.write(slot, to: &writer)
    }
    writer.integer(UInt64(timers.count))
    for timer in timers {
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
    let all = keyGroups == 0..<keyGroupCount
    var scratch: KeyedState?
    if !all { scratch = try KeyedState(descriptors: descriptors, keyGroups: keyGroupCount, now: now) }
    for _ in 0..<count {
      guard let key = reader.bytes()?.bindMemory(to: UInt8.self) else { throw damaged(reader) }
      let hash = key.baseAddress.map { keyHash($0, key.count) } ?? 0
      let mine = keyGroups.contains(keyGroup(hash: hash, count: keyGroupCount))
      guard (mine ? self : scratch ?? self).read(key, from: &reader) else { throw damaged(reader) }
      if !mine { scratch?.reset() }
    }
    guard reader.isAtEnd else { throw damaged(reader) }
    touched.removeAll()
  }

  /// Forgets the only key: used to skip keys of others.
  private func reset() {
    for slot in 0..<table.slotLimit where table.isUsed(slot) {
      for cell in cells { cell.clear(slot) }
      table.remove(slot)
    }
    eventTimers = TimerQueue()
    processingTimers = TimerQueue()
    touched.removeAll()
  }

  private func read(_ key: UnsafeBufferPointer<UInt8>, from reader: inout SnapshotReader) -> Bool {
    let slot = resolve(key: key)
    for cell in cells {
      guard let present = reader.integer() else { return false }
      if present == 0 { continue }
      guard let deadline = reader.signed(), cell.read(Int(slot), from: &reader) else { return false }
      cell.setDeadline(Int(slot), deadline)
    }
    guard let timers = reader.integer() else { return false }
    for _ in 0..<timers {
      guard let kind = reader.integer(), kind <= 1, let time = reader.signed() else { return false }
      setTimer(slot: slot, kind: UInt32(kind), time_us: time)
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

  /// Why an operator with `other` states can't take this state over as it is; nil if it can.
  package func difference(from other: [StateDescriptor]) -> String? {
    for descriptor in other {
      guard let own = descriptors.first(where: { $0.name == descriptor.name }) else {
        return "state \"\(descriptor.name)\" is new"
      }
      if let difference = descriptor.difference(from: own) { return difference }
    }
    for own in descriptors where !other.contains(where: { $0.name == own.name }) { return "state \"\(own.name)\" is gone" }
    if other.map(\.name) != descriptors.map(\.name) { return "the states come in another order" }
    return nil
  }
}
