import Synchronization

/// What memory of the budget is used for.
package enum MemoryKind: Int, Sendable, CaseIterable {
  /// Keyed state: slots, cells, timers, and the changes that a checkpoint under way still holds.
  case slots
  /// The cold store's own: RocksDB's block cache and memtables.
  case coldStore
  /// Rows between steps: in the exchange's rings, at blocked inputs, at senders and at sinks.
  case exchange
  /// Rows on their way in: what sources have fetched ahead, and raw batches.
  case batches
  /// What plugins allocate by "mill.memory/1".
  case plugins

  /// As log lines and metrics have it.
  package var name: String {
    switch self {
    case .slots: "slots"
    case .coldStore: "cold_store"
    case .exchange: "exchange"
    case .batches: "batches"
    case .plugins: "plugins"
    }
  }
}

/// How a limit is divided. Exchange, sources' batches and the cold store get an eighth of it each; slots and plugins
/// share the rest, five eighths.
package struct MemoryShares: Sendable, Equatable {
  /// The limit that is divided, in bytes.
  package let limit: Int
  /// Of `exchange`, of `batches` and of `coldStore`, each.
  package let eighth: Int
  /// Of `slots` and `plugins`, together.
  package let rest: Int

  package init(limit: Int) {
    self.limit = max(0, limit)
    eighth = self.limit / 8
    rest = self.limit - 3 * eighth
  }

  /// Bytes that `kind` may use; slots and plugins have theirs in common.
  package subscript(kind: MemoryKind) -> Int {
    switch kind {
    case .exchange, .batches, .coldStore: eighth
    case .slots, .plugins: rest
    }
  }
}

/// The memory of one process, `state.memory` of the pipeline file: what is used, by kind, against a limit.
///
/// It counts and answers; it holds nothing up by itself. Who can wait reserves, and waits when refused; who can't
/// (rows that are under way already) charges, and whoever is upstream pauses when a share is used up. Counts are exact
/// once no call is under way; a reservation may be refused though a moment later there is room. All calls: any thread.
package final class MemoryBudget: Sendable {
  private final class Counter: Sendable {
    let bytes = Atomic<Int>(0)
    // On a cache line of its own: workers count different kinds at the same time.
    private let padding: (Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0)
  }

  /// A budget that never runs out, for those who were given none.
  package static let unlimited = MemoryBudget(limit: .max)

  /// How the limit is divided.
  package let shares: MemoryShares
  private let counters: [Counter]

  /// A budget of `limit` bytes.
  package init(limit: Int) {
    shares = MemoryShares(limit: limit)
    counters = MemoryKind.allCases.map { _ in Counter() }
  }

  /// Bytes that may be used in all.
  package var limit: Int { shares.limit }

  /// Takes `bytes` for `kind` if its share and the limit have room for them; false, and nothing taken, if not.
  package func reserve(_ kind: MemoryKind, _ bytes: Int) -> Bool {
    charge(kind, bytes)
    if used(sharing: kind) <= shares[kind], used <= limit { return true }
    release(kind, bytes)
    return false
  }

  /// Takes `bytes` for `kind`, room or not.
  package func charge(_ kind: MemoryKind, _ bytes: Int) {
    counters[kind.rawValue].bytes.add(bytes, ordering: .relaxed)
  }

  /// Gives back what was reserved or charged.
  package func release(_ kind: MemoryKind, _ bytes: Int) {
    counters[kind.rawValue].bytes.subtract(bytes, ordering: .relaxed)
  }

  /// Bytes that `kind` uses.
  package func used(_ kind: MemoryKind) -> Int { counters[kind.rawValue].bytes.load(ordering: .relaxed) }

  /// Bytes that all kinds use.
  package var used: Int { counters.reduce(0) { $0 &+ $1.bytes.load(ordering: .relaxed) } }

  /// Whether more than the limit is used.
  package var isOver: Bool { used > limit }

  /// Whether more than the share of `kind` is used, whatever the others use.
  package func isOver(_ kind: MemoryKind) -> Bool { used(sharing: kind) > shares[kind] }

  /// Bytes that `kind` could reserve now; never negative.
  package func available(_ kind: MemoryKind) -> Int {
    max(0, min(shares[kind] - used(sharing: kind), limit - used))
  }

  /// What counts against the share of `kind`.
  private func used(sharing kind: MemoryKind) -> Int {
    switch kind {
    case .slots, .plugins: used(.slots) &+ used(.plugins)
    case .exchange, .batches, .coldStore: used(kind)
    }
  }
}

extension MemoryBudget: CustomStringConvertible {
  /// What is used and the limit, for log lines: `510 MiB of 512 MiB (slots 300 MiB, …)`.
  package var description: String {
    let kinds = MemoryKind.allCases.map { "\($0.name) \(Self.text(used($0)))" }
    return "\(Self.text(used)) of \(Self.text(limit)) (\(kinds.joined(separator: ", ")))"
  }

  /// Bytes in the greatest unit that leaves two digits or more before the point; rounded down.
  package static func text(_ bytes: Int) -> String {
    if bytes >= 10 << 30 { return "\(bytes >> 30) GiB" }
    if bytes >= 10 << 20 { return "\(bytes >> 20) MiB" }
    return "\(bytes >> 10) KiB"
  }
}
