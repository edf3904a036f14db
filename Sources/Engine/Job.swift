import Checkpointing
import Columnar
import Dataflow
import Glibc
import Kafka
import Pipeline
import PluginHost
import SchemaRegistry
import State

/// What the command line says beside the file.
package struct RunOptions: Sendable {
  /// `--assume-epoch`: the epoch to start from, whatever the commit record says; 0: afresh.
  package var assumedEpoch: UInt64?
  /// `--progress`: from one progress line to the next; nil: none are printed.
  package var progressInterval: Duration?

  package init(assumedEpoch: UInt64? = nil, progressInterval: Duration? = nil) {
    self.assumedEpoch = assumedEpoch
    self.progressInterval = progressInterval
  }
}

/// A job, from its start to its end: attempts one after another, each from the last epoch that counts. [control]
final class Job {
  /// Failures in a row, without an epoch committed between them, that a fresh start may not help against.
  private static let patience = 5
  private static let longestPause_us: UInt32 = 5_000_000
  /// How long a commit record that is too old is read again, and how often, in microseconds.
  private static let staleRecordPatience_us: Int64 = 30_000_000
  private static let staleRecordPause_us: UInt32 = 1_000_000

  private let plan: LogicalPlan
  private let options: RunOptions
  private let kafka: [String: KafkaProperties]
  private let swaps: SwapManager
  private let store: CheckpointStore?
  private let lock: JobLock?
  private let commitPoint: CommitPoint
  private var reads: TopicReadPlanner
  private var assumedEpoch: UInt64?
  private var failuresInARow = 0
  private let badRows = BadRowCount()
  private let contacts = FirstContacts()
  private let memory: MemoryBudget
  private let coldStores: ColdStores?
  private let status: StatusBoard
  private let registries: Registries
  /// By connection; none of the one whose transactions take offsets.
  private let monitors: [String: OffsetMonitor]

  /// Takes the job's lock. Throws `JobError`.
  init(
    document: PipelineDocument, resolved: ResolvedPlan, catalog: PluginCatalog, kafka: [String: KafkaProperties],
    registries settings: [String: RegistrySettings], connections: ConnectionLog, options: RunOptions
  ) throws {
    plan = resolved.plan
    memory = HostMemory.current
    self.options = options
    self.kafka = kafka
    assumedEpoch = options.assumedEpoch
    commitPoint = CommitPoint(guarantee: plan.checkpoint.guarantee.forManifest, hasKafkaSink: plan.recordTopic != nil)
    (store, lock) = try Self.open(plan)
    status = StatusBoard(
      JobFacts(
        job: plan.job, engineVersion: EngineVersion.current, guarantee: plan.checkpoint.guarantee.rawValue,
        parallelism: plan.parallelism), connections: connections)
    registries = try Registries(settings, directory: store.map { "\($0.directory)/schemas" }, errors: connections)
    coldStores = try ColdStores(plan: plan, memory: memory, stateCount: plan.keyedStepCount * plan.parallelism)
    monitors = try Self.monitors(plan, kafka, transactional: commitPoint == .transaction)
    var catalog = catalog
    let fitting = try store.map { try VersionChoice(store: $0).fit(document, resolved, &catalog) } ?? resolved
    swaps = SwapManager(document: document, resolved: fitting, catalog: catalog)
    reads = TopicReadPlanner(plan: plan, kafka: kafka)
  }

  private static func monitors(
    _ plan: LogicalPlan, _ kafka: [String: KafkaProperties], transactional: Bool
  ) throws -> [String: OffsetMonitor] {
    var monitors: [String: OffsetMonitor] = [:]
    for connection in plan.sourceConnections where !transactional || connection != plan.recordTopic?.connection {
      monitors[connection] = try kafka[connection].map { try OffsetMonitor(properties: $0, group: plan.job) }
    }
    return monitors
  }

