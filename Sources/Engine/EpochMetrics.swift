import Checkpointing

/// Counts epochs and times their phases, from what the protocol asks for and hears. [control]
struct EpochMetrics {
  /// Of one phase.
  private struct Phase {
    var total_s: Metric
    var last_s: Metric
  }
  private let registry: MetricsRegistry
  private let committed, failures: Metric
  /// Those that there have been.
  private var phases: [EpochStep: Phase] = [:]
  private var started_us: [EpochStep: Int64] = [:]

  init(registry: MetricsRegistry) {
    func counter(_ outcome: String) -> Metric {
      registry.counter("millrace_epochs_total", help: "Epochs by outcome.", ["outcome": outcome])
    }
    self.registry = registry
    (committed, failures) = (counter("committed"), counter("failed"))
  }

  /// The protocol asks for `action` now.
  mutating func note(_ action: EpochAction, now_us: Int64) {
    guard let phase = action.startedPhase?.phase else { return }
    // A phase that is tried again goes on.
    if started_us[phase] == nil { started_us[phase] = now_us }
  }

  /// `event` comes in now.
  mutating func note(_ event: EpochEvent, now_us: Int64) {
    switch event {
    case .barrierPassed: end(.barrier, now_us)
    case .acknowledged: end(.flush, now_us)
    case .prepared: end(.manifest, now_us)
    case .committed: end(.commit, now_us)
    case .marked:
      end(.mark, now_us)
      committed.add(1)
    case .failed(let failure):
      if failure.kind != .retriable && failure.step != .retention { started_us = [:] }
    case .started, .tick, .epochRequested, .stopRequested, .sourcesEnded, .transactionBegun, .discarded: return
    }
  }

  /// An attempt ends, and with it the epoch under way, for whatever reason but the job's end.
  mutating func failed() {
    started_us = [:]
    failures.add(1)
  }

  private mutating func end(_ phase: EpochStep, _ now_us: Int64) {
    guard let start = started_us.removeValue(forKey: phase) else { return }
    let duration_s = Double(max(0, now_us - start)) / 1_000_000
    let metrics = phases[phase] ?? make(phase)
    metrics.total_s.add(duration_s)
    metrics.last_s.set(duration_s)
  }

  private mutating func make(_ phase: EpochStep) -> Phase {
    let made = Phase(
      total_s: registry.counter(
        "millrace_epoch_phase_seconds_total", help: "Time that epochs spent in a phase.", ["phase": phase.rawValue]),
      last_s: registry.gauge(
        "millrace_epoch_phase_seconds", help: "Time that the last epoch spent in a phase.", ["phase": phase.rawValue]))
    phases[phase] = made
    return made
  }
}
