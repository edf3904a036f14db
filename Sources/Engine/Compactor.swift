import Checkpointing
import Dataflow
import Dispatch
import Synchronization

/// Merges runs in the background, one chain at a time. Calls come from the control thread.
final class Compactor: Sendable {
  /// What to merge.
  struct Order: Sendable {
    var place: Restore.Place
    /// Neighbours in the chain, oldest first.
    var files: [Manifest.StateFile]
    /// The run to make of them.
    var result: Manifest.StateFile
    var isWhole: Bool
  }
  /// What became of it.
  struct Done: Sendable {
    var order: Order
    /// The new run, nil if nothing was left.
    var file: Manifest.StateFile?
    var failure: (any Error)?
    var duration_us: Int64
  }

  private enum State {
    case idle
    case running(name: String)
    case done(Done)
  }
  private let runs: RunFiles
  private let queue = DispatchQueue(label: "millrace.compaction", qos: .utility)
  private let state = Mutex(State.idle)
  private let isCancelled = Atomic(false)

  init(runs: RunFiles) { self.runs = runs }

  var isIdle: Bool {
    state.withLock { state in
      if case .idle = state { return true }
      return false
    }
  }

  /// Begins; must be idle.
  func start(_ order: Order) {
    state.withLock { $0 = .running(name: order.result.name) }
    queue.async { [self] in
      let done = carryOut(order)
      state.withLock { $0 = .done(done) }
    }
  }

  private func carryOut(_ order: Order) -> Done {
    let start_us = Clock.monotonic_us()
    var done = Done(order: order, duration_us: 0)
    do {
      done.file = try runs.merge(
        order.files, into: order.result, isWhole: order.isWhole, now_us: Clock.realtime_us(),
        goesOn: {
          FaultPoint.inCompaction.reach(epoch: 0)
          return !isCancelled.load(ordering: .relaxed)
        })
      FaultPoint.afterCompaction.reach(epoch: 0)
    } catch { done.failure = error }
    ProcessAllocator.trim()
    done.duration_us = Clock.monotonic_us() - start_us
    return done
  }

  /// What has been done since; nil if nothing was.
  func take() -> Done? {
    state.withLock { state in
      guard case .done(let done) = state else { return nil }
      state = .idle
      return done
    }
  }

  /// Gives up what is under way, and waits until nothing is written any more.
  func stop() {
    isCancelled.store(true, ordering: .relaxed)
    queue.sync {}
  }
}
