import CMillrace
import Columnar
import State

extension StateConformance {
  /// Random operations, checkpoints, compactions, crashes, rescales and steps of the clock, `steps` of them, on stores
  /// and on a model side by side. Throws where they differ; the message has the seed.
  package func testRandomOperations(seed: UInt64, steps: Int) throws {
    let run = try RandomRun(conformance: self, seed: seed)
    do { try run.go(steps: steps) } catch {
      throw ConformanceFailure(description: "seed \(seed), step \(run.step): \(error)")
    }
  }
}

/// One run of random operations over a changing number of workers.
private final class RandomRun {
  private let conformance: StateConformance
  private let clock = ManualClock()
  private let descriptors: [StateDescriptor]
  private let keys: [[UInt8]]
  private var random: SimulationRandom
  private var model: StateModel
  private var stores: [any StateStore] = []
  /// What a crash goes back to.
  private var checkpoint: (model: StateModel, snapshots: [[UInt8]])
  private(set) var step = 0

  init(conformance: StateConformance, seed: UInt64) throws {
    self.conformance = conformance
    random = SimulationRandom(seed: seed)
    let second = TimeToLive(duration_us: 1_000_000, renewsOnRead: false)
    let renewed = TimeToLive(duration_us: 700_000, renewsOnRead: true)
    descriptors = StateDescriptor.ofEveryKind.flatMap { kind in
      [nil, second, renewed].enumerated().map { place, timeToLive in
        var state = kind.with(timeToLive: timeToLive)
        state.name += "\(place)"
        return state
      }
    }
    keys = (0..<60).map { [UInt8](repeating: UInt8($0), count: [8, 0, 3, 8, 20][$0 % 5]) }
    model = StateModel(descriptors: descriptors, clock: clock)
    checkpoint = (model, [])
    stores = [try conformance.store(descriptors, clock: clock)]
  }

  func go(steps: Int) throws {
    while step < steps {
      try callback()
      if random.once(in: 4) { clock.now_us += Int64(random.below(200_000)) }
      if random.once(in: 10) { try fireTimers() }
      if random.once(in: 20) { for store in stores { store.expire(budget: random.below(50)) } }
      if random.once(in: 60) { try compareAll() }
      if random.once(in: 30) { checkpoint = (model, stores.map { $0.snapshot() }) }
      if random.once(in: 40) {
        for store in stores { store.compact(from: random.below(4), count: 1 + random.below(5)) }
      }
      if random.once(in: 150) { try crash() }
      if random.once(in: 100) { try rescale() }
    }
    try rescale()
    try compareAll()
  }

  private func store(of key: [UInt8]) -> any StateStore {
    let group = keyGroup(hash: hash(ofKey: key), count: StateConformance.groupCount)
    return stores[worker(ofKeyGroup: group, keyGroups: StateConformance.groupCount, workers: stores.count)]
  }

  private func callback() throws {
    for _ in 0..<random.below(12) {
      let key = keys[random.below(keys.count)]
      let store = store(of: key)
      try operate(store, store.slot(key), key)
      step += 1
    }
    for store in stores { store.endCallback() }
  }

  private func operate(_ store: any StateStore, _ slot: UInt32, _ key: [UInt8]) throws {
    let state = random.below(descriptors.count)
    switch random.below(10) {
    case 0:
      store.clear(state, slot)
      model.write(key, state) { $0 = nil }
    case 1:
      let timer = randomTimer()
      store.setTimer(slot, kind: timer.kind, time_us: timer.time_us)
      model.setTimer(key, timer)
    case 2:
      let timer = randomTimer()
      store.cancelTimer(slot, kind: timer.kind, time_us: timer.time_us)
      model.cancelTimer(key, timer)
    case 3, 4, 5: try compare(store, slot, key, state)
    default: write(store, slot, key, state)
    }
  }

  private func randomTimer() -> StateModel.Timer {
    StateModel.Timer(kind: UInt32(random.below(2)), time_us: clock.now_us / 10_000 + Int64(random.below(10)))
  }

  private func randomRun() -> [UInt8] { [UInt8](repeating: UInt8(random.below(256)), count: random.below(6)) }

