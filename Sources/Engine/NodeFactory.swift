import Columnar
import Dataflow
import Kafka
import Pipeline
import PluginHost
import State

/// What the steps of one attempt share. Each worker uses its own part only.
struct AttemptParts: Sendable {
  /// Of the attempt.
  var sinks: KafkaSinks
  var pluginSinks: PluginSinks
  /// By worker.
  var deadLetters: [WorkerDeadLetters]
  /// By topic source step.
  var topicReads: [Int: TopicRead]
  /// By plugin source step, then split: where to go on.
  var splitPositions: [Int: [SplitPosition]]
  var badRows: BadRowCount
  /// Of the job.
  var registries: Registries
  /// Of the process.
  var memory: MemoryBudget
  /// Nil if keyed state is kept in memory only.
  var coldStores: ColdStores?
  /// Nil without checkpoints.
  var earlyRuns: EarlyRuns?
}

/// Makes the workers' instances of a plan's steps. Calls come from the worker's thread unless they say otherwise.
struct NodeFactory: Sendable {
  let resolved: ResolvedPlan
  let parts: AttemptParts

  private var plan: LogicalPlan { resolved.plan }

  /// `topic`: whose policy says what becomes of bad rows; nil: they stop the job.
  private func badRows(_ step: Int, _ topic: Topic?, worker: Int) -> BadRowHandler {
    BadRowHandler(
      step: plan.steps[step].id, policy: topic?.onBadRow ?? .fail,
      queue: topic.flatMap(plan.deadLetters).flatMap { parts.deadLetters[worker][$0.connection] },
      count: parts.badRows)
  }

  // MARK: - Sources

  func decoders(_ step: Int, _ source: TopicSource, worker: Int) throws -> TopicDecoders {
    var decoders = TopicDecoders()
    for topic in source.topics {
      let decoder = try TopicDecoder(
        topic: topic, source: source, serdes: resolved.serdes, registries: parts.registries,
        badRows: badRows(step, topic, worker: worker))
      if source.pattern == nil { decoders.named[topic.name] = decoder } else { decoders.others = decoder }
    }
    return decoders
  }

  func topicSource(_ step: Int, _ source: TopicSource, worker: Int) throws -> any DataflowSource {
    guard let read = parts.topicReads[step] else { throw notMade(step) }
    return try KafkaSource(
      consumer: read.consumer, assignments: read.assignments[worker], watermarks_us: read.watermarks_us[worker],
      decoders: decoders(step, source, worker: worker), positions: read.positions,
      arrivals: read.arrivals[worker], headers: source.headerReads,
      onOutOfRange: source.onOffsetOutOfRange.kafka,
      resets: OffsetResets(step: plan.steps[step].id), stops: parts.registries.stops)
  }

  func pluginSource(_ step: Int, _ source: Pipeline.PluginSource, worker: Int) throws -> any DataflowSource {
    guard let type = resolved.sources[step], let positions = parts.splitPositions[step] else { throw notMade(step) }
    let mine = stride(from: worker, to: source.splitCount, by: plan.parallelism).map { $0 }
    let splits = try mine.map { index in
      let split = try PluginSplit(type: type, config: source.config, index: index, count: source.splitCount)
      try split.seek(positions[index].next)
      return split
    }
    let made = PluginHost.PluginSource(parts: splits, splits: mine.map { positions[$0] })
    guard let column = source.eventTimeColumn,
      let unit = plan.steps[step].outputs[0].fields[column].type.timestampUnit
    else { return made }
    return TimedSource(made, column: column, unit: unit)
  }

  // MARK: - Operators

  /// A fresh instance of an operator step, bound to its inputs. [control]
  func bind(_ step: Int) throws -> BoundOperator {
    guard case .operator(let use) = plan.steps[step].kind, let type = resolved.operators[step] else {
      throw notMade(step)
    }
    return try BoundOperator(type: type, config: use.config, inputs: plan.steps[step].inputs.map(\.schema))
  }

  /// `keyedState`: of the version before; nil: a fresh one, if the operator is keyed.
  func makeOperator(
    _ step: Int, _ bound: BoundOperator, worker: Int, keyedState: KeyedState? = nil
  ) throws -> PluginOperator {
    let inputs = plan.steps[step].inputs
    var state = keyedState
    if state == nil, inputs.contains(where: { $0.keyColumns != nil }) {
      state = try KeyedState(
        descriptors: bound.type.descriptor.states, keyGroups: plan.keyGroups,
        surroundings: try surroundings(step, worker: worker), now: { Clock.realtime_us() })
    }
    let rejects = rejectedRows(step, worker: worker)
    return try PluginOperator(
      bound, keyColumns: inputs.map(\.keyColumns), keyedState: state, worker: worker, workers: plan.parallelism,
      onReject: { try rejects.handle($0, epoch: $1) })
  }

