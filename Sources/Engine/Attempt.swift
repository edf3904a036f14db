import Checkpointing
import Dataflow
import Kafka
import PluginHost
import State

/// How an attempt to run a job ended.
enum AttemptOutcome {
  /// All is committed; the job is through.
  case finished
  /// Something failed that a fresh start from the last committed epoch gets over.
  case recover(EpochFailure)
}

/// One attempt to run a job: from restored state until the job ends or something fails. Runs the epoch protocol on
/// the calling thread. [control]
final class Attempt {
  /// How long to wait for events at most, in microseconds: the granularity of signals and plugin scans.
  private static let turn_us: Int64 = 20_000

  private var machine: EpochProtocol
  private let effects: EpochEffects
  private let threads: WorkerThreads
  private let control: WorkerControl
  private let swaps: SwapManager
  private let progress: ProgressReporter
  private let growth: PartitionGrowth
  private let status: StatusBoard
  /// Ids of the steps that read: an error there is the job's, not the epoch's.
  private let sourceSteps: Set<String>
  /// Of all workers, when the last epoch's barrier went out.
  private var deedCount: Int64 = -1
  private var passed: [Int: WorkerSnapshot] = [:]
  private var endedWorkers = 0
  private var stopTold = false
  private var swapping: SwapManager.Prepared?
  private var outcome: AttemptOutcome?
  private var fatal: (any Error)?

  init(
    machine: EpochProtocol, effects: EpochEffects, threads: WorkerThreads, control: WorkerControl, swaps: SwapManager,
    progress: ProgressReporter, growth: PartitionGrowth, status: StatusBoard, sourceSteps: Set<String>
  ) {
    self.machine = machine
    self.effects = effects
    self.threads = threads
    self.control = control
    self.swaps = swaps
    self.progress = progress
    self.growth = growth
    self.status = status
    self.sourceSteps = sourceSteps
  }

  /// The last epoch that counts.
  var lastCommitted: UInt64 { machine.lastCommitted }

  /// The last commit record that it has sent, or tried to; nil: none.
  var lastRecord: CommitRecord? { effects.lastRecord }

  /// Runs to the end of the attempt; the workers have ended when it returns or throws.
  func run(from decision: RecoveryDecision) throws -> AttemptOutcome {
    growth.start()
    defer {
      growth.stop()
      threads.stop()
      effects.stop()
    }
    start(decision, afterwards: waitForWorkers())
    while outcome == nil && fatal == nil {
      for event in control.events.receive(timeout_us: waitTime_us()) where outcome == nil { handle(event) }
      if Signals.stopRequested && !stopTold {
        stopTold = true
        status.enter(.draining)
        Log.write(.info, "job", "stop requested: draining and taking a last checkpoint")
        handle(.stopRequested)
      }
      look(forSwaps: Clock.monotonic_us())
      progress.turn(epoch: machine.lastCommitted)
      effects.turn()
      machine.isIdle = countDeeds() == deedCount && !effects.wantsEpoch
      handle(.tick)
      do { try growth.turn() } catch { fatal = fatal ?? error }
    }
    if case .finished? = outcome {} else { progress.epochs.failed() }
    if let fatal { throw fatal }
    return outcome ?? .finished
  }

  /// Waits until all workers have restored their state, which may take longer than an epoch may. Gives what else they
  /// told.
  private func waitForWorkers() -> [WorkerEvent] {
    var ready = 0
    var others: [WorkerEvent] = []
    while ready < threads.workers.count && outcome == nil && fatal == nil {
      for event in control.events.receive(timeout_us: Self.turn_us) {
        switch event {
        case .ready: ready += 1
        case .failed(_, let step, let error): fail(step: step, error)
        default: others.append(event)
        }
      }
    }
    return others
  }

  private func start(_ decision: RecoveryDecision, afterwards events: [WorkerEvent]) {
    guard outcome == nil && fatal == nil else { return }
    status.enter(.running)
    handle(.started(decision))
    for event in events where outcome == nil { handle(event) }
  }

  private func waitTime_us() -> Int64 {
    guard let deadline = machine.nextDeadline_us else { return Self.turn_us }
    return max(0, min(Self.turn_us, deadline &- Clock.monotonic_us()))
  }

  private func countDeeds() -> Int64 { threads.workers.reduce(0) { $0 &+ $1.metrics.deedCount } }