  private static func open(_ plan: LogicalPlan) throws -> (CheckpointStore?, JobLock?) {
    guard let directory = plan.checkpoint.directory, plan.checkpoint.guarantee != .none else { return (nil, nil) }
    do {
      // The lock first: opening a store clears away what its owner may be about to remove.
      try CheckpointStore.makeDirectory(location: "file://\(directory)", job: plan.job)
      let lock = try JobLock(directory: "\(directory)/\(plan.job)", now_us: Clock.realtime_us())
      return (try CheckpointStore(location: "file://\(directory)", job: plan.job), lock)
    } catch let error as CheckpointError {
      let isOwned = error.reason.hasPrefix(JobLock.refusalPrefix)
      throw JobError(isOwned ? .alreadyRunning : .failed, isOwned ? "already-running" : "storage", "\(error)")
    }
  }

  /// Runs to the end. Throws `JobError`.
  func run() throws {
    let server = StatusServer.answering(status, in: store?.directory)
    defer {
      server?.close()
      registries.close()
      for monitor in monitors.values { monitor.close() }
    }
    SplitGauges.register(in: .shared, status)
    while true {
      let before = failuresInARow
      do {
        if case .recover(let failure) = try attempt() {
          try recovering(failure)
        } else {
          return finish()
        }
      } catch let failure as KafkaFailure where failure.epochKind == .retriable {
        failuresInARow = before
        try recovering(EpochFailure(step: .start, epoch: 0, kind: .retriable, message: "\(failure)"))
      } catch let failure as EpochFailure {
        try recovering(failure)
      } catch let damage as RunError {
        throw JobError(.recovery, "checkpoint", describe(damage))
      } catch { throw JobError(wrapping: error) }
    }
  }

  /// What is wrong with a run, and which checkpoints do without it.
  private func describe(_ damage: RunError) -> String {
    guard damage.isDamage, let name = damage.path.split(separator: "/").last.map(String.init), let store else {
      return damage.description
    }
    let listed = (try? store.listedRuns().names) ?? [:]
    let others = listed.filter { !$0.value.contains(name) && store.isMarked($0.key) }.keys.sorted(by: >)
    let choices = others.map {
      RecoveryError.Choice(
        epoch: $0, meaning: "committed: right unless results of a later epoch are visible (those would repeat)")
    }
    return RecoveryError(
      reason: "The checkpoint to start from is damaged: \(damage).",
      choices: choices + [.init(epoch: 0, meaning: "afresh: results that are visible already may repeat")]
    ).description
  }

  private func finish() {
    var fields = "epochs are committed"
    if plan.checkpoint.guarantee == .none { fields = "all rows are handed over" }
    if badRows.value > 0 { fields += "; \(badRows.value) bad rows" }
    Log.write(.info, "job", "finished: \(fields)")
  }

  /// Waits before the next attempt, longer and longer; throws if there should be none.
  private func recovering(_ failure: EpochFailure) throws {
    guard failure.kind != .refused else { throw JobError.refused(failure.message) }
    failuresInARow += 1
    let mayHelp = [.retriable, .timedOut, .unknownOutcome].contains(failure.kind)
    guard mayHelp || failuresInARow <= Self.patience else {
      throw JobError(
        .failed, "no-progress", "gave up after \(Self.patience) attempts without a committed epoch: \(failure)")
    }
    guard !Signals.stopRequested else {
      throw JobError(
        .failed, "stopped-while-failing",
        "stop requested while the job could not go on (\(failure)); the last committed epoch stands")
    }
    Log.write(.warning, "job", "starting again from the last committed epoch: \(failure)")
    status.pauses(failure)
    if failuresInARow > 1 { usleep(min(Self.longestPause_us, 100_000 << UInt32(min(failuresInARow, 6)))) }
  }

  // MARK: - One attempt

