import CMillrace
import Columnar

/// The side of a `KeyedState` that deals with its cold store.
struct Spill {
  let cold: any ColdStore
  /// Says which keys the cold store may have.
  let filter: ColdFilter
  /// Bytes of memory that a slot takes, but for what varies.
  let slotBytes: Int
  /// How many keys there is room for whatever the budget says.
  let leastRoom: Int
  /// How many bytes of changes there is room for whatever the budget says.
  let leastChanges: Int
  /// How many keys the slots have memory for.
  var room = 0
  /// How many keys are in the cold store and not in a slot, by the filter's partitions. What expires there still counts
  /// until the partition is rebuilt.
  var coldOnlyCounts: [Int]
  /// The bucket of the key table that eviction looks at next.
  var hand = 0
  let onEviction: (() -> Void)?
  let onOverflow: ((KeyedDelta) -> (any Sendable)?)?
  /// Whether changes could not leave memory: no use to try again before the next checkpoint.
  var isOverflowClosed = false
  var candidates = RawVector<HashItem>(capacity: 64)
  var spare = RawVector<HashItem>(capacity: 0)
  var keys: [RunKey] = []

  /// The share of the memory for state that the filter may take.
  private static let filterShare = 8

  init(cold: any ColdStore, surroundings: KeyedState.Surroundings, slotBytes: Int) {
    self.cold = cold
    let limit = surroundings.budget?.shares[.slots] ?? .max
    filter = ColdFilter(hashes: surroundings.hashes, memoryLimit: max(1 << 20, limit / Self.filterShare))
    coldOnlyCounts = Array(repeating: 0, count: filter.partitionCount)
    leastRoom = surroundings.leastRoom
    leastChanges = surroundings.leastChanges
    onEviction = surroundings.onEviction
    onOverflow = surroundings.onOverflow
    self.slotBytes = slotBytes
  }

  var coldOnlyCount: Int { coldOnlyCounts.reduce(0, +) }

  mutating func countColdOnly(_ hash: UInt64, _ change: Int) { coldOnlyCounts[filter.partition(hash)] += change }

  var memoryUse: Int { filter.memoryUse + (candidates.capacity + spare.capacity) * 16 }
}

extension KeyedState {
  /// The share of the room that is evicted at a time: the cold store likes large pieces.
  private static let evictedShare = 5
  /// Keys that go to the cold store in one piece when state is restored.
  private static let restorePiece = 500_000

  /// Whether so many more keys fit into the memory that the budget grants.
  func hasRoom(for count: Int) -> Bool {
    guard let spill, table.count + count > spill.room else { return true }
    let more = max(spill.room / 2, count, spill.leastRoom / 4)
    guard account.reserve(more * spill.slotBytes) || spill.room < spill.leastRoom else { return false }
    self.spill?.room += more
    return true
  }

  /// Evicts keys if so many more don't fit, unless slots are somebody's: then there will be too many for a moment.
  func makeRoom(for count: Int) throws {
    guard let spill, !areSlotsHeld, !hasRoom(for: count) else { return }
    try evict(max(table.count + count - spill.room, spill.room / Self.evictedShare))
  }

  /// How many keys may be somebody's at a time, so that they leave memory to others: what is somebody's can't be evicted.
  /// As far as can be told from the keys that are there; of none nothing is known.
  package var keysAtOnce: Int {
    guard spill != nil, account.limit < .max else { return .max }
    guard table.count > 0 else { return Self.leastKeysAtOnce }
    // Of few small keys most is what vectors have in reserve.
    let bytesOfKey = max(0, variableMemoryUse - Self.vectorReserve) / table.count
    return max(Self.leastKeysAtOnce, account.limit / 16 / (bytesOfKey + 1))
  }
  private static let leastKeysAtOnce = 128
  /// What vectors may have in reserve when they hold next to nothing, in bytes.
  private static let vectorReserve = 64 << 10

  // MARK: - Fetching

  /// Gets the state of keys that were given slots but may be known to the cold store.
  func fetchInserted() throws {
    guard var spill else { return }
    self.spill = nil  // no copies of what is in it
    defer { self.spill = spill }
    var count = 0
    spill.candidates.reserve(table.insertedCount)
    for index in 0..<table.insertedCount {
      let slot = table.inserted(index)
      let key = table.key(slot)
      let hash = keyHash(key.baseAddress!, key.count)
      guard spill.filter.mayContain(hash) else { continue }
      spill.candidates.base[count] = HashItem(hash: hash, place: slot)
      count += 1
    }
    if count > 0 { try fetch(count, &spill) }
  }

