import Checkpointing
import Glibc
import Kafka
import Pipeline

/// What an attempt writes to Kafka with: a sink for each connection that the job writes on. With transactions, rows go
/// straight to one cluster only, whose commits make the epochs count; those for others follow by outboxes.
struct KafkaSinks: Sendable {
  private let rows: [String: any RowSink]
  /// Sinks whose rows go out at once, by connection.
  private let direct: [String: TransactionalSink]
  /// The one whose transactions have the commit record, or would have; nil if nothing is written to Kafka.
  let first: TransactionalSink?
  /// The clusters that get their rows by outboxes; nil if there are none.
  let others: OtherClusters?
  private let job: String

  /// `store`: of a job with transactions; nil: there are none. Does not connect. Throws `KafkaFailure`.
  init(plan: LogicalPlan, kafka: [String: KafkaProperties], transactionsIn store: CheckpointStore?) throws {
    job = plan.job
    let connections = plan.sinkConnections
    var direct: [String: TransactionalSink] = [:]
    var others: [OtherCluster] = []
    for (index, connection) in connections.enumerated() {
      guard let properties = kafka[connection], let record = plan.recordTopic(on: connection) else { continue }
      if let store, index > 0 {
        others.append(try OtherCluster(connection, plan, properties, record: record, store, name: "outbox-\(index)"))
      } else {
        direct[connection] = try TransactionalSink(
          job: plan.job, properties: properties, isTransactional: store != nil, recordTopic: record,
          transactionTimeout_ms: plan.checkpoint.transactionTimeout_ms,
          connection: connections.count > 1 ? connection : nil)
      }
    }
    self.direct = direct
    rows = direct.mapValues { $0 as any RowSink }.merging(others.map { ($0.connection, $0.box) }) { $1 }
    first = connections.first.flatMap { direct[$0] }
    self.others = store.flatMap { others.isEmpty ? nil : OtherClusters(others, store: $0) }
  }

  /// The sink for topics of a connection; nil if the job writes none there. [any]
  subscript(connection: String) -> (any RowSink)? { rows[connection] }

  /// The connections that have one.
  var connections: Dictionary<String, any RowSink>.Keys { rows.keys }

  /// Takes the job's transactional ids on all clusters, as `TransactionalSink.fence` does. `leftBehind`: of a job without
  /// transactions those that it may have had with them. [control]
  func fence(leftBehind: Bool, isWanted: @escaping @Sendable () -> Bool) throws {
    for (connection, sink) in direct.sorted(by: { $0.key < $1.key }) {
      let ids =
        sink === first ? TransactionalSink.transactionalIDs(of: job) : [OutboxCourier.transactionalID(job, connection)]
      try sink.fence(others: leftBehind ? ids : [], isWanted: isWanted)
    }
    try others?.fence(isWanted: isWanted)
  }

  /// Waits until all rows of `epoch` are acknowledged, on each connection for `timeout_ms` at most. Throws
  /// `KafkaFailure`: one that is not retriable, if there is one. [control]
  func flush(epoch: UInt64, timeout_ms: Int32) throws {
    var failures: [KafkaFailure] = []
    for (_, sink) in direct.sorted(by: { $0.key < $1.key }) {
      do { try sink.flush(epoch: epoch, timeout_ms: timeout_ms) } catch let failure as KafkaFailure {
        failures.append(failure)
      }
    }
    if let worst = failures.first(where: { $0.epochKind != .retriable }) ?? failures.first { throw worst }
  }

  /// Waits until the topics are there that have to be before the first row comes: those that are to be made, and with
  /// `commitPoint` transaction the one that the commit record is kept under. Throws `KafkaFailure`. [control]
  func require(topicsOf plan: LogicalPlan, _ commitPoint: CommitPoint, isWanted: () -> Bool) throws {
    for connection in rows.keys.sorted() {
      var topics = plan.madeTopics.filter { $0.connection == connection }.map {
        (name: $0.name, creation: TopicCreation?.some($0.creation.forKafka))
      }
      if commitPoint == .transaction, let record = plan.recordTopic(on: connection),
        !topics.contains(where: { $0.name == record })
      {
        topics.append((record, nil))
      }
      try direct[connection]?.require(topics, isWanted: isWanted)
      try others?.require(topics, on: connection, isWanted: isWanted)
    }
  }
}