  private func attempt() throws -> AttemptOutcome {
    status.attemptBegins()
    defer { status.attemptEnds() }
    try contacts.make(plan, kafka, status, isWanted: { !Signals.stopRequested })
    let sinks = try KafkaSinks(plan: plan, kafka: kafka, transactionsIn: commitPoint == .transaction ? store : nil)
    status.prepares("registers schemas")
    try settleSchemas()
    status.prepares("takes the transactional ids over")
    try sinks.fence(leftBehind: hadTransactions(), isWanted: { !Signals.stopRequested })
    try sinks.require(topicsOf: plan, commitPoint, isWanted: { !Signals.stopRequested })
    FaultPoint.afterFence.reach(epoch: 0)
    status.prepares("reads what was committed last")
    let decision = try decide(sinks.first)
    let checkpoint = try decision.lastCommitted > 0 ? store?.manifest(of: decision.lastCommitted) : nil
    let manifest = checkpoint?.manifest
    status.prepares("sends what other clusters lack")
    try settle(sinks, decision, checkpoint)
    let pluginSinks = try PluginSinks(swaps.resolved, errors: status.connections)
    status.prepares("settles sinks of plugins")
    try pluginSinks.recover(epoch: decision.lastCommitted)
    FaultPoint.afterSettling.reach(epoch: decision.lastCommitted)
    status.prepares("looks the topics up")
    let parts = try openParts(sinks, pluginSinks, manifest)
    status.prepares("restores state")
    let restore = store.flatMap { store in
      manifest.map { Restore(plan: plan, steps: swaps.resolved.manifestSteps, manifest: $0, store: store) }
    }
    let restored = try restored(restore)
    FaultPoint.afterRestore.reach(epoch: decision.lastCommitted)
    Log.write(
      .info, "job", manifest == nil ? "started" : "restored",
      ["epoch": String(decision.lastCommitted), "workers": String(plan.parallelism)])
    let attempt = try start(parts, restored, decision, restore)
    assumedEpoch = nil  // of this start only: once it has begun, the record says what counts
    defer { if attempt.lastCommitted > decision.lastCommitted { failuresInARow = 0 } }
    let outcome = try attempt.run(from: decision)
    if case .recover(let failure) = outcome, failure.kind == .fenced, let sink = sinks.first {
      try giveWay(sink, attempt.lastCommitted, attempt.lastRecord, failure)
    }
    return outcome
  }

  /// Settles with the registries what is read into and written with. Throws `EpochFailure` if one can't be reached, `JobError`
  /// if it has objections.
  private func settleSchemas() throws {
    do { try StartSchemas.settle(swaps.resolved, registries) } catch let failure as RegistryFailure {
      if failure.kind == .refused { throw JobError.refused("\(failure)") }
      guard failure.mayPass else { throw JobError(.failed, "registry", "\(failure)") }
      throw EpochFailure(step: .start, epoch: 0, kind: .retriable, message: "\(failure)")
    }
  }

  /// Throws if this attempt was fenced by another instance that goes on with the job: taking the transactional ids back
  /// would only have the two fence each other.
  private func giveWay(
    _ sink: TransactionalSink, _ lastCommitted: UInt64, _ own: CommitRecord?, _ failure: EpochFailure
  ) throws {
    status.prepares("waits whether another instance goes on with the job")
    let takeover = Takeover(interval: plan.checkpoint.interval, mayHaveTimedOut: sink.mayHaveTimedOut)
    if takeover.patience_us > 0 {
      Log.write(.warning, "job", "fenced by another instance: waiting whether it goes on with the job: \(failure)")
    }
    let epoch = takeover.epoch(
      after: lastCommitted, own: own, isWanted: { !Signals.stopRequested }, record: { try? sink.peekAtCommitRecord() })
    guard let epoch else { return }
    throw JobError(
      .alreadyRunning, "taken-over",
      "another instance of job \"\(plan.job)\" has taken over: it has committed epoch \(epoch), this one epoch "
        + "\(lastCommitted). Nothing is lost or repeated. If the job is not meant to run there, stop it there, and start it "
        + "here on a copy of its checkpoints; if it is another job, give one of the two another name")
  }

  /// Whether the job had a stronger guarantee before: a kill may have left a transaction of then open, which would hold up
  /// whoever reads what is written now.
  private func hadTransactions() throws -> Bool {
    guard commitPoint == .manifest, let found = try store?.list() else { return false }
    return found.contains(where: \.isOfTransaction)
  }

