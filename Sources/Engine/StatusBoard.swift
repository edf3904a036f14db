import Checkpointing
import Dataflow
import Glibc
import Synchronization

/// What is the same all the time that a process runs a job.
struct JobFacts: Sendable {
  var job: String
  var pid = getpid()
  var engineVersion: String
  var guarantee: String
  var parallelism: Int
}

/// What the control thread tells of the job, for the thread that answers `millrace status`. Neither holds the lock for
/// longer than a copy takes. [any]
final class StatusBoard: Sendable {
  /// What was told last. Times are of the monotonic clock.
  struct State: Sendable {
    var phase = JobStatus.Phase.starting
    var phaseBegin_us: Int64
    var activity: String?
    var attempts = 0
    var epochs = EpochLog()
    var retries = RetryLog()
    var plugins: [Manifest.Plugin] = []
    /// Nil between attempts.
    var view: AttemptView?
  }

  let facts: JobFacts
  let connections: ConnectionLog
  let startedAt_us: Int64
  let started_us: Int64
  private let state: Mutex<State>

  /// The job begins now: at `startedAt_us` since 1970, `started_us` by the monotonic clock. `connections`: what its clients
  /// tell.
  init(
    _ facts: JobFacts, connections: ConnectionLog = ConnectionLog(), startedAt_us: Int64 = Clock.realtime_us(),
    started_us: Int64 = Clock.monotonic_us()
  ) {
    self.facts = facts
    self.connections = connections
    self.startedAt_us = startedAt_us
    self.started_us = started_us
    state = Mutex(State(phaseBegin_us: started_us))
  }

  /// What was told last.
  var current: State { state.withLock { $0 } }

  // MARK: - Attempts

  /// What retries of whole attempts go by.
  static let attempt = "attempt"

  /// An attempt begins to get ready.
  func attemptBegins(now_us: Int64 = Clock.monotonic_us()) {
    enter(.starting, now_us)
    state.withLock { $0.attempts += 1 }
  }

  /// What an attempt that gets ready is at.
  func prepares(_ activity: String) { state.withLock { $0.activity = activity } }

  /// The attempt's workers are there, with their state to be restored; `committed`: the epoch that it goes on from.
  func attemptIsMade(_ view: AttemptView, committed: UInt64) {
    state.withLock { state in
      state.view = view
      state.epochs.restart(after: committed)
    }
  }

  /// The job's rows flow now; or a stop was asked for.
  func enter(_ phase: JobStatus.Phase, _ now_us: Int64 = Clock.monotonic_us()) {
    state.withLock { state in
      state.phase = phase
      state.phaseBegin_us = now_us
      state.activity = nil
    }
  }

  /// The attempt is over: what it had is let go of.
  func attemptEnds() {
    state.withLock { state in
      state.view = nil
      state.epochs.restart(after: state.epochs.committed)
      state.retries.keepOnly(Self.attempt)
    }
  }

  /// The job will start again after a pause.
  func pauses(_ failure: EpochFailure, now_us: Int64 = Clock.monotonic_us()) {
    enter(.pausing, now_us)
    state.withLock { $0.retries.failed(Self.attempt, "\(failure)", now_us: now_us) }
  }

  // MARK: - Epochs

  /// The epoch protocol asks for `action` now.
  func note(_ action: EpochAction, now_us: Int64) {
    guard action.startedPhase != nil else { return }
    state.withLock { $0.epochs.note(action, now_us: now_us) }
  }

  /// The epoch protocol hears of `event` now.
  func note(_ event: EpochEvent, now_us: Int64) {
    guard event != .tick else { return }
    state.withLock { state in
      state.epochs.note(event, now_us: now_us)
      if case .failed(let failure) = event, failure.kind == .retriable, failure.step != .retention {
        state.retries.failed(failure.step.rawValue, "\(failure)", now_us: now_us)
      }
      guard let (step, _) = event.success else { return }
      state.retries.succeeded(step.rawValue)
      if step == .mark { state.retries.succeeded(Self.attempt) }
    }
  }

  /// The checkpoint of `epoch` is written.
  func wrote(_ size: JobStatus.Size, epoch: UInt64) { state.withLock { $0.epochs.note(size, epoch: epoch) } }

  /// Steps run `plugins` from now on.
  func runs(_ plugins: [Manifest.Plugin]) { state.withLock { $0.plugins = plugins } }
}
