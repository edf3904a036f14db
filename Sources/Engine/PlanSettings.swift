import Checkpointing
import Columnar
import Dataflow
import Kafka
import Pipeline

extension DeliveryGuarantee {
  /// The same promise as manifests name it.
  var forManifest: Guarantee {
    switch self {
    case .exactlyOnce: .exactlyOnce
    case .atLeastOnce: .atLeastOnce
    case .none: .none
    }
  }
}

extension CheckpointSettings {
  /// Brokers allow up to 15 minutes (transaction.max.timeout.ms) unless told otherwise.
  private static let longestTransaction_ms: Int64 = 900_000
  private static let shortestTransaction_ms: Int64 = 60_000

  /// From one barrier to the next, in milliseconds, if commits take no time.
  var barrierGap_ms: Int64 { max(interval.microseconds, minPause.microseconds) / 1000 }

  /// How long a transaction may stay open: it begins two epochs before its commit, and the commit may take `timeout`.
  var transactionTimeout_ms: Int {
    let open_ms = barrierGap_ms * 3
    let (sum, overflow) = open_ms.addingReportingOverflow(timeout.microseconds / 1000)
    return Int(min(Self.longestTransaction_ms, max(Self.shortestTransaction_ms, overflow ? .max : sum)))
  }

  func protocolSettings(_ commitPoint: CommitPoint) -> EpochProtocol.Settings {
    EpochProtocol.Settings(
      commitPoint: commitPoint, interval_us: interval.microseconds, minPause_us: minPause.microseconds,
      timeout_us: timeout.microseconds, idleInterval_us: idleInterval.microseconds)
  }
}

extension Topic.Creation {
  /// The same for Kafka.
  var forKafka: TopicCreation {
    TopicCreation(
      partitionCount: partitionCount.map { Int32(clamping: $0) }, replication: replication.map { Int32(clamping: $0) },
      configs: configs)
  }
}

extension StateSettings {
  /// `memory`, or what it is by default on this machine, in bytes.
  var memoryLimit: Int { memory ?? MachineMemory.budget(atLeast: Self.leastMemory) }
}

extension LogicalPlan {
  /// What consumers and producers of a connection may use of `budget`, and beyond it: an eighth for all that is fetched
  /// ahead; as much again, outside of the budget, for rows in the producers of all connections that are written on.
  func kafkaMemory(_ budget: MemoryBudget) -> KafkaMemory {
    let sources = steps.count { if case .topicSource = $0.kind { true } else { false } }
    let share = budget.shares[.batches]
    return KafkaMemory(
      prefetch_bytes: share, output_bytes: share / max(1, sinkConnections.count), readers: sources * parallelism)
  }

  /// Whether the job ends when all its sources have.
  var endsWithSources: Bool {
    steps.allSatisfy { step in
      if case .topicSource(let source) = step.kind { return source.stop != .never }
      return true
    }
  }

  /// How many steps have keyed state.
  var keyedStepCount: Int { steps.filter { $0.inputs.contains { $0.keyColumns != nil } }.count }

  /// The connections of topics that are read.
  var sourceConnections: Set<String> {
    Set(steps.compactMap { if case .topicSource(let source) = $0.kind { source.connection } else { nil } })
  }

  /// What each step that reads topics has read, with its connection.
  func positions(_ reads: [Int: TopicRead]) -> [(connection: String, positions: ReadPositions)] {
    steps.enumerated().compactMap { index, step in
      guard case .topicSource(let source) = step.kind, let read = reads[index] else { return nil }
      return (source.connection, read.positions)
    }
  }

  /// The partition behind each split of topic source steps, by step and split name.
  func splitPlaces(_ reads: [Int: TopicRead]) -> [String: [String: SplitPlace]] {
    var result: [String: [String: SplitPlace]] = [:]
    for (index, step) in steps.enumerated() {
      guard case .topicSource(let source) = step.kind, let read = reads[index] else { continue }
      result[step.id] = Dictionary(
        uniqueKeysWithValues: read.places.map {
          ($0.description, SplitPlace(place: $0, connection: source.connection))
        })
    }
    return result
  }
}