  /// Whether the commit record says what counts: with transactions, and without, if the newest checkpoint is of a time with
  /// them and may not have counted.
  private func isForKafkaToSay(_ found: [FoundCheckpoint]) -> Bool {
    guard commitPoint == .manifest else { return commitPoint == .transaction }
    let newest = found.filter { if case .intact = $0.condition { true } else { false } }.max { $0.epoch < $1.epoch }
    return newest.map { !$0.isMarked && $0.isOfTransaction } ?? false
  }

  /// The commit record. A broker that stood still until others took its place may, when it goes on, give an older one until
  /// it hears of that: one that is older than what is marked here is read again, for a while.
  private func recordNotOlder(than found: [FoundCheckpoint], _ sink: TransactionalSink?) throws -> CommitRecord? {
    // Those that were taken with another guarantee have no record.
    let marked = found.filter { $0.isMarked && $0.isOfTransaction }.map(\.epoch).max() ?? 0
    let deadline_us = Clock.monotonic_us() + Self.staleRecordPatience_us
    while true {
      let record = try sink?.readCommitRecord()
      guard let record, record.epoch < marked, assumedEpoch == nil, !Signals.stopRequested,
        Clock.monotonic_us() < deadline_us
      else { return record }
      Log.write(
        .warning, "job", "Kafka's commit record is older than the checkpoints here: reading it again",
        ["record": String(record.epoch), "marked": String(marked)])
      usleep(Self.staleRecordPause_us)
    }
  }

  private func decide(_ sink: TransactionalSink?) throws -> RecoveryDecision {
    let found = commitPoint == .none ? [] : try store?.list() ?? []
    let record = isForKafkaToSay(found) ? try recordNotOlder(than: found, sink) : nil
    do {
      return try Recovery.decide(commitPoint: commitPoint, found: found, record: record, assumed: assumedEpoch)
    } catch { throw JobError(.recovery, "checkpoint", "\(error)") }
  }

  /// Brings clusters beside the one that decides to the epoch that the job starts from, `start`.
  private func settle(
    _ sinks: KafkaSinks, _ decision: RecoveryDecision, _ start: (manifest: Manifest, digest: String)?
  ) throws {
    let (isMarked, isAssumed) = (!decision.needsMark, assumedEpoch != nil)
    do {
      // Also if there are no such clusters any more: what is left for them must not be forgotten.
      try Recovery.checkOutboxes(
        of: start?.manifest, isMarked: isMarked, connections: sinks.others?.connections ?? [], isAssumed: isAssumed)
      try sinks.others?.settle(
        start?.manifest, start: CommitRecord(epoch: decision.lastCommitted, digest: start?.digest ?? ""),
        isMarked: isMarked, isAssumed: isAssumed, isWanted: { !Signals.stopRequested })
    } catch let error as RecoveryError {
      throw JobError(.recovery, "checkpoint", "\(error)")
    } catch let failure as KafkaFailure where failure.epochKind != .retriable {
      // The cluster's record says, after fencing, what came of it.
      throw EpochFailure(
        step: .start, epoch: decision.lastCommitted, kind: failure.epochKind, message: "\(failure)")
    } catch let error as CheckpointError {
      throw JobError(
        .recovery, "checkpoint",
        "epoch \(decision.lastCommitted) counts, and its rows for another cluster can't be read: \(error). Mend the file, or "
          + "start again from an earlier epoch with --assume-epoch: what is visible of later ones comes again")
    }
  }

  private func openParts(_ sinks: KafkaSinks, _ pluginSinks: PluginSinks, _ manifest: Manifest?) throws -> AttemptParts
  {
    let early = store.map {
      EarlyRuns(
        runs: RunFiles(store: $0, keyGroupCount: plan.keyGroups),
        names: RunNames(keyGroupCount: plan.keyGroups, parallelism: plan.parallelism))
    }
    return AttemptParts(
      sinks: sinks, pluginSinks: pluginSinks, deadLetters: (0..<plan.parallelism).map { _ in WorkerDeadLetters(sinks) },
      topicReads: try reads.open(from: manifest), splitPositions: Restore.splitPositions(plan, manifest),
      badRows: badRows, registries: registries, memory: memory, coldStores: coldStores, earlyRuns: early)
  }