  private func rejectedRows(_ step: Int, worker: Int) -> RejectedRows {
    RejectedRows(
      handler: badRows(step, plan.topic(above: step), worker: worker), inputs: plan.steps[step].inputs.map(\.schema),
      encoder: plan.topic(above: step), serdes: resolved.serdes)
  }

  /// What is around the keyed state of a step on a worker.
  private func surroundings(_ step: Int, worker: Int) throws -> KeyedState.Surroundings {
    var result = KeyedState.Surroundings()
    result.tracksChanges = plan.checkpoint.guarantee != .none
    result.budget = parts.memory
    result.onEviction = { FaultPoint.inEviction.reach(epoch: 0) }
    let place = Restore.Place(step: plan.steps[step].id, worker: worker)
    result.onOverflow = parts.earlyRuns.map { early in { early.write($0, place) } }
    result.cold = try parts.coldStores?.open(step: plan.steps[step].id, worker: worker)
    let groups = keyGroups(ofWorker: worker, keyGroups: plan.keyGroups, workers: plan.parallelism)
    if let hashes = hashes(ofKeyGroups: groups, keyGroupCount: plan.keyGroups) { result.hashes = hashes }
    return result
  }

  // MARK: - Sinks

  func sink(_ step: Int, worker: Int) throws -> any DataflowSink {
    switch plan.steps[step].kind {
    case .topicSink(let use):
      guard let sink = parts.sinks[use.topic.connection] else { throw notMade(step) }
      let needs = TopicNeeds(
        creation: use.topic.creation?.forKafka, limits: use.topic.isHeldAgainstLimits(byOutbox: sink is OutboxSink))
      let placement = SinkPlacement(use, worker: worker) {
        sink.topics.look(up: $0, needs, maxAge_ms: $1)
      }
      return KafkaSinkWriter(
        use, encoder: try SinkEncoder(use, serdes: resolved.serdes, registries: parts.registries), sink: sink,
        placement: placement,
        badRows: badRows(step, use.topic, worker: worker))
    case .pluginSink:
      let rejects = rejectedRows(step, worker: worker)
      let writer = parts.pluginSinks.writer(step, id: plan.steps[step].id, worker: worker, rejects: rejects)
      guard let writer else { throw notMade(step) }
      return writer
    case .blackhole: return BlackholeSink()
    case .topicSource, .pluginSource, .operator: throw notMade(step)
    }
  }

  // MARK: - Edges

  /// How the rows of a keyed input find their worker.
  func partitioner(_ input: StepInput) throws -> any BatchPartitioner {
    try KeyExchange(
      KeyPartitioner(
        schema: input.schema, keyColumns: input.keyColumns ?? [], keyGroups: plan.keyGroups,
        workers: plan.parallelism))
  }

  private func notMade(_ step: Int) -> JobError {
    JobError(
      .failed, "internal",
      "step \"\(plan.steps[step].id)\" can't be made: this is a fault of the engine, please report it")
  }
}

/// `KeyPartitioner` as the dataflow wants it.
private final class KeyExchange: BatchPartitioner {
  private let partitioner: KeyPartitioner
  init(_ partitioner: KeyPartitioner) { self.partitioner = partitioner }
  func partition(_ batch: RecordBatch, into parts: inout [RecordBatch?]) throws {
    partitioner.partition(batch, into: &parts)
  }
}

/// A source whose event time is one of its columns.
private final class TimedSource: DataflowSource {
  private let source: any DataflowSource
  private let column: Int
  private let unit: TimeUnit

  init(_ source: any DataflowSource, column: Int, unit: TimeUnit) {
    self.source = source
    self.column = column
    self.unit = unit
  }

  private final class Output: SourceOutput {
    let target: any SourceOutput
    let column: Int
    let unit: TimeUnit
    init(_ target: any SourceOutput, _ column: Int, _ unit: TimeUnit) {
      self.target = target
      self.column = column
      self.unit = unit
    }
    func emit(_ batch: RecordBatch, split: Int) {
      target.emit(batch.withEventTimes(column: column, unit: unit), split: split)
    }
    func ended(split: Int) { target.ended(split: split) }
    var epoch: UInt64 { target.epoch }
  }

  var splits: [SplitPosition] { source.splits }
  func poll(max_rows: Int, output: any SourceOutput) throws -> Bool {
    try source.poll(max_rows: max_rows, output: Output(output, column, unit))
  }
  func position(split: Int) -> Int64 { source.position(split: split) }
  var holdsRows: Bool { source.holdsRows }
  func setPaused(split: Int, _ isPaused: Bool) throws { try source.setPaused(split: split, isPaused) }
  func close() { source.close() }
}
