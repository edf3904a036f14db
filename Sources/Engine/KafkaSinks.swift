import Checkpointing
import Glibc
import Kafka
import Pipeline

/// What an attempt writes to Kafka with: a sink for each connection that the job writes on.
struct KafkaSinks: Sendable {
  private let byConnection: [String: TransactionalSink]
  /// The one whose transactions have the commit record, or would have; nil if nothing is written to Kafka.
  let first: TransactionalSink?
  private let job: String

  /// No sinks.
  init() {
    byConnection = [:]
    first = nil
  }

  /// Does not connect. Throws `KafkaFailure`.
  init(plan: LogicalPlan, kafka: [String: KafkaProperties], isTransactional: Bool) throws {
    let connections = plan.sinkConnections
    var sinks: [String: TransactionalSink] = [:]
    for connection in connections {
      guard let properties = kafka[connection], let record = plan.recordTopic(on: connection) else { continue }
      sinks[connection] = try TransactionalSink(
        job: plan.job, properties: properties, isTransactional: isTransactional, recordTopic: record,
        transactionTimeout_ms: plan.checkpoint.transactionTimeout_ms,
        connection: connections.count > 1 ? connection : nil)
    }
    byConnection = sinks
    first = connections.first.flatMap { sinks[$0] }
  }

  /// The sink for topics of a connection; nil if the job writes none there. [any]
  subscript(connection: String) -> TransactionalSink? { byConnection[connection] }

  /// The connections that have one.
  var connections: Dictionary<String, TransactionalSink>.Keys { byConnection.keys }

  /// Takes the job's transactional ids, as `TransactionalSink.fence` does. `leftBehind`: also those that a job without
  /// transactions may have had with them. [control]
  func fence(leftBehind: Bool, isWanted: @escaping @Sendable () -> Bool) throws {
    try first?.fence(others: leftBehind ? TransactionalSink.transactionalIDs(of: job) : [], isWanted: isWanted)
  }

  /// Waits until all rows of `epoch` are acknowledged, on each connection for `timeout_ms` at most. Throws
  /// `KafkaFailure`: one that is not retriable, if there is one. [control]
  func flush(epoch: UInt64, timeout_ms: Int32) throws {
    var failures: [KafkaFailure] = []
    for (_, sink) in byConnection.sorted(by: { $0.key < $1.key }) {
      do { try sink.flush(epoch: epoch, timeout_ms: timeout_ms) } catch let failure as KafkaFailure {
        failures.append(failure)
      }
    }
    if let worst = failures.first(where: { $0.epochKind != .retriable }) ?? failures.first { throw worst }
  }

  /// Waits until the topics are there that have to be before the first row comes: those that are to be made, and with
  /// `commitPoint` transaction the one that the commit record is kept under. Throws `KafkaFailure`. [control]
  func require(topicsOf plan: LogicalPlan, _ commitPoint: CommitPoint, isWanted: () -> Bool) throws {
    for (connection, sink) in byConnection.sorted(by: { $0.key < $1.key }) {
      var topics = plan.madeTopics.filter { $0.connection == connection }.map {
        (name: $0.name, creation: TopicCreation?.some($0.creation.forKafka))
      }
      if commitPoint == .transaction, let record = plan.recordTopic(on: connection),
        !topics.contains(where: { $0.name == record })
      {
        topics.append((record, nil))
      }
      try sink.require(topics, isWanted: isWanted)
    }
  }
}
