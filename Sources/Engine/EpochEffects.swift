import Checkpointing
import Dataflow
import Dispatch
import Kafka
import PluginHost

/// What belongs in every manifest of a job, whatever the epoch.
struct ManifestFacts: Sendable {
  var job: String
  var engineVersion: String
  var guarantee: Guarantee
  var commitPoint: CommitPoint
  var keyGroups: Int
  var parallelism: Int
  /// The steps with their declared states.
  var steps: [Manifest.Step]
  /// Ids of the steps, by node.
  var stepIDs: [String]
}

/// A Kafka partition behind a split of a source step.
struct SplitPlace: Sendable {
  var place: TopicPartition
  /// Connection of the topic.
  var connection: String
}

/// The I/O of the epoch protocol: carries out its actions. Calls block, with bounded waits. [control]
final class EpochEffects {
  /// How long one call waits for brokers, in milliseconds.
  private static let turn_ms: Int32 = 1000

  private let facts: ManifestFacts
  private let store: CheckpointStore?
  private let keeper: StateKeeper?
  private let sinks: KafkaSinks
  private let pluginSinks: PluginSinks
  private let retention: Int
  /// By step, then split name; splits of other sources are not in it.
  private var places: [String: [String: SplitPlace]]
  private let monitors: MonitorOffsets
  private var plugins: PluginHistory
  private let status: StatusBoard
  /// What the workers kept for the epoch under way, by worker.
  var snapshots: [WorkerSnapshot] = []
  /// Whether the epoch under way is the last.
  var isLast = false
  private var offsets: [(connection: String, offset: PartitionOffset)] = []
  /// What of them the transaction takes.
  private var inside: [PartitionOffset] = []
  private let writer = DispatchQueue(label: "epoch-writer", qos: .userInitiated)
  private let sender = DispatchQueue(label: "epoch-sender", qos: .userInitiated)
  /// The manifest of an epoch whose rows are on their way.
  private var ahead: (epoch: UInt64, work: Aside<EpochEvent>)?
  /// The commit record that is on its way into its transaction, or in it.
  private var sending: (record: CommitRecord, work: Aside<Void>)?

  init(
    facts: ManifestFacts, store: CheckpointStore?, keeper: StateKeeper?, sinks: KafkaSinks, pluginSinks: PluginSinks,
    retention: Int, places: [String: [String: SplitPlace]], monitors: MonitorOffsets, plugins: PluginHistory,
    status: StatusBoard
  ) {
    self.facts = facts
    self.store = store
    self.keeper = keeper
    self.sinks = sinks
    self.pluginSinks = pluginSinks
    self.retention = retention
    self.places = places
    self.monitors = monitors
    self.plugins = plugins
    self.status = status
  }

  /// A step reads one more partition; to be told before any worker reads it.
  func add(_ place: SplitPlace, step: String) { places[step, default: [:]][place.place.description] = place }

  /// Steps run `versions` from `epoch` on.
  func took(over versions: [Manifest.Plugin], from epoch: UInt64) {
    plugins.add(versions, from: epoch)
    status.runs(plugins.versions(of: epoch))
  }

  /// Carries out one action; gives the event that it ends with, if any.
  func perform(_ action: EpochAction) -> EpochEvent? {
    do {
      switch action {
      case .beginTransaction(let epoch):
        try sinks.first?.begin(epoch: epoch)
        FaultPoint.afterBegin.reach(epoch: epoch)
        return .transactionBegun(epoch: epoch)
      case .flush(let epoch): return try flush(epoch)
      case .writeManifest(let epoch): return try manifestAhead(epoch) ?? writeManifest(epoch)
      case .commit(let epoch, let digest): return try commit(epoch, digest: digest)
      case .markCommitted(let epoch): return try markCommitted(epoch)
      case .dropBefore(let epoch):
        try drop(before: epoch)
        FaultPoint.afterDrop.reach(epoch: epoch)
        return nil
      case .discardAfter(let epoch):
        try store?.discardAfter(epoch)
        try keeper?.discarded(after: epoch)
        return .discarded(epoch: epoch)
      case .openGate, .injectBarrier, .recover, .finished: return nil
      }
    } catch { return .failed(Self.failure(of: action, error)) }
  }