  private func write(_ store: any StateStore, _ slot: UInt32, _ key: [UInt8], _ state: Int) {
    switch descriptors[state].kind {
    case .value: writeRecord(store, slot, key, state)
    case .bytes:
      let run = randomRun()
      store.setBytes(state, slot, run)
      model.write(key, state) { $0 = .run(run) }
    case .list:
      let item = randomRun()
      store.append(state, slot, item)
      model.write(key, state) { content in
        guard case .list(let items) = content else { return content = .list([item]) }
        content = .list(items + [item])
      }
    case .map: writeEntry(store, slot, key, state)
    }
  }

  private func writeRecord(_ store: any StateStore, _ slot: UInt32, _ key: [UInt8], _ state: Int) {
    let place = random.below(14)
    let byte = UInt8(random.below(256))
    if random.once(in: 2) {
      store.updateValue(state, slot) { ($0 + place).storeBytes(of: byte, as: UInt8.self) }
    } else {
      store.updateValues(state, [slot]) { ($1 + place).storeBytes(of: byte, as: UInt8.self) }
    }
    model.write(key, state) { content in
      var record = [UInt8](repeating: 0, count: 16)
      if case .run(let old) = content { record = old }
      record[place] = byte
      content = .run(record)
    }
  }

  private func writeEntry(_ store: any StateStore, _ slot: UInt32, _ key: [UInt8], _ state: Int) {
    let entry = [UInt8(random.below(20))]
    let value = random.once(in: 3) ? nil : randomRun()
    if let value { store.put(state, slot, entry, value) } else { store.remove(state, slot, entry) }
    model.write(key, state) { content in
      var entries: [[UInt8]: [UInt8]] = [:]
      if case .map(let old) = content { entries = old }
      entries[entry] = value
      content = .map(entries)
    }
  }

  private func compare(_ store: any StateStore, _ slot: UInt32, _ key: [UInt8], _ state: Int) throws {
    let wanted = model.read(key, state)
    let found: StateModel.Content?
    switch descriptors[state].kind {
    case .value: found = store.value(state, slot).map { .run($0) }
    case .bytes: found = store.bytes(state, slot).map { .run($0) }
    case .list: found = .list(store.items(state, slot))
    case .map:
      let entries = store.entries(state, slot)
      try expect(
        entries.map { $0[0] }, entries.map { $0[0] }.sorted { $0.lexicographicallyPrecedes($1) }, "order of a map")
      found = .map(Dictionary(uniqueKeysWithValues: entries.map { ($0[0], $0[1]) }))
    }
    let trimmed = found.flatMap { $0.isEmpty ? nil : $0 }
    try expect(trimmed, wanted, "state \(descriptors[state].name) of key \(key)")
  }

  private func compareAll() throws {
    for key in keys {
      let store = store(of: key)
      let slot = store.slot(key)
      try expect(store.key(slot), key, "the key of its slot")
      for state in descriptors.indices { try compare(store, slot, key, state) }
    }
    for store in stores {
      store.endCallback()
      store.expire(budget: .max)
    }
    let (found, wanted) = (stores.map(\.keyCount).reduce(0, +), model.keyCount)
    try expect(stores[0].countsExactly ? found : max(found, wanted), stores[0].countsExactly ? wanted : found, "keys")
  }

  private func fireTimers() throws {
    for kind in [MILL_TIME_EVENT, MILL_TIME_PROCESSING].map({ UInt32($0) }) {
      let wanted = model.popTimers(kind: kind, upTo: clock.now_us / 10_000)
      var found: [String] = []
      for store in stores {
        var due: [mill_timer] = []
        while true {
          let some = store.popTimers(kind: kind, upTo: clock.now_us / 10_000, limit: 3)
          if some.isEmpty { break }
          due += some
        }
        try expect(due.map(\.time_us), due.map(\.time_us).sorted(), "the order of timers")
        found += due.map { "\(store.key($0.slot) ?? [])@\($0.time_us)" }
        store.endCallback()
      }
      let texts = wanted.map { "\($0.key)@\($0.time_us)" }
      try expect(found.sorted(), texts.sorted(), "timers due")
    }
  }

  private func rescale() throws {
    checkpoint = (model, stores.map { $0.snapshot() })
    try crash()
  }

  /// Goes back to the last checkpoint, with another number of workers.
  private func crash() throws {
    model = checkpoint.model
    let workers = 1 + random.below(4)
    stores = try (0..<workers).map { index in
      let store = try conformance.store(descriptors, clock: clock)
      let groups = keyGroups(ofWorker: index, keyGroups: StateConformance.groupCount, workers: workers)
      for snapshot in checkpoint.snapshots { try store.restore(snapshot, keyGroups: groups) }
      return store
    }
  }
}
