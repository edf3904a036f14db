import State

/// Keyed state in the simplest form there is, to compare stores with: nested dictionaries, everything looked at.
struct StateModel {
  /// What one state holds for one key, whatever its kind.
  enum Content: Equatable {
    case run([UInt8])
    case list([[UInt8]])
    case map([[UInt8]: [UInt8]])

    var isEmpty: Bool {
      switch self {
      case .run: false
      case .list(let items): items.isEmpty
      case .map(let entries): entries.isEmpty
      }
    }
  }

  struct Timer: Hashable {
    var kind: UInt32
    var time_us: Int64
  }

  private struct Entry {
    var content: Content
    var deadline_us: Int64
  }

  private struct Key {
    var states: [Int: Entry] = [:]
    var timers: Set<Timer> = []
  }

  private let descriptors: [StateDescriptor]
  private let clock: ManualClock
  private var keys: [[UInt8]: Key] = [:]

  init(descriptors: [StateDescriptor], clock: ManualClock) {
    self.descriptors = descriptors
    self.clock = clock
  }

  /// How many keys have state that is not expired, or timers.
  var keyCount: Int {
    keys.values.filter { key in
      !key.timers.isEmpty || key.states.values.contains { $0.deadline_us > clock.now_us }
    }.count
  }

  private mutating func expire(_ key: [UInt8], _ state: Int) {
    if let entry = keys[key]?.states[state], entry.deadline_us <= clock.now_us { keys[key]?.states[state] = nil }
  }

  private func deadline(_ state: Int) -> Int64 {
    descriptors[state].timeToLive.map { clock.now_us + $0.duration_us } ?? .max
  }

  mutating func read(_ key: [UInt8], _ state: Int) -> Content? {
    expire(key, state)
    let renewed = deadline(state)
    if descriptors[state].timeToLive?.renewsOnRead == true { keys[key]?.states[state]?.deadline_us = renewed }
    return keys[key]?.states[state]?.content
  }

  mutating func write(_ key: [UInt8], _ state: Int, _ change: (inout Content?) -> Void) {
    expire(key, state)
    var content = keys[key]?.states[state]?.content
    change(&content)
    let kept = content.flatMap { $0.isEmpty ? nil : Entry(content: $0, deadline_us: deadline(state)) }
    keys[key, default: Key()].states[state] = kept
  }

  mutating func setTimer(_ key: [UInt8], _ timer: Timer) { keys[key, default: Key()].timers.insert(timer) }
  mutating func cancelTimer(_ key: [UInt8], _ timer: Timer) { keys[key]?.timers.remove(timer) }

  /// Takes all timers of `kind` that are due, in order of time, then key.
  mutating func popTimers(kind: UInt32, upTo time_us: Int64) -> [(key: [UInt8], time_us: Int64)] {
    var due: [(key: [UInt8], time_us: Int64)] = []
    for key in keys.keys {
      for timer in keys[key]!.timers where timer.kind == kind && timer.time_us <= time_us {
        due.append((key, timer.time_us))
        keys[key]!.timers.remove(timer)
      }
    }
    return due.sorted { $0.time_us != $1.time_us ? $0.time_us < $1.time_us : $0.key.lexicographicallyPrecedes($1.key) }
  }
}