  private func flush(_ epoch: UInt64) throws -> EpochEvent {
    // A manifest whose transaction decides may be there before all rows are.
    if facts.commitPoint == .transaction, ahead?.epoch != epoch {
      ahead = (epoch, Aside(on: writer) { try self.prepareAhead(epoch) })
    }
    do {
      try sinks.flush(epoch: epoch, timeout_ms: Self.turn_ms)
      try pluginSinks.prepare(epoch: epoch)
    } catch {
      ahead?.work.wait()  // much can happen before the next try
      throw error
    }
    FaultPoint.afterFlush.reach(epoch: epoch)
    return .acknowledged(epoch: epoch)
  }

  // MARK: - Manifest

  private func prepareAhead(_ epoch: UInt64) throws -> EpochEvent {
    let event = try writeManifest(epoch)
    if case .prepared(_, let digest) = event { send(CommitRecord(epoch: epoch, digest: digest)) }
    return event
  }

  /// What `flush` began for this epoch; nil if it began nothing, or this is another try.
  private func manifestAhead(_ epoch: UInt64) throws -> EpochEvent? {
    guard let begun = ahead, begun.epoch == epoch else { return nil }
    ahead = nil
    return try begun.work.value()
  }

  private func writeManifest(_ epoch: UInt64) throws -> EpochEvent {
    guard let store, let keeper else { return .prepared(epoch: epoch, digest: "") }
    var manifest = Manifest(
      job: facts.job, epoch: epoch, engineVersion: facts.engineVersion, createdAt_us: Clock.realtime_us(),
      guarantee: facts.guarantee, commitPoint: facts.commitPoint, keyGroups: facts.keyGroups,
      parallelism: facts.parallelism)
    manifest.plugins = plugins.versions(of: epoch)
    manifest.steps = facts.steps
    addPositions(to: &manifest)
    let outboxes = try sinks.others?.finish(epoch: epoch) ?? []
    FaultPoint.afterOutbox.reach(epoch: epoch)
    if !outboxes.isEmpty { manifest.outboxes = outboxes }
    try store.startEpoch(epoch, keeping: Set(outboxes.map(\.name)))
    manifest.stateFiles = try keeper.write(epoch: epoch, snapshots)
    FaultPoint.afterState.reach(epoch: epoch)
    let digest = try store.writeManifest(manifest)
    let written = keeper.prepared(epoch: epoch, manifest.stateFiles)
    status.wrote(JobStatus.Size(written: written, total: manifest.totalSize), epoch: epoch)
    snapshots = []  // what they have may be large
    FaultPoint.afterManifest.reach(epoch: epoch)
    inside = monitors.take(offsets, isLast: isLast, now_us: Clock.monotonic_us())
    return .prepared(epoch: epoch, digest: digest)
  }

  private func drop(before epoch: UInt64) throws {
    guard let store, let keeper else { return }
    let old = try store.dropBefore(epoch, keeping: retention)
    FaultPoint.afterTrash.reach(epoch: epoch)
    try keeper.dropped(old)
  }

  /// The last commit record that was sent, or tried to be; nil: none.
  private(set) var lastRecord: CommitRecord?

  /// Whether an epoch is due even if nothing happens.
  var wantsEpoch: Bool { monitors.isDue(now_us: Clock.monotonic_us()) }

  /// What is to be done now and then.
  func turn() { monitors.turn(now_us: Clock.monotonic_us()) }

  /// Nothing is written to the store afterwards. The workers have ended. A record that brokers have not taken is not waited
  /// for: whoever takes the transactional ids over ends that.
  func stop() {
    ahead?.work.wait()
    keeper?.stop()
    monitors.stop()
  }

