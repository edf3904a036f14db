/// The life of epochs as a pure state machine: events in, actions out; no clock, no I/O, no threads. Times are in
/// microseconds of any monotonic clock that the runner passes in.
///
/// Epochs are numbered from 1 and follow each other without gaps; epoch 0 stands for a fresh start. One epoch at a
/// time is between its barrier and its mark, so commits are strictly in order; rows of the next epoch flow meanwhile
/// on the other producer. Before the first epoch of an attempt, the commit record names the epoch it starts from:
/// so a manifest that is only prepared is never taken for one whose record Kafka has forgotten.
package struct EpochProtocol: Sendable {
  package struct Settings: Sendable {
    /// What makes an epoch count.
    package var commitPoint: CommitPoint
    /// From one barrier to the next.
    package var interval_us: Int64
    /// At least this long from the end of an epoch's commit to the next barrier.
    package var minPause_us: Int64
    /// An epoch must be through this long after its barrier, and a start this long after `started`.
    package var timeout_us: Int64
    /// From one barrier to the next while nothing happens: often enough that Kafka does not forget the commit record.
    package var idleInterval_us: Int64
    /// Before a retriable step is tried again; doubles with each failure in a row, up to 32 times as much.
    package var retryDelay_us: Int64

    package init(
      commitPoint: CommitPoint, interval_us: Int64, minPause_us: Int64 = 0, timeout_us: Int64 = 600_000_000,
      retryDelay_us: Int64 = 100_000, idleInterval_us: Int64 = 3_600_000_000
    ) {
      self.commitPoint = commitPoint
      self.interval_us = max(0, interval_us)
      self.minPause_us = max(0, minPause_us)
      self.timeout_us = max(1, timeout_us)
      self.retryDelay_us = max(1, retryDelay_us)
      self.idleInterval_us = max(self.interval_us, idleInterval_us)
    }
  }

  enum Phase: Equatable, Sendable { case waiting, starting, running, recovering, finished }

  /// The epoch between its barrier and its mark.
  struct InFlight: Sendable {
    var epoch: UInt64
    var injected_us: Int64
    var isFinal: Bool
    var step: EpochStep
    var digest = ""
  }

  /// An action to try again.
  struct Retry: Sendable {
    var at_us: Int64
    var action: EpochAction
  }

  let settings: Settings
  var phase = Phase.waiting
  /// Actions of the start that are still to be done, the first of them under way.
  var startup: [EpochAction] = []
  var started_us: Int64 = 0
  var inFlight: InFlight?
  var retries: [Retry] = []
  var retryCount = 0
  /// Transactions being begun, and begun.
  var beginning: Set<UInt64> = []
  var begun: Set<UInt64> = []
  /// Rows up to this epoch may go out.
  var openEpoch: UInt64 = 0
  /// Rows up to this epoch are acknowledged.
  var acknowledgedEpoch: UInt64 = 0
  var lastInjected_us: Int64 = 0
  var lastFinished_us: Int64 = 0
  var isRequested = false
  var isStopRequested = false
  /// Of this attempt: the next one reads again what did not count.
  var haveSourcesEnded = false
  /// Whether nothing has happened since the last barrier that an epoch would make durable, as the runner sees it.
  package var isIdle = false
  var isEnding: Bool { isStopRequested || haveSourcesEnded }

  package init(settings: Settings) { self.settings = settings }

  /// The last epoch that counts; 0 for none.
  package internal(set) var lastCommitted: UInt64 = 0

  /// Which of the two producers has the transaction of `epoch`: 0 or 1.
  package static func producer(of epoch: UInt64) -> Int { Int(epoch & 1) }

  /// Whether the job has ended or is to end: no epoch follows the one under way or the next.
  package var isFinished: Bool { phase == .finished }

  /// When a `tick` is due at the latest; nil if only another event can move things.
  package var nextDeadline_us: Int64? {
    var result = retries.map(\.at_us).min()
    switch phase {
    case .starting: result = min(result ?? .max, deadline(from: started_us))
    case .running:
      if let epoch = inFlight {
        result = min(result ?? .max, deadline(from: epoch.injected_us))
      } else if let due = injectionDue_us {
        result = min(result ?? .max, due)
      }
    default: return nil
    }
    return result
  }

  func deadline(from time_us: Int64) -> Int64 { Self.add(time_us, settings.timeout_us) }

  /// a + b, at most Int64.max.
  static func add(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }

  /// When the next barrier is due: nil while it can't be.
  var injectionDue_us: Int64? {
    guard phase == .running, inFlight == nil else { return nil }
    guard settings.commitPoint == .none || openEpoch > lastCommitted else { return nil }
    if isEnding { return .min }
    if isRequested { return .min }
    if settings.commitPoint == .none { return nil }
    let interval_us = isIdle ? settings.idleInterval_us : settings.interval_us
    return max(Self.add(lastInjected_us, interval_us), Self.add(lastFinished_us, settings.minPause_us))
  }

  /// Takes an event that happened at `now_us`; gives what is to be done now, in order.
  package mutating func handle(_ event: EpochEvent, now_us: Int64) -> [EpochAction] {
    switch (phase, event) {
    case (.waiting, .started(let decision)), (.recovering, .started(let decision)):
      return start(decision, now_us: now_us) + passTime(now_us)
    case (_, .stopRequested): isStopRequested = true
    case (_, .epochRequested): isRequested = true
    case (.starting, .sourcesEnded), (.running, .sourcesEnded): haveSourcesEnded = true
    case (.recovering, _), (.finished, _), (.waiting, .tick): return []
    case (_, .failed(let failure)): return fail(failure, now_us: now_us)
    case (.waiting, _): return giveUp(.init(step: .start, epoch: 0, kind: .fatal, message: "\(event) before the start"))
    default: break
    }
    var actions: [EpochAction]
    switch (phase, event) {
    case (_, .tick), (_, .stopRequested), (_, .sourcesEnded), (_, .epochRequested): actions = []
    case (.starting, _): actions = continueStart(event, now_us: now_us)
    default: actions = advance(event, now_us: now_us)
    }
    if phase == .starting || phase == .running { actions += passTime(now_us) }
    return actions
  }

  /// What is due by the clock.
  private mutating func passTime(_ now_us: Int64) -> [EpochAction] {
    if let late = overdue(now_us) { return giveUp(late) }
    var actions = retries.filter { $0.at_us <= now_us }.map(\.action)
    retries.removeAll { $0.at_us <= now_us }
    if let due = injectionDue_us, due <= now_us { actions += inject(now_us) }
    return actions
  }

  private func overdue(_ now_us: Int64) -> EpochFailure? {
    let since = phase == .starting ? started_us : inFlight?.injected_us
    guard let since, now_us >= deadline(from: since) else { return nil }
    let step = phase == .starting ? EpochStep.start : inFlight?.step ?? .start
    return EpochFailure(
      step: step, epoch: inFlight?.epoch ?? lastCommitted, kind: .timedOut,
      message: "not done \(settings.timeout_us / 1000) ms after \(phase == .starting ? "the start" : "the barrier"); "
        + "waited for: \(step.rawValue). If this is load and not a fault, give checkpoints a longer timeout")
  }

  private mutating func inject(_ now_us: Int64) -> [EpochAction] {
    let epoch = lastCommitted + 1
    inFlight = InFlight(epoch: epoch, injected_us: now_us, isFinal: isEnding, step: .barrier)
    lastInjected_us = now_us
    isRequested = false
    return [.injectBarrier(epoch: epoch, isFinal: isEnding)]
  }
}
