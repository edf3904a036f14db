import Columnar
import Glibc

/// One worker: a thread that runs its own instance of the whole graph to completion, batch by batch.
///
/// A turn of its loop serves what is furthest downstream first: sinks that have room again, exchanges that have room
/// again, timers that waited for that, rows from other workers, timers, and only then the sources. An entry (a source,
/// or the rings of a node) pauses while anything downstream of it on this worker is congested, so no queue grows
/// without bound and nobody blocks.
package final class Worker: @unchecked Sendable {
  /// State to start from.
  package struct Restored: Sendable {
    /// Snapshots for each operator node, with the plugin version that wrote them.
    package var operators: [NodeIndex: [(OperatorSnapshot, version: String)]] = [:]
    package init() {}
  }

  /// Rows per batch.
  package static let batchRows = 4096
  /// Messages that wait at a blocked input before what feeds it pauses.
  package static let inputMessageLimit = NodeRuntime.queueLimit
  /// Rows that wait at a sink before what feeds it pauses.
  package static let sinkRowLimit = SinkRuntime.waitingRowLimit
  /// How often processing-time timers are looked at, in microseconds.
  static let tickInterval_us: Int64 = 10_000
  /// How often sources tell how far they are, in microseconds.
  static let publishInterval_us: Int64 = 100_000

  package let index: Int
  package let metrics: WorkerMetrics
  let count: Int
  let control: WorkerControl
  let endsWithSources: Bool
  /// Of rows that wait between steps, in bytes.
  let limits: ExchangeLimits
  private let graph: Graph
  private let rings: [ExchangeRings]
  private let makeSideOutputs: @Sendable (Int) throws -> [any SideOutput]

  // Below: touched by the worker's own thread only.
  var now_us: Int64 = 0
  var snapshot = WorkerSnapshot()
  private var nodes: [NodeRuntime] = []
  private var sources: [SourceRuntime] = []
  private var operators: [OperatorRuntime] = []
  private var sinks: [SinkRuntime] = []
  private var senders: [ExchangeSender] = []
  private var entries: [RingEntry] = []
  private var sideOutputs: [any SideOutput] = []
  private var epoch: UInt64 = 0
  private var nodesToPass = 0
  private var endReported = false
  private var lastTick_us: Int64 = 0
  private var lastPublished_us: Int64 = 0
  private var fullStep: String?
  private var wantedEpoch: UInt64 = 0
  private var lastHeldBack_us: Int64?
  /// From the turn before to this one.
  private var sinceLastTurn_us: Int64 = 0
  /// What time goes to, and since when.
  private var spender: NodeIndex?
  private var spending_ns: Int64 = 0
  private var watch = HeldBackWatch()

  /// The rings that feed one node.
  private struct RingEntry {
    var node: NodeRuntime
    var channels: [(ring: ExchangeRing, channel: Int)]
    var downstream: [any Congestible]
  }

  /// A worker that is not running yet. `endsWithSources`: the job is bounded, the end of all splits is the end of
  /// event time.
  package init(
    index: Int, count: Int, graph: Graph, rings: [ExchangeRings], control: WorkerControl, endsWithSources: Bool,
    sideOutputs: @escaping @Sendable (Int) throws -> [any SideOutput] = { _ in [] }
  ) {
    self.index = index
    self.count = count
    self.graph = graph
    self.rings = rings
    self.control = control
    self.endsWithSources = endsWithSources
    makeSideOutputs = sideOutputs
    limits = ExchangeLimits(share: control.budget.shares[.exchange], graph: graph, workers: count)
    metrics = WorkerMetrics(nodeCount: graph.nodes.count)
  }

  /// Runs until told to stop; reports to `control.events`. To be called on the worker's own thread, once.
  package func run(restored: Restored) {
    do {
      try build(restored: restored)
      control.events.send(.ready(worker: index))
      try loop()
    } catch let error as StepError {
      control.events.send(.failed(worker: index, node: error.step, error: error.underlying))
    } catch { control.events.send(.failed(worker: index, node: nil, error: error)) }
    for node in nodes { node.close() }
    nodes = []
    sources = []
    operators = []
    sinks = []
    senders = []
    entries = []
    sideOutputs = []
    control.pressure.setFull(worker: index, step: nil)
    control.events.send(.stopped(worker: index))
  }

  // MARK: - Building

  private func build(restored: Restored) throws {
    epoch = control.firstEpoch
    now_us = Clock.monotonic_us()
    sideOutputs = try makeSideOutputs(index)
    for (index, node) in graph.nodes.enumerated() { nodes.append(try makeRuntime(index, node)) }
    try connect()
    for node in operators { try open(node, restored.operators[node.index] ?? []) }
    nodesToPass = nodes.count
  }

  private func makeRuntime(_ index: NodeIndex, _ node: Graph.Node) throws -> NodeRuntime {
    do {
      switch node.kind {
      case .source(let policy, let alignment, let make):
        let runtime = SourceRuntime(
          index: index, id: node.id, worker: self, epoch: epoch, policy: policy, alignment: alignment,
          instance: try make(self.index))
        sources.append(runtime)
        return runtime
      case .operator(let make):
        let runtime = OperatorRuntime(
          index: index, id: node.id, worker: self, epoch: epoch, instance: try make(self.index))
        operators.append(runtime)
        return runtime
      case .sink(let make):
        let runtime = SinkRuntime(
          index: index, id: node.id, worker: self, epoch: epoch, instance: try make(self.index))
        sinks.append(runtime)
        return runtime
      }
    } catch { throw StepError(step: node.id, underlying: error) }
  }

  private func open(_ node: OperatorRuntime, _ snapshots: [(OperatorSnapshot, version: String)]) throws {
    do { try node.open(restoring: snapshots) } catch { throw StepError(step: node.id, underlying: error) }
  }

  private func connect() throws {
    var exchange = 0
    for (index, node) in graph.nodes.enumerated() {
      var ports: [Int] = []
      var channels: [(ring: ExchangeRing, channel: Int)] = []
      for (port, input) in node.inputs.enumerated() {
        let upstream = nodes[input.from]
        while upstream.outputs.count <= input.outputPort { upstream.outputs.append([]) }
        guard let makePartitioner = input.partitioner else {
          upstream.outputs[input.outputPort].append(.direct(nodes[index], channel: ports.count))
          ports.append(port)
          continue
        }
        let sender = ExchangeSender(
          exchange: exchange, rings: rings[exchange], worker: self.index, workerCount: count,
          partitioner: try nodes[index].naming { try makePartitioner(self.index) }, budget: control.budget)
        senders.append(sender)
        upstream.outputs[input.outputPort].append(.exchange(sender))
        for from in 0..<count {
          channels.append((rings[exchange].ring(from: from, to: self.index), ports.count))
          ports.append(port)
        }
        exchange += 1
      }
      nodes[index].setChannels(ports)
      if !channels.isEmpty { entries.append(RingEntry(node: nodes[index], channels: channels, downstream: [])) }
    }
    for index in entries.indices { entries[index].downstream = downstream(of: entries[index].node) }
    entries.reverse()  // furthest downstream first
    for source in sources { source.downstream = downstream(of: source) }
    for node in operators { node.downstream = downstream(of: node) }
  }

  /// All that rows of `node` can get stuck at on this worker, besides dead letters.
  private func downstream(of node: NodeRuntime) -> [any Congestible] {
    var seen: Set<ObjectIdentifier> = []
    var found: [any Congestible] = []
    addDownstream(of: node, to: &found, &seen)
    return found
  }

  private func addDownstream(
    of node: NodeRuntime, to found: inout [any Congestible], _ seen: inout Set<ObjectIdentifier>
  ) {
    guard seen.insert(ObjectIdentifier(node)).inserted else { return }
    if node is SinkRuntime { found.append(node) }
    for edge in node.outputs.joined() {
      switch edge {
      case .direct(let next, let channel):
        if next.channelCount > 1 || next is OperatorRuntime { found.append(InputQueue(node: next, channel: channel)) }
        addDownstream(of: next, to: &found, &seen)
      case .exchange(let sender): found.append(sender)
      }
    }
  }

  // MARK: - Running

  private func loop() throws {
    var idleTurns = 0
    now_us = Clock.monotonic_us()
    while !control.isStopping {
      let last_us = now_us
      now_us = Clock.monotonic_us()
      sinceLastTurn_us = now_us &- last_us
      if try turn() {
        idleTurns = 0
      } else {
        idleTurns += 1
        rest(idleTurns)
      }
    }
  }

  /// Spins a little, then sleeps longer and longer: at most half a millisecond, short enough for epochs of 20 ms; when there
  /// has been nothing to do for a quarter of a second, two.
  private func rest(_ idleTurns: Int) {
    if idleTurns < 16 { return }
    usleep(idleTurns < 500 ? UInt32(min(500, 20 * (idleTurns - 15))) : 2000)
  }

  private func turn() throws -> Bool {
    var busy = false
    for sink in sinks where try sink.naming({ try sink.flush() }) { busy = true }
    for output in sideOutputs { try output.flush(gate: control.gate) }
    for sender in senders where sender.flush() { busy = true }
    for node in operators where try node.goOn() { busy = true }
    for entry in entries where try drain(entry) { busy = true }
    countBackPressure()
    try tick()
    notePressure()
    try injectIfAsked()
    if try readSources() { busy = true }
    try reportEnd()
    reportPassed()
    return busy
  }

  private func drain(_ entry: RingEntry) throws -> Bool {
    var moved = false
    for (ring, channel) in entry.channels {
      var budget = 16
      while budget > 0, !entry.node.isBlocked(channel: channel), !isCongested(entry.downstream),
        let message = ring.pop()
      {
        try entry.node.receive(message, channel: channel)
        moved = true
        budget -= 1
      }
    }
    return moved
  }

  func isCongested(_ downstream: [any Congestible]) -> Bool {
    for node in downstream where node.isCongested { return true }
    return false
  }

  private func tick() throws {
    guard now_us &- lastTick_us >= Self.tickInterval_us else { return }
    lastTick_us = now_us
    let realtime = Clock.realtime_us()
    for node in operators {
      try node.naming { try node.tick(now_us: realtime) }
    }
    for node in nodes { metrics.watermark(node: node.index, node.watermark_us) }
    guard now_us &- lastPublished_us >= Self.publishInterval_us else { return }
    lastPublished_us = now_us
    for source in sources { source.publish() }
  }

  private func readSources() throws -> Bool {
    guard !control.sourcesPaused || sources.contains(where: \.holdsRows) else { return false }
    var busy = false
    let lacksMemory = control.pressure.holdsSourcesBack
    noteHeldBack(lacksMemory)
    let isEpochEnding = control.sourcesPaused || control.requested == epoch
    let hasLetters = sideOutputs.contains { $0.isCongested }
    for source in sources {
      // What has room only once the epoch ends must not keep a source from getting to where it can end.
      let mustGoOn = isEpochEnding && source.holdsRows
      if control.sourcesPaused && !mustGoOn { continue }
      if hasLetters || (lacksMemory && !mustGoOn) || isCongested(source.downstream) {
        source.pause()
        metrics.backPressure(node: source.index, for: sinceLastTurn_us)
      } else if try read(source) {
        busy = true
      }
    }
    return busy
  }

  private func read(_ source: SourceRuntime) throws -> Bool {
    spendTime(on: source.index)
    let hasRead = try source.turn(max_rows: Self.batchRows, now_us: now_us)
    // Looking in vain is not work: a worker without rows does nothing else.
    if hasRead { spendTime(on: nil) } else { spender = nil }
    return hasRead
  }

  /// From now on time goes to `node`, or to none; gives what it went to until now. A node that hands rows to another on this
  /// worker is left for as long as that takes: each gets its own time only.
  @discardableResult
  func spendTime(on node: NodeIndex?) -> NodeIndex? {
    let now_ns = Clock.monotonic_ns()
    let before = spender
    if let before { metrics.busy(node: before, for: now_ns &- spending_ns) }
    spender = node
    spending_ns = now_ns
    return before
  }

  /// Counts the time since the last turn for sinks whose rows find no room, and for nodes that take rows from other workers
  /// and have no room after them.
  private func countBackPressure() {
    for sink in sinks where sink.isCongested { metrics.backPressure(node: sink.index, for: sinceLastTurn_us) }
    for entry in entries where isCongested(entry.downstream) {
      metrics.backPressure(node: entry.node.index, for: sinceLastTurn_us)
    }
  }

  /// Counts and tells that lack of memory keeps sources from reading. It holds for all workers alike: the first tells.
  private func noteHeldBack(_ isHeldBack: Bool) {
    if isHeldBack, let last = lastHeldBack_us { metrics.heldBack(for: now_us - last) }
    lastHeldBack_us = isHeldBack ? now_us : nil
    guard index == 0, let duration_us = watch.note(isHeldBack: isHeldBack, now_us: now_us) else { return }
    control.pressure.tell(duration_us: duration_us)
  }

  /// Looks whether operators have room. One that has none holds up the sources only, never rings: the barrier that ends
  /// the epoch, and so makes room, is behind the rows in them.
  private func notePressure() {
    var pressure = OperatorPressure.none
    var step: String?
    for node in operators where node.pressure > pressure {
      pressure = node.pressure
      step = node.id
    }
    let full = pressure == .full ? step : nil
    if full != fullStep {
      fullStep = full
      control.pressure.setFull(worker: index, step: full)
    }
    guard pressure != .none, wantedEpoch != epoch, control.requested < epoch else { return }
    wantedEpoch = epoch
    control.events.send(.epochWanted(worker: index, epoch: epoch))
  }

  private func reportEnd() throws {
    guard endsWithSources, !endReported, sources.allSatisfy(\.isEnded) else { return }
    endReported = true
    control.events.send(.sourcesEnded(worker: index))
  }

  // MARK: - Epochs

  private func injectIfAsked() throws {
    guard control.requested == epoch, nodesToPass == nodes.count,
      sources.allSatisfy({ $0.epoch == epoch && !$0.holdsRows })
    else { return }
    for source in sources { try source.naming { try source.inject(epoch: epoch) } }
  }

  func nodePassed(_ node: NodeRuntime) { nodesToPass -= 1 }

  /// An epoch has passed when all nodes are through with it and all its rows have left.
  private func reportPassed() {
    guard nodesToPass == 0, !sinks.contains(where: { $0.holds(through: epoch) }),
      !sideOutputs.contains(where: { $0.holds(through: epoch) })
    else { return }
    control.events.send(.passed(worker: index, epoch: epoch, snapshot: snapshot))
    snapshot = WorkerSnapshot()
    epoch += 1
    nodesToPass = nodes.count
  }
}
