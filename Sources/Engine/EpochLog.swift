import Checkpointing

extension EpochAction {
  /// The phase of an epoch that begins with this action; nil if none does.
  var startedPhase: (phase: EpochStep, epoch: UInt64)? {
    switch self {
    case .injectBarrier(let epoch, _): (.barrier, epoch)
    case .flush(let epoch): (.flush, epoch)
    case .writeManifest(let epoch): (.manifest, epoch)
    case .commit(let epoch, _): (.commit, epoch)
    case .markCommitted(let epoch): (.mark, epoch)
    case .beginTransaction, .openGate, .dropBefore, .discardAfter, .recover, .finished: nil
    }
  }
}

extension EpochEvent {
  /// What has succeeded with this event; nil if nothing has.
  var success: (step: EpochStep, epoch: UInt64)? {
    switch self {
    case .transactionBegun(let epoch): (.begin, epoch)
    case .barrierPassed(let epoch): (.barrier, epoch)
    case .acknowledged(let epoch): (.flush, epoch)
    case .prepared(let epoch, _): (.manifest, epoch)
    case .committed(let epoch): (.commit, epoch)
    case .marked(let epoch): (.mark, epoch)
    case .discarded(let epoch): (.discard, epoch)
    case .started, .tick, .epochRequested, .stopRequested, .sourcesEnded, .failed: nil
    }
  }
}

/// The last epoch and the one under way, from what the epoch protocol asks for and hears. Times are of one monotonic
/// clock.
struct EpochLog: Equatable, Sendable {
  /// An epoch that is through.
  struct Finished: Equatable, Sendable {
    var epoch: UInt64
    var end_us: Int64
    var duration_us: Int64
    var phases_us: [EpochStep: Int64]
    var size: JobStatus.Size?
  }
  /// An epoch between its barrier and its mark.
  struct UnderWay: Equatable, Sendable {
    var epoch: UInt64
    var begin_us: Int64
    var phase: EpochStep
    var phaseBegin_us: Int64
    var phases_us: [EpochStep: Int64] = [:]
    var size: JobStatus.Size?
  }

  /// The last epoch that counts; 0 for none.
  private(set) var committed: UInt64 = 0
  private(set) var last: Finished?
  private(set) var underWay: UnderWay?

  /// An attempt begins, after `committed`.
  mutating func restart(after committed: UInt64) {
    self.committed = committed
    underWay = nil
  }

  /// The protocol asks for `action` now.
  mutating func note(_ action: EpochAction, now_us: Int64) {
    guard let (phase, epoch) = action.startedPhase else { return }
    if phase == .barrier {
      underWay = UnderWay(epoch: epoch, begin_us: now_us, phase: .barrier, phaseBegin_us: now_us)
    }
    // A phase that is tried again goes on.
    guard underWay?.epoch == epoch, underWay?.phase != phase else { return }
    underWay?.phase = phase
    underWay?.phaseBegin_us = now_us
  }

  /// The protocol hears of `event` now.
  mutating func note(_ event: EpochEvent, now_us: Int64) {
    if case .failed(let failure) = event, failure.kind != .retriable, failure.step != .retention { underWay = nil }
    guard let (step, epoch) = event.success else { return }
    if step == .commit || step == .mark { committed = max(committed, epoch) }
    guard let current = underWay, current.epoch == epoch, current.phase == step else { return }
    underWay?.phases_us[step] = now_us - current.phaseBegin_us
    if step == .mark { finish(now_us) }
  }

  /// The checkpoint of `epoch` is written.
  mutating func note(_ size: JobStatus.Size, epoch: UInt64) {
    if underWay?.epoch == epoch { underWay?.size = size }
  }

  private mutating func finish(_ now_us: Int64) {
    guard let done = underWay else { return }
    last = Finished(
      epoch: done.epoch, end_us: now_us, duration_us: now_us - done.begin_us, phases_us: done.phases_us,
      size: done.size)
    underWay = nil
  }
}