  private func fetch(_ count: Int, _ spill: inout Spill) throws {
    sortByHash(&spill.candidates, count: count, spare: &spill.spare) {
      precedes(table.key($0.place), table.key($1.place))
    }
    spill.keys.removeAll(keepingCapacity: true)
    for index in 0..<count {
      let item = spill.candidates.base[index]
      spill.keys.append(RunKey(hash: item.hash, bytes: table.key(item.place)))
    }
    var failure: (any Error)?
    let flag = Flag.cold | (tracksChanges ? Flag.persisted : 0)
    let keys = spill.keys
    try keys.withUnsafeBufferPointer { keys in
      try spill.cold.read(keys) { index, record in
        spill.countColdOnly(keys[index].hash, -1)
        do { try load(record, into: spill.candidates.base[index].place, flag: flag) } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }

  // MARK: - Evicting

  /// Notes how much memory is in use; evicts keys if what varies with them has passed the budget's limit.
  func keepAccount() throws {
    account.settle(to: memoryUse + unusedRoom)
    estimateChanges()
    guard let spill, account.isOver, variableMemoryUse > account.charged / 4 else { return }
    try evict(max(1024, spill.room / Self.evictedShare))
    account.settle(to: memoryUse + unusedRoom)
  }

  private var unusedRoom: Int { spill.map { max(0, $0.room - table.slotLimit) * $0.slotBytes } ?? 0 }

  private var variableMemoryUse: Int {
    cells.reduce(0) { $0 + $1.memoryUse - $1.fixedBytesPerSlot * $1.slotLimit } + eventTimers.memoryUse
      + processingTimers.memoryUse
  }

  /// Whether a checkpoint should be made soon: evicted keys' changes wait for one, or it would take much memory itself.
  package var wantsEpoch: Bool { hasChanges(over: account.limit / 16) || changesEstimate > account.limit / 8 }

  /// Now and then estimates what a checkpoint would take.
  private func estimateChanges() {
    callbackCount &+= 1
    guard tracksChanges, account.limit < .max, callbackCount & 63 == 0 else { return }
    changesEstimate = changes.pointee.count * bytesOfChange
  }

  /// Whether there is no memory for more keys, nor a place for others to go to.
  package var isFull: Bool { account.isOver && (spill == nil || hasChanges(over: account.limit / 8)) }

  /// Whether evicted keys' changes take more memory than `bytes`, or than there is room for anyway if that is more.
  private func hasChanges(over bytes: Int) -> Bool {
    guard let spill else { return false }
    return evictedChanges.memoryUse > max(spill.leastChanges, bytes)
  }

  /// Moves about `count` keys to the cold store: those that did not come up since the hand passed last. The hand goes
  /// by the order of hashes, so that what goes out together is a narrow part of the cold store's key space.
  private func evict(_ count: Int) throws {
    guard var spill else { return }
    self.spill = nil
    defer { self.spill = spill }
    spill.onEviction?()
    var looks = table.bucketCount * 2
    var evicted = 0
    while evicted < count && looks > 0 { evicted += try evictPiece(count - evicted, looks: &looks, &spill) }
    try rebuildFilter(&spill)
  }

  /// Moves up to `count` keys: as many as fit in a piece's memory. `looks`: buckets that may still be looked at.
  private func evictPiece(_ count: Int, looks: inout Int, _ spill: inout Spill) throws -> Int {
    let batch = KeyedDelta()
    let timers = ColdTimerBatch()
    for slot in bare where isBare(Int(slot)) { retire(Int(slot), into: batch, timers, &spill) }
    bare.removeAll()
    let limit = max(1 << 20, account.limit / 32)
    var evicted = 0
    while evicted < count && looks > 0 && batch.size < limit {
      looks -= 1
      if spill.hand >= table.bucketCount { spill.hand = 0 }
      if let slot = table.slot(inBucket: spill.hand), flags.base[slot] & Flag.used == 0 {
        retire(slot, into: batch, timers, &spill)  // another key may have its bucket now: the hand stays
        evicted += 1
      } else {
        if let slot = table.slot(inBucket: spill.hand) { flags.base[slot] &= ~Flag.used }
        spill.hand += 1
      }
    }
    try spill.cold.write(batch.sortedEntries())
    if !timers.isEmpty { try spill.cold.writeTimers(timers.sortedTimers()) }
    overflow(&spill)
    return evicted
  }

  /// Lets evicted keys' changes go to where checkpoints are, if there are too many for memory.
  private func overflow(_ spill: inout Spill) {
    let limit = max(spill.leastChanges, account.limit / 8)
    guard evictedChanges.memoryUse > limit, let take = spill.onOverflow, !spill.isOverflowClosed else { return }
    let full = evictedChanges
    guard let place = take(full) else {
      spill.isOverflowClosed = true
      return
    }
    evictedChanges = KeyedDelta()
    evictedChanges.overflow = full.overflow + [place]
  }

  /// Frees a slot after what it has was added to what goes to the cold store and to the next checkpoint.
  private func retire(_ slot: Int, into batch: KeyedDelta, _ timers: ColdTimerBatch, _ spill: inout Spill) {
    let key = table.key(slot)
    let hash = keyHash(key.baseAddress!, key.count)
    let isBare = isBare(slot)
    let isChanged = changes.pointee.contains(slot)
    let flag = flags.base[slot]
    if tracksChanges && isChanged && (!isBare || flag & Flag.persisted != 0) {
      if isBare { evictedChanges.addRemoved(key) } else { evictedChanges.add(key) { write(slot, to: &$0) } }
    }
    if isBare {
      if flag & Flag.cold != 0 { batch.addRemoved(key) }
    } else {
      if flag & Flag.cold == 0 || isChanged || flag & Flag.stale != 0 {
        batch.add(key) { write(slot, to: &$0) }
        spill.filter.insert(hash)
      }
      spill.countColdOnly(hash, 1)
      retireTimers(slot, into: timers)
      for cell in cells { cell.clear(slot) }
    }
    free(slot)
  }

  private func retireTimers(_ slot: Int, into timers: ColdTimerBatch) {
    if let first = first(of: eventTimers, slot) {
      if !eventTimers.isHeld(slot: slot) {
        timers.add(kind: UInt32(MILL_TIME_EVENT), time_us: first, key: table.key(slot))
      }
      eventTimers.removeAll(slot: slot)
    }
    if let first = first(of: processingTimers, slot) {
      timers.add(kind: UInt32(MILL_TIME_PROCESSING), time_us: first, key: table.key(slot))
      processingTimers.removeAll(slot: slot)
    }
  }

  private func first(of queue: TimerQueue, _ slot: Int) -> Int64? {
    guard queue.count(slot: slot) > 0 else { return nil }
    var first: Int64?
    queue.forEach(slot: slot) { first = first ?? $0.time_us }
    return first
  }

  private func rebuildFilter(_ spill: inout Spill) throws {
    while let hashes = spill.filter.partitionToRebuild {
      var count = 0
      try spill.filter.rebuildPartition { insert in
        try spill.cold.scan(hashes) {
          insert($0.hash)
          count += 1
        }
      }
      let partition = spill.filter.partition(hashes.lowerBound)
      spill.coldOnlyCounts[partition] = min(spill.coldOnlyCounts[partition], count)
    }
  }

  // MARK: - Timers

  /// Whether the cold store may have timers that are due at `time_us`.
  func hasColdTimers(kind: UInt32, upTo time_us: Int64) -> Bool {
    spill?.cold.firstTimer(kind: kind).map { $0 <= time_us } ?? false
  }

  /// Fetches keys whose timers are due. Gives the time up to which timers in memory may fire: all before it that are due
  /// are there.
  func fetchTimers(kind: UInt32, upTo time_us: Int64, limit: Int) throws -> Int64 {
    guard let cold = spill?.cold, let first = cold.firstTimer(kind: kind), first <= time_us else { return time_us }
    let due = ColdTimerBatch()
    try cold.takeTimers(kind: kind, upTo: time_us, limit: limit) {
      due.add(kind: kind, time_us: $0.time_us, key: $0.key.bytes)
    }
    try makeRoom(for: due.count)
    for index in 0..<due.count { _ = try resolveWithRoom(due.key(index)) }
    return min(time_us, cold.firstTimer(kind: kind) ?? .max)
  }

  // MARK: - Restoring

  /// Takes a checkpoint straight to the cold store, piece by piece.
  func restoreCold(from next: () throws -> RunEntry?) throws {
    guard var spill else { return }
    self.spill = nil
    defer { self.spill = spill }
    var isAtEnd = false
    while !isAtEnd {
      let timers = ColdTimerBatch()
      var failure: (any Error)?
      var count = 0
      try spill.cold.write {
        while count < Self.restorePiece, failure == nil {
          do {
            guard let entry = try next() else {
              isAtEnd = true
              return nil
            }
            guard try note(entry, timers, &spill) else { continue }
            count += 1
            return entry
          } catch { failure = error }
        }
        return nil
      }
      if let failure { throw failure }
      if !timers.isEmpty { try spill.cold.writeTimers(timers.sortedTimers()) }
      try rebuildFilter(&spill)
    }
  }

  /// Gets an entry ready to go to the cold store. False if it has nothing to keep.
  private func note(_ entry: RunEntry, _ timers: ColdTimerBatch, _ spill: inout Spill) throws -> Bool {
    guard let record = entry.record else { return false }
    guard let first = read(record, into: nil) else { throw damaged(entry.key) }
    if first.event_us != .max { timers.add(kind: UInt32(MILL_TIME_EVENT), time_us: first.event_us, key: entry.key) }
    if first.processing_us != .max {
      timers.add(kind: UInt32(MILL_TIME_PROCESSING), time_us: first.processing_us, key: entry.key)
    }
    spill.filter.insert(entry.hash)
    spill.countColdOnly(entry.hash, 1)
    return true
  }
}