  private func restored(_ restore: Restore?) throws -> [Worker.Restored] {
    guard let restore else { return Array(repeating: Worker.Restored(), count: plan.parallelism) }
    return try restore.workers()
  }

  private func start(
    _ parts: AttemptParts, _ restored: [Worker.Restored], _ decision: RecoveryDecision, _ restore: Restore?
  ) throws -> Attempt {
    let resolved = swaps.resolved
    let control = WorkerControl(
      lastEpoch: decision.lastCommitted, budget: memory, onHeldBack: { Log.write(.warning, "memory", $0.description) })
    let deadLetters = parts.deadLetters
    let threads = WorkerThreads(
      graph: GraphBuilder(factory: NodeFactory(resolved: resolved, parts: parts)).graph(), count: plan.parallelism,
      control: control, endsWithSources: plan.endsWithSources,
      sideOutputs: { deadLetters[$0].queues })
    let effects = try effects(parts, resolved, decision, restore)
    swaps.attach(parts)
    status.attemptIsMade(
      AttemptView(plan, threads.workers.map(\.metrics), parts.topicReads), committed: decision.lastCommitted)
    let attempt = Attempt(
      machine: EpochProtocol(settings: plan.checkpoint.protocolSettings(commitPoint)), effects: effects,
      threads: threads, control: control, swaps: swaps, progress: progress(threads, parts),
      growth: PartitionGrowth(plan: plan, kafka: kafka, reads: parts.topicReads, effects: effects), status: status,
      sourceSteps: Set(plan.steps.filter(\.inputs.isEmpty).map(\.id)))
    try threads.start(restored: restored)
    return attempt
  }

  private func effects(
    _ parts: AttemptParts, _ resolved: ResolvedPlan, _ decision: RecoveryDecision, _ restore: Restore?
  ) throws -> EpochEffects {
    let facts = ManifestFacts(
      job: plan.job, engineVersion: String(cString: Host.pointer.pointee.version),
      guarantee: plan.checkpoint.guarantee.forManifest, commitPoint: commitPoint, keyGroups: plan.keyGroups,
      parallelism: plan.parallelism, steps: resolved.manifestSteps, stepIDs: plan.steps.map(\.id))
    let first = decision.lastCommitted + 1
    let history = PluginHistory(resolved.plugins(fromEpoch: first), from: first, known: restore?.manifest.plugins ?? [])
    status.runs(history.versions(of: first))
    let monitors = MonitorOffsets(
      transactional: commitPoint == .transaction ? plan.recordTopic?.connection : nil, monitors: monitors,
      read: commitPoint == .none ? plan.positions(parts.topicReads) : [])
    let keeper = try store.map {
      try StateKeeper(
        store: $0, keyGroupCount: plan.keyGroups, parallelism: plan.parallelism, stepIDs: facts.stepIDs,
        chains: restore?.chains() ?? [:])
    }
    return EpochEffects(
      facts: facts, store: store, keeper: keeper, sinks: parts.sinks, pluginSinks: parts.pluginSinks,
      retention: plan.checkpoint.retention, places: plan.splitPlaces(parts.topicReads), monitors: monitors,
      plugins: history, status: status)
  }

  private func progress(_ threads: WorkerThreads, _ parts: AttemptParts) -> ProgressReporter {
    let reads = Array(parts.topicReads.values)
    return ProgressReporter(
      interval_us: options.progressInterval?.microseconds, metrics: threads.workers.map(\.metrics),
      sourceNodes: plan.steps.indices.filter { plan.steps[$0].inputs.isEmpty },
      timedNodes: plan.steps.indices.filter { !plan.steps[$0].inputs.isEmpty },
      lag: {
        reads.reduce(0 as Int64?) { sum, read in
          sum.flatMap { sum in read.positions.lag(read.consumer).map { sum + $0 } }
        }
      }, steps: plan.steps.map(\.id))
  }
}

extension FoundCheckpoint {
  /// Whether it is whole, and a transaction made it count, if it does.
  fileprivate var isOfTransaction: Bool { if case .intact(_, .transaction) = condition { true } else { false } }
}
