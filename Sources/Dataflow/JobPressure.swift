import Columnar
import Synchronization

/// Why sources are held back though there are rows to read.
package struct HeldBack: Sendable, CustomStringConvertible {
  /// What has no room.
  package enum Cause: Sendable, Equatable {
    /// Rows under way between steps use up the exchange's share.
    case exchange
    /// The operator of this step is full.
    case step(String)
  }
  package var cause: Cause
  /// How long sources have been held back, in seconds.
  package var duration_s: Int64
  /// What is used, and by what.
  package var budget: MemoryBudget

  package var description: String {
    let what =
      switch cause {
      case .exchange:
        "rows between steps use more than their share, \(MemoryBudget.text(budget.shares[.exchange])): "
          + "what comes after them is slower than the sources"
      case .step(let id): "step \"\(id)\" has no room for more state"
      }
    return "sources have been held back for \(duration_s) s: \(what). Memory: \(budget). Raise state.memory"
      + (cause == .exchange ? ", or parallelism if there are cores left" : ", or keep less state (shorter lifetimes)")
  }
}

/// Whether the operators of a job have room: shared by its workers. A worker that has a full operator says so; sources of
/// all workers pause while one does.
package final class JobPressure: Sendable {
  private let budget: MemoryBudget
  private let onHeldBack: @Sendable (HeldBack) -> Void
  private let fullWorkers = Atomic<Int>(0)
  /// By worker: the step that is full.
  private let steps = Mutex<[Int: String]>([:])

  init(budget: MemoryBudget, onHeldBack: @escaping @Sendable (HeldBack) -> Void) {
    self.budget = budget
    self.onHeldBack = onHeldBack
  }

  /// Notes which step of `worker` is full; nil: none is. To be called when that changes. [that worker's thread]
  func setFull(worker: Int, step: String?) {
    let count = steps.withLock { steps in
      steps[worker] = step
      return steps.count
    }
    fullWorkers.store(count, ordering: .releasing)
  }

  /// Whether some operator of the job is full. [any]
  package var isFull: Bool { fullWorkers.load(ordering: .acquiring) > 0 }

  /// Whether no more rows should be read: an operator is full, or the rows under way use up their share. [any]
  package var holdsSourcesBack: Bool { isFull || budget.isOver(.exchange) }

  /// Tells whoever listens that sources have been held back for `duration_us`. [any]
  func tell(duration_us: Int64) {
    let step = steps.withLock { steps in steps.min { $0.key < $1.key }?.value }
    let cause = step.map(HeldBack.Cause.step) ?? .exchange
    onHeldBack(HeldBack(cause: cause, duration_s: duration_us / 1_000_000, budget: budget))
  }
}

/// Decides when to tell that sources are held back: when they have been for a second without a break, then every ten.
struct HeldBackWatch {
  /// Shorter waits are what back-pressure is for.
  static let patience_us: Int64 = 1_000_000
  static let repeat_us: Int64 = 10_000_000

  private var since_us: Int64?
  private var lastTold_us: Int64?

  /// Notes whether sources are held back now. Gives for how long they have been, in microseconds, if it is time to tell.
  mutating func note(isHeldBack: Bool, now_us: Int64) -> Int64? {
    guard isHeldBack else {
      since_us = nil
      return nil
    }
    let since = since_us ?? now_us
    since_us = since
    guard now_us - since >= Self.patience_us else { return nil }
    if let told = lastTold_us, now_us - told < Self.repeat_us { return nil }
    lastTold_us = now_us
    return now_us - since
  }
}
