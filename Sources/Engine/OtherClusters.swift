import Checkpointing
import Dataflow
import Glibc
import Kafka
import Pipeline
import Synchronization

/// A cluster that gets an epoch's rows after the epoch has counted, by an outbox.
struct OtherCluster {
  /// How often at most it is logged that an outbox can't be written, in microseconds.
  private static let logPause_us: Int64 = 5_000_000

  let connection: String
  let courier: OutboxCourier
  let box: OutboxSink
  /// The outboxes' file name in an epoch's directory.
  let name: String

  /// Does not connect. Throws `KafkaFailure`.
  init(
    _ connection: String, _ plan: LogicalPlan, _ properties: KafkaProperties, record: String, _ store: CheckpointStore,
    name: String
  ) throws {
    self.connection = connection
    self.name = name
    courier = try OutboxCourier(
      job: plan.job, connection: connection, properties: properties, recordTopic: record,
      transactionTimeout_ms: plan.checkpoint.transactionTimeout_ms,
      onProgress: { moment, epoch in
        switch moment {
        case .rowsHandedOver: FaultPoint.beforeOutboxCommit.reach(epoch: epoch)
        case .committed: FaultPoint.afterOutboxCommit.reach(epoch: epoch)
        }
      })
    let told_us = Atomic(Int64.min)
    box = OutboxSink(
      topics: courier.topics, properties: properties,
      onFull: { error in
        let now_us = Clock.monotonic_us()
        let last_us = told_us.load(ordering: .relaxed)
        guard last_us == .min || now_us - last_us > Self.logPause_us else { return }
        told_us.store(now_us, ordering: .relaxed)
        Log.write(.warning, "outbox", "trying again: \(error)", ["connection": connection])
      }, create: { try store.createOutbox(name, epoch: $0) })
  }
}

/// The clusters that an exactly-once job writes to beside the one whose transactions commit its epochs. Rows for them lie
/// in the checkpoint (`OutboxSink`) and are sent when it counts (`OutboxCourier`). [control]: it crosses threads only as
/// part of what workers are made from.
final class OtherClusters: @unchecked Sendable {
  private let clusters: [OtherCluster]
  private let store: CheckpointStore
  /// Of the epoch that counts.
  private var record: CommitRecord?
  /// What the manifest of the epoch that is written lists.
  private var prepared: (epoch: UInt64, boxes: [Manifest.Outbox])?
  private let metrics: [Metric]

  init(_ clusters: [OtherCluster], store: CheckpointStore) {
    self.clusters = clusters
    self.store = store
    metrics = clusters.map {
      MetricsRegistry.shared.gauge(
        "millrace_outbox_bytes", help: "Rows for another cluster that are not sent, at the last barrier or try.",
        ["connection": $0.connection])
    }
  }

  /// What they are connected to by.
  var connections: [String] { clusters.map(\.connection) }

  /// Takes the transactional id on each of them, as `OutboxCourier.fence` does.
  func fence(isWanted: @escaping @Sendable () -> Bool) throws {
    for cluster in clusters { try cluster.courier.fence(isWanted: isWanted) }
  }

  /// Waits for topics on one of them, as `OutboxCourier.require` does.
  func require(_ topics: [(name: String, creation: TopicCreation?)], on connection: String, isWanted: () -> Bool) throws
  {
    for cluster in clusters where cluster.connection == connection {
      try cluster.courier.require(topics, isWanted: isWanted)
    }
  }

  // MARK: - Start

  /// Brings all of them to the epoch that the job starts from, which is `manifest`'s, or 0: sends what was not sent when
  /// the last attempt ended. To be called after they were fenced. Blocks as long as `isWanted`. Throws `KafkaFailure`;
  /// `RecoveryError`, if the choice is the user's; `CheckpointError`, if an outbox is damaged.
  func settle(_ manifest: Manifest?, start: CommitRecord, isMarked: Bool, isAssumed: Bool, isWanted: () -> Bool) throws
  {
    for cluster in clusters {
      let box = manifest?.outbox(for: cluster.connection)
      let decision = try Recovery.decide(
        outboxFor: cluster.connection, start: start, isMarked: isMarked, hasRows: box != nil,
        record: cluster.courier.readCommitRecord(), isAssumed: isAssumed)
      switch decision {
      case .nothing: cluster.courier.isAt(start)
      case .record: try send(start, nil, to: cluster, isWanted)
      case .send:
        if let box { try store.check(box, epoch: start.epoch) }
        Log.write(
          .info, "outbox", "epoch \(start.epoch) had not been sent to connection \"\(cluster.connection)\"",
          ["rows": String(box?.rowCount ?? 0)])
        try send(start, box, to: cluster, isWanted)
      }
    }
  }

  private func send(
    _ record: CommitRecord, _ box: Manifest.Outbox?, to cluster: OtherCluster, _ isWanted: () -> Bool
  ) throws {
    while true {
      do { return try cluster.courier.send(record, path: path(box, record.epoch)) } catch let failure as KafkaFailure {
        guard failure.epochKind == .retriable, isWanted() else { throw failure }
        usleep(100_000)
      }
    }
  }

  private func path(_ box: Manifest.Outbox?, _ epoch: UInt64) -> String? {
    box.map { store.outboxPath($0.name, epoch: epoch) }
  }

  // MARK: - Epochs

  /// Makes the rows of an epoch durable, but for the directory's entries; gives what its manifest has to list. May be
  /// called again. Throws `CheckpointError` or `KafkaFailure`.
  func finish(epoch: UInt64) throws -> [Manifest.Outbox] {
    let boxes = try clusters.compactMap { cluster in
      try cluster.box.finish(epoch: epoch).map {
        Manifest.Outbox(
          connection: cluster.connection, name: cluster.name, rowCount: $0.rowCount, size: $0.size, sha256: $0.sha256)
      }
    }
    prepared = (epoch, boxes)
    updateMetrics()
    return boxes
  }

  /// An epoch counts; if it is the one that was prepared, its rows are to be sent.
  func counts(_ record: CommitRecord) {
    guard record.epoch == prepared?.epoch else { return }
    self.record = record
  }

  /// Sends the rows of the epoch that counts, where that has not been done (at a start `settle` has done it). Tries all
  /// clusters. Throws as `OutboxCourier.send` does: what is not retriable, if there is such a thing.
  func send(epoch: UInt64) throws {
    guard let record, record.epoch == epoch, let boxes = prepared?.boxes else { return }
    defer { updateMetrics() }
    var failures: [any Error] = []
    for cluster in clusters {
      let box = boxes.first { $0.connection == cluster.connection }
      do {
        try cluster.courier.send(record, path: path(box, epoch))
        cluster.box.sent(epoch: epoch)
      } catch { failures.append(error) }
    }
    let worst = failures.first { ($0 as? KafkaFailure)?.epochKind != .retriable }
    if let failure = worst ?? failures.first { throw failure }
  }

  private func updateMetrics() {
    for (metric, cluster) in zip(metrics, clusters) { metric.set(cluster.box.waiting_bytes) }
  }
}
