import CMillrace
import Columnar

/// The keyed state of one operator on one worker: keys, states, timers. What is in use lives in slots; with a cold
/// store, what memory has no room for waits there. One thread at a time.
package final class KeyedState {
  /// What surrounds the state.
  package struct Surroundings {
    /// Whether checkpoints will ask for the changes.
    package var tracksChanges = true
    /// What limits the memory; nil: nothing does.
    package var budget: MemoryBudget?
    /// Where keys go that memory has no room for; nil: nowhere.
    package var cold: (any ColdStore)?
    /// Hashes of the keys that can come.
    package var hashes: ClosedRange<UInt64> = 0...UInt64.max
    /// Called before keys are evicted.
    package var onEviction: (() -> Void)?
    /// Called with evicted keys' changes that memory has no room for until the next checkpoint. Gives what the checkpoint
    /// is to have in their place, or nil if they have to stay in memory.
    package var onOverflow: ((KeyedDelta) -> (any Sendable)?)?
    /// How many keys there is room for whatever the budget says: a few batches'.
    package var leastRoom = 16_384
    /// How many bytes of evicted keys' changes there is room for whatever the budget says.
    package var leastChanges = 1 << 20

    package init() {}
  }

  /// Bits of `flags`.
  enum Flag {
    /// Checkpoints have the key: when it is gone they must be told.
    static let persisted: UInt8 = 1
    /// The cold store has the key.
    static let cold: UInt8 = 2
    /// What the cold store has is no longer so.
    static let stale: UInt8 = 4
    /// The key came up since the eviction's hand passed.
    static let used: UInt8 = 8
  }

  var table: KeyTable
  package let descriptors: [StateDescriptor]
  package let cells: [Cell]
  let keyGroupCount: Int
  let tracksChanges: Bool
  let changes: UnsafeMutablePointer<ChangeMap>
  var flags = RawVector<UInt8>(capacity: 0)
  var eventTimers = TimerQueue()
  var processingTimers = TimerQueue()
  /// Changes of keys that were evicted since the last checkpoint.
  var evictedChanges = KeyedDelta()
  var spill: Spill?
  let account: MemoryAccount
  private let now: () -> Int64
  private var limit = 0
  private var touched: [UInt32] = []
  /// Whether slots were given out that are somebody's until `endCallback`.
  private(set) var areSlotsHeld = false
  /// Keys without state that are kept because checkpoints or the cold store have them.
  var bare: Set<UInt32> = []
  private var expiryCursor = 0
  /// What a checkpoint would take, in bytes, when that was last estimated, and of each change.
  var changesEstimate = 0
  var bytesOfChange = 64
  var callbackCount = 0

  /// `now`: the clock of TTLs, microseconds of processing time. Throws `StateError`.
  package init(
    descriptors: [StateDescriptor], keyGroups: Int, surroundings: Surroundings = Surroundings(),
    now: @escaping () -> Int64
  ) throws {
    self.descriptors = descriptors
    keyGroupCount = keyGroups
    tracksChanges = surroundings.tracksChanges
    self.now = now
    let changes = UnsafeMutablePointer<ChangeMap>.allocate(capacity: 1)
    changes.initialize(to: ChangeMap())
    self.changes = changes
    account = MemoryAccount(budget: surroundings.budget)
    table = KeyTable(hashes: surroundings.hashes)
    cells = try descriptors.map { descriptor in
      switch descriptor.kind {
      case .value: ValueCell(descriptor: descriptor, size: try descriptor.valueSize(), changes: changes, now: now)
      case .bytes: BytesCell(descriptor: descriptor, changes: changes, now: now)
      case .list: ListCell(descriptor: descriptor, changes: changes, now: now)
      case .map: MapCell(descriptor: descriptor, changes: changes, now: now)
      }
    }
    table.tracksInsertions = true
    let slotBytes = KeyTable.memoryUse(slots: 1) + 2 + cells.reduce(0) { $0 + $1.fixedBytesPerSlot }
    spill = surroundings.cold.map { Spill(cold: $0, surroundings: surroundings, slotBytes: slotBytes) }
    for cell in cells { cell.onCleared = { [unowned self] slot in touched.append(slot) } }
  }

  deinit {
    table.deallocate()
    eventTimers.deallocate()
    processingTimers.deallocate()
    changes.pointee.deallocate()
    changes.deallocate()
    flags.deallocate()
  }

  /// How many keys have state or timers; with a cold store about so many: what expired there may still count.
  package var keyCount: Int {
    table.count - bare.reduce(0) { $0 + (isBare(Int($1)) ? 1 : 0) } + (spill?.coldOnlyCount ?? 0)
  }

  /// Bytes of memory.
  package var memoryUse: Int {
    table.memoryUse + limit + changes.pointee.memoryUse + cells.reduce(0) { $0 + $1.memoryUse }
      + eventTimers.memoryUse + processingTimers.memoryUse + evictedChanges.memoryUse + (spill?.memoryUse ?? 0)
  }

  /// The state called `name`.
  package func cell(named name: String) -> Cell? { cells.first { $0.descriptor.name == name } }

  // MARK: - Keys

  /// Gives every key of a batch its slot. Slots stay the key's until `endCallback`. Throws `StateError` if the cold
  /// store fails.
  package func resolve(_ keys: EncodedKeys, into slots: UnsafeMutablePointer<UInt32>) throws {
    try makeRoom(for: keys.count)
    table.resolve(keys, into: slots)
    areSlotsHeld = true
    try takeInsertions()
    if spill != nil { for row in 0..<keys.count { flags.base[Int(slots[row])] |= Flag.used } }
  }

  /// The slot of a single key. Throws as `resolve` of a batch does.
  package func resolve(key: UnsafeBufferPointer<UInt8>) throws -> UInt32 {
    try makeRoom(for: 1)
    return try resolveWithRoom(key)
  }

  func resolveWithRoom(_ key: UnsafeBufferPointer<UInt8>) throws -> UInt32 {
    var none: UInt8 = 0
    let base = key.baseAddress ?? withUnsafePointer(to: &none) { $0 }
    let slot = table.resolve(base, key.count, hash: keyHash(base, key.count))
    areSlotsHeld = true
    try takeInsertions()
    if spill != nil { flags.base[Int(slot)] |= Flag.used }
    touched.append(slot)
    return slot
  }

  /// Only a new key can be left without any state; and it may have some in the cold store.
  private func takeInsertions() throws {
    guard table.insertedCount > 0 else { return }
    growCells()
    for index in 0..<table.insertedCount { touched.append(UInt32(table.inserted(index))) }
    if spill != nil { try fetchInserted() }
    table.forgetInsertions()
  }

  func growCells() {
    guard table.slotLimit > limit else { return }
    limit = max(table.slotLimit, limit + limit / 2, 1024)
    for cell in cells { cell.grow(to: limit) }
    changes.pointee.grow(to: limit)
    flags.grow(to: limit, filling: 0)
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

  /// A callback has ended: keys that are left without state and timers are forgotten, their slots used again. Throws
  /// `StateError` if the cold store fails.
  package func endCallback() throws {
    for slot in touched where table.isUsed(Int(slot)) && isBare(Int(slot)) { forget(Int(slot)) }
    touched.removeAll(keepingCapacity: true)
    areSlotsHeld = false
    try keepAccount()
  }

  /// Frees a slot without state, unless somebody must still be told that the key is gone.
  func forget(_ slot: Int) {
    if flags.base[slot] & (Flag.persisted | Flag.cold) == 0 { free(slot) } else { bare.insert(UInt32(slot)) }
  }

  /// Frees a slot; its states and timers must be gone.
  func free(_ slot: Int) {
    changes.pointee.remove(slot)
    flags.base[slot] = 0
    if !bare.isEmpty { bare.remove(UInt32(slot)) }
    table.remove(slot)
  }

  func isBare(_ slot: Int) -> Bool {
    for cell in cells where cell.has(slot) { return false }
    return eventTimers.count(slot: slot) == 0 && processingTimers.count(slot: slot) == 0
  }

  // MARK: - Expiry

  /// The share of the slots that one look at expiry takes: at a tick each 10 ms, all of them in 10 s.
  private static let expiryShare = 1024

  /// Looks at some slots, at least `budget` of them, and takes away what has expired there.
  package func expire(budget: Int) throws {
    guard table.slotLimit > 0, cells.contains(where: { $0.hasTimeToLive }) else { return }
    let time = now()
    for _ in 0..<min(max(budget, table.slotLimit / Self.expiryShare), table.slotLimit) {
      expiryCursor = expiryCursor + 1 < table.slotLimit ? expiryCursor + 1 : 0
      guard table.isUsed(expiryCursor) else { continue }
      for cell in cells where cell.expire(expiryCursor, now_us: time) { touched.append(UInt32(expiryCursor)) }
    }
    try endCallback()
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