  /// Feeds the protocol and carries out what it asks for, and what follows from that, until it asks for nothing.
  private func handle(_ event: EpochEvent) {
    var actions = decide(event)[...]
    while let action = actions.popFirst() {
      let now_us = Clock.monotonic_us()
      progress.epochs.note(action, now_us: now_us)
      status.note(action, now_us: now_us)
      guard let result = perform(action) else { continue }
      actions.append(contentsOf: decide(result))
    }
  }

  private func decide(_ event: EpochEvent) -> [EpochAction] {
    let now_us = Clock.monotonic_us()
    progress.epochs.note(event, now_us: now_us)
    status.note(event, now_us: now_us)
    return machine.handle(event, now_us: now_us)
  }

  private func perform(_ action: EpochAction) -> EpochEvent? {
    switch action {
    case .openGate(let epoch):
      control.gate.advance(to: epoch)
      FaultPoint.afterGate.reach(epoch: epoch)
      return nil
    case .injectBarrier(let epoch, let isFinal):
      if isFinal { control.pauseSources() }
      effects.isLast = isFinal
      // Before the barrier goes out: what is counted by now is in this epoch.
      deedCount = countDeeds()
      swapping = isFinal ? nil : swaps.take()
      passed = [:]
      control.injectBarrier(epoch: epoch, replacements: swapping?.replacements ?? Replacements())
      return nil
    case .recover(let failure):
      outcome = .recover(failure)
      return nil
    case .finished:
      outcome = .finished
      return nil
    default: return report(effects.perform(action))
    }
  }

  /// Retries are visible: whoever looks after the job may have to act.
  private func report(_ event: EpochEvent?) -> EpochEvent? {
    guard case .failed(let failure) = event else { return event }
    if failure.step == .retention {
      progress.keepsOldCheckpoints(failure)
    } else if failure.kind == .retriable {
      progress.retrying(failure)
    }
    return event
  }

  private func handle(_ event: WorkerEvent) {
    switch event {
    case .passed(let worker, let epoch, let snapshot):
      passed[worker] = snapshot
      guard passed.count == threads.workers.count else { return }
      finishBarrier(epoch)
    case .sourcesEnded:
      endedWorkers += 1
      if endedWorkers == threads.workers.count { handle(.sourcesEnded) }
    case .failed(_, let step, let error): fail(step: step, error)
    case .epochWanted: handle(.epochRequested)
    case .ready, .stopped: return
    }
  }

  private func finishBarrier(_ epoch: UInt64) {
    effects.snapshots = threads.workers.indices.compactMap { passed[$0] }
    passed = [:]
    FaultPoint.afterBarrier.reach(epoch: epoch)
    if let done = swapping {
      swapping = nil
      swaps.finish(done, fromEpoch: epoch + 1)
      effects.took(over: done.resolved.plugins(fromEpoch: epoch + 1), from: epoch + 1)
    }
    handle(.barrierPassed(epoch: epoch))
  }

  private func look(forSwaps now_us: Int64) {
    swaps.scan(now_us: now_us)
    if swaps.hasPrepared && swapping == nil { handle(.epochRequested) }
  }

  private func fail(step: String?, _ error: any Error) {
    guard outcome == nil, fatal == nil else { return }
    if let swap = error as? SwapError {
      swaps.giveUp(swap)
      outcome = .recover(
        EpochFailure(step: .barrier, epoch: machine.lastCommitted + 1, kind: .fatal, message: swap.description))
      return
    }
    if let failure = error as? KafkaFailure, step.map({ !sourceSteps.contains($0) }) ?? true {
      outcome = .recover(
        EpochFailure(
          step: .flush, epoch: machine.lastCommitted + 1, kind: failure.epochKind, message: failure.description))
      return
    }
    if let failure = error as? KafkaFailure, failure.epochKind == .refused {
      fatal = failure
      return
    }
    if let failure = error as? PluginError, failure.errorClass == .retry {
      outcome = .recover(
        EpochFailure(
          step: .barrier, epoch: machine.lastCommitted + 1, kind: .retriable, message: failure.description))
      return
    }
    if let damage = error as? RunError {
      fatal = damage
      return
    }
    fatal = JobError(.failed, "step-failed", (step.map { "step \"\($0)\": " } ?? "") + "\(error)")
  }
}