  private func addPositions(to manifest: inout Manifest) {
    offsets = []
    for snapshot in snapshots {
      for (node, positions) in snapshot.sources {
        for position in positions { add(position, of: facts.stepIDs[node], to: &manifest) }
      }
    }
    manifest.sources.sort { ($0.step, $0.topic, $0.partition) < ($1.step, $1.topic, $1.partition) }
    manifest.splits.sort { ($0.step, $0.split) < ($1.step, $1.split) }
  }

  private func add(_ position: SplitPosition, of step: String, to manifest: inout Manifest) {
    guard let split = places[step]?[position.split] else {
      manifest.splits.append(
        .init(step: step, split: position.split, next: position.next, watermark_us: position.watermark_us))
      return
    }
    let place = split.place
    manifest.sources.append(
      .init(
        step: step, topic: place.topic, partition: place.partition, nextOffset: position.next,
        watermark_us: position.watermark_us))
    offsets.append(
      (split.connection, PartitionOffset(topic: place.topic, partition: place.partition, offset: position.next)))
  }

  // MARK: - Commit

  private func commit(_ epoch: UInt64, digest: String) throws -> EpochEvent {
    try ensureSent(CommitRecord(epoch: epoch, digest: digest))
    FaultPoint.afterOffsets.reach(epoch: epoch)
    try sinks.first?.commit(epoch: epoch)
    monitors.took(inside, now_us: Clock.monotonic_us())
    inside = []
    sinks.others?.counts(CommitRecord(epoch: epoch, digest: digest))
    FaultPoint.afterCommit.reach(epoch: epoch)
    return .committed(epoch: epoch)
  }

  /// Begins to send the record, with the offsets that go with it. librdkafka may take as long as its socket.timeout.ms,
  /// whatever time it is given.
  @discardableResult
  private func send(_ record: CommitRecord) -> Aside<Void> {
    let (sink, offsets) = (sinks.first, inside)
    let work = Aside<Void>(on: sender) {
      if let sink { try sink.sendOffsets(epoch: record.epoch, offsets: offsets, record: record) }
    }
    sending = (record, work)
    lastRecord = record
    return work
  }

  /// Waits until the record is in its transaction, for a turn. Sends it if that has not begun, or has failed.
  private func ensureSent(_ record: CommitRecord) throws {
    let work = sending.flatMap { $0.record == record ? $0.work : nil } ?? send(record)
    let isSent: Bool
    do { isSent = try work.value(timeout: .milliseconds(Int(Self.turn_ms))) != nil } catch {
      sending = nil
      throw error
    }
    guard isSent else {
      throw EpochFailure(
        step: .commit, epoch: record.epoch, kind: .retriable, message: "brokers have not taken the commit record yet")
    }
  }

  private func markCommitted(_ epoch: UInt64) throws -> EpochEvent {
    try sinks.others?.send(epoch: epoch)
    try pluginSinks.commit(epoch: epoch)
    FaultPoint.afterSinkCommit.reach(epoch: epoch)
    try store?.markCommitted(epoch)
    monitors.commit(offsets)
    FaultPoint.afterMark.reach(epoch: epoch)
    return .marked(epoch: epoch)
  }

  private static func failure(of action: EpochAction, _ error: any Error) -> EpochFailure {
    let (step, epoch): (EpochStep, UInt64) =
      switch action {
      case .beginTransaction(let epoch): (.begin, epoch)
      case .flush(let epoch): (.flush, epoch)
      case .writeManifest(let epoch): (.manifest, epoch)
      case .commit(let epoch, _): (.commit, epoch)
      case .markCommitted(let epoch): (.mark, epoch)
      case .dropBefore(let epoch): (.retention, epoch)
      case .discardAfter(let epoch): (.discard, epoch)
      case .openGate, .injectBarrier, .recover, .finished: (.start, 0)
      }
    if let failure = error as? EpochFailure { return failure }
    var kind = EpochFailure.Kind.fatal
    if let failure = error as? KafkaFailure { kind = failure.epochKind }
    if let failure = error as? CheckpointError, failure.isRetriable { kind = .retriable }
    if let failure = error as? PluginError, failure.errorClass == .retry { kind = .retriable }
    return EpochFailure(step: step, epoch: epoch, kind: kind, message: "\(error)")
  }
}
