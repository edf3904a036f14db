import CMillrace
import Columnar

/// The keyed state of one operator on one worker, in memory: keys, states, timers. One thread at a time.
package final class KeyedState {
  private(set) var table = KeyTable()
  package let descriptors: [StateDescriptor]
  package let cells: [Cell]
  let keyGroupCount: Int
  private let now: () -> Int64
  private(set) var eventTimers = TimerQueue()
  private(set) var processingTimers = TimerQueue()
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

  deinit {
    table.deallocate()
    eventTimers.deallocate()
    processingTimers.deallocate()
  }

  /// How many keys have state or timers.
  package var keyCount: Int { table.count }

  /// The state called `name`.
  package func cell(named name: String) -> Cell? { cells.first { $0.descriptor.name == name } }

  /// Gives every key of a batch its slot. Slots stay the key's until `endCallback`.
  package func resolve(_ keys: EncodedKeys, into slots: UnsafeMutablePointer<UInt32>) {
    let before = table.count
    table.resolve(keys, into: slots)
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
    guard table.isUsed(Int(slot)) else { return nil }
    return try body(table.key(Int(slot)))
  }

  /// Whether `slot` stands for a key now. Slots from plugins are checked with this.
  package func isSlot(_ slot: UInt32) -> Bool { table.isUsed(Int(slot)) }

  /// A state of `slot` may be empty now: forget the key at `endCallback` if so.
  package func touch(_ slot: UInt32) { touched.append(slot) }

  /// A callback has ended: keys that are left without state and timers are forgotten, their slots used again.
  package func endCallback() {
    guard !touched.isEmpty else { return }
    for slot in touched where table.isUsed(Int(slot)) && isBare(Int(slot)) {
      table.remove(Int(slot))
    }
    touched.removeAll(keepingCapacity: true)
  }

  private func isBare(_ slot: Int) -> Bool {
    for cell in cells where cell.has(slot) { return false }
    return eventTimers.count(slot: slot) == 0 && processingTimers.count(slot: slot) == 0
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
    precedes(table.key(Int(a)), table.key(Int(b)))
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

  /// Why an operator with `other` states can't take this state over as it is; nil if it can.
  package func difference(from other: [StateDescriptor]) -> String? {
    for descriptor in other {
      guard let own = descriptors.first(where: { $0.name == descriptor.name }) else {
        return "state \"\(descriptor.name)\" is new"
      }
      if let difference = descriptor.difference(from: own) { return difference }
    }
    for own in descriptors where !other.contains(where: { $0.name == own.name }) {
      return "state \"\(own.name)\" is gone"
    }
    if other.map(\.name) != descriptors.map(\.name) { return "the states come in another order" }
    return nil
  }
}
