import Columnar
import Synchronization

/// Puts another object in a node's place at a barrier: gets the node's operator, source or sink and the worker's
/// index, gives the one to go on with. Runs on the worker's thread.
package typealias Replacement = @Sendable (_ current: AnyObject, _ worker: Int) throws -> AnyObject

/// What takes over at a barrier.
package struct Replacements: Sendable {
  /// By node.
  package var nodes: [NodeIndex: Replacement] = [:]
  /// By exchange (its index in `Graph.exchanges`): how its rows find their worker from then on.
  package var partitioners: [Int: @Sendable (_ worker: Int) throws -> any BatchPartitioner] = [:]

  package init(
    nodes: [NodeIndex: Replacement] = [:],
    partitioners: [Int: @Sendable (_ worker: Int) throws -> any BatchPartitioner] = [:]
  ) {
    self.nodes = nodes
    self.partitioners = partitioners
  }
}

/// What a worker keeps for an epoch.
package struct WorkerSnapshot: Sendable {
  /// Snapshots of the operators, by node.
  package var operators: [NodeIndex: OperatorSnapshot] = [:]
  /// Positions of the sources' splits, by node.
  package var sources: [NodeIndex: [SplitPosition]] = [:]
}

/// What a worker tells its job.
package enum WorkerEvent: Sendable {
  /// The worker has restored its state and runs. The first that it tells, unless it fails before.
  case ready(worker: Int)
  /// All nodes are through with `epoch` and all its rows are handed to the sinks.
  case passed(worker: Int, epoch: UInt64, snapshot: WorkerSnapshot)
  /// An operator of this worker wants `epoch` to end soon, to have room again. At most once for each epoch.
  case epochWanted(worker: Int, epoch: UInt64)
  /// All splits of this worker have ended and all their rows are handed on.
  case sourcesEnded(worker: Int)
  /// The worker stopped with an error. `node` is the step where it happened, if known.
  case failed(worker: Int, node: String?, error: any Error)
  /// The worker's thread has ended.
  case stopped(worker: Int)
}

/// Orders to the workers of one attempt, shared by all. Written by the job's control thread.
package final class WorkerControl: Sendable {
  private let requestedEpoch: Atomic<UInt64>
  /// The epoch that the workers start in.
  package let firstEpoch: UInt64
  private let replacements = Mutex(Replacements())
  private let stopping = Atomic<Bool>(false)
  private let paused = Atomic<Bool>(false)
  /// Which epochs' rows may go out.
  package let gate: EpochGate
  /// Where workers report.
  package let events = Mailbox<WorkerEvent>()
  /// What rows under way count against.
  package let budget: MemoryBudget
  /// Whether operators have room, and who hears of it when sources are held back.
  package let pressure: JobPressure

  /// Orders for a job whose last finished epoch is `lastEpoch`. `onHeldBack` hears, at most every 10 s, of sources that
  /// lack of memory holds back. [a worker's thread]
  package init(
    lastEpoch: UInt64, budget: MemoryBudget = .unlimited,
    onHeldBack: @escaping @Sendable (HeldBack) -> Void = { _ in }
  ) {
    self.budget = budget
    pressure = JobPressure(budget: budget, onHeldBack: onHeldBack)
    requestedEpoch = Atomic(lastEpoch)
    firstEpoch = lastEpoch + 1
    gate = EpochGate(open: lastEpoch)
  }

  /// Asks every worker to end `epoch`, and to replace what `replacements` names once it has. [control]
  package func injectBarrier(epoch: UInt64, replacements swaps: Replacements = Replacements()) {
    replacements.withLock { $0 = swaps }
    requestedEpoch.store(epoch, ordering: .releasing)
  }

  /// The epoch that sources should have ended by now. [any]
  package var requested: UInt64 { requestedEpoch.load(ordering: .acquiring) }

  /// What to put in `node`'s place at the barrier under way. [any]
  package func replacement(for node: NodeIndex) -> Replacement? { replacements.withLock { $0.nodes[node] } }

  /// How rows of `exchange` find their worker after the barrier under way; nil: as before. [any]
  package func partitioner(for exchange: Int) -> (@Sendable (_ worker: Int) throws -> any BatchPartitioner)? {
    replacements.withLock { $0.partitioners[exchange] }
  }

  /// Sources read no more; what is under way goes on to the sinks. [any]
  package func pauseSources() { paused.store(true, ordering: .releasing) }
  package var sourcesPaused: Bool { paused.load(ordering: .acquiring) }

  /// Workers end at once. [any]
  package func stop() { stopping.store(true, ordering: .releasing) }
  package var isStopping: Bool { stopping.load(ordering: .acquiring) }
}
