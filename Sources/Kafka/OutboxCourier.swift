import CRdKafka
import Checkpointing
import Glibc

/// Sends the outboxes of one cluster: each in a transaction of its own, together with the commit record of that cluster,
/// so that none is sent twice. Of one attempt. [control]
package final class OutboxCourier {
  /// How long one call may work, in milliseconds.
  private static let patience_ms: Int64 = 5000
  /// How long to wait for room in the producer's queue, in microseconds.
  private static let pause_us: UInt32 = 1000
  /// How many rows are handed over from one look at the clock to the next.
  private static let rowsBetweenLooks = 10_000

  /// What is being sent.
  private struct Task {
    enum Phase { case begin, rows, flush, commit }
    var record: CommitRecord
    var reader: OutboxReader?
    var phase = Phase.begin
  }

  private let connection: String
  private let sink: TransactionalSink
  private let onProgress: @Sendable (Progress, UInt64) -> Void
  private var task: Task?
  private var delivered: CommitRecord?

  /// Moments that tests want to know of.
  package enum Progress { case rowsHandedOver, committed }

  /// What is known of topics that rows go to.
  package var topics: TopicDirectory { sink.topics }

  /// `recordTopic`: the topic of this cluster under whose name the commit record is kept. Does not connect. Throws
  /// `KafkaFailure`.
  package init(
    job: String, connection: String, properties: KafkaProperties, recordTopic: String, transactionTimeout_ms: Int,
    onProgress: @escaping @Sendable (Progress, UInt64) -> Void = { _, _ in }
  ) throws {
    self.connection = connection
    self.onProgress = onProgress
    sink = try TransactionalSink(
      job: job, properties: properties, isTransactional: true, recordTopic: recordTopic,
      transactionTimeout_ms: transactionTimeout_ms, connection: connection,
      transactionalIDs: [Self.transactionalID(job, connection)])
  }

  /// The transactional id that `job` has on a cluster that gets outboxes. No job's name has an "@", so that this is no other
  /// job's id.
  package static func transactionalID(_ job: String, _ connection: String) -> String { "\(job)-@\(connection)" }

  /// Takes the transactional id, as `TransactionalSink.fence` does.
  package func fence(isWanted: @escaping @Sendable () -> Bool) throws { try sink.fence(isWanted: isWanted) }

  /// What was sent last, to be read after `fence`; nil if the cluster has no record. Throws `KafkaFailure`.
  package func readCommitRecord() throws -> CommitRecord? { try sink.readCommitRecord() }

  /// As `TransactionalSink.require`.
  package func require(_ topics: [(name: String, creation: TopicCreation?)], isWanted: () -> Bool) throws {
    try sink.require(topics, isWanted: isWanted)
  }

  /// The cluster's record names `record` already.
  package func isAt(_ record: CommitRecord) { delivered = record }

  /// Sends an outbox, and the record with it; nothing if that was done before in this attempt. `path`: of the outbox; nil:
  /// there are no rows. Throws `KafkaFailure`: after a retriable one, also if the time was not enough, call it again with
  /// the same; after any other only the cluster's record can tell whether it was sent. Throws `CheckpointError` if the
  /// outbox can't be read.
  package func send(_ record: CommitRecord, path: String?) throws {
    guard delivered != record else { return }
    if task?.record != record { task = Task(record: record, reader: try path.map { try OutboxReader($0) }) }
    let deadline_ms = Patience.now_ms() + Self.patience_ms
    do {
      while let phase = task?.phase { try take(phase, record, deadline_ms) }
    } catch var failure as KafkaFailure where failure.epochKind == .fenced {
      // Most likely the transaction outlived its timeout. Were it another instance, the job's own ids would tell.
      failure.epochKind = .unknownOutcome
      throw failure
    }
    delivered = record
  }

  private func take(_ phase: Task.Phase, _ record: CommitRecord, _ deadline_ms: Int64) throws {
    switch phase {
    case .begin:
      try sink.begin(epoch: record.epoch)
      task?.phase = .rows
    case .rows:
      try handOver(record.epoch, deadline_ms)
      task?.phase = .flush
      onProgress(.rowsHandedOver, record.epoch)
    case .flush:
      let left_ms = max(100, deadline_ms - Patience.now_ms())
      try sink.flush(epoch: record.epoch, timeout_ms: Int32(clamping: left_ms))
      task?.phase = .commit
    case .commit:
      try sink.sendOffsets(epoch: record.epoch, offsets: [], record: record)
      try sink.commit(epoch: record.epoch)
      onProgress(.committed, record.epoch)
      task = nil
    }
  }

  private func handOver(_ epoch: UInt64, _ deadline_ms: Int64) throws {
    guard let reader = task?.reader else { return }
    var count = 0
    while true {
      count += 1
      if count % Self.rowsBetweenLooks == 0, Patience.now_ms() >= deadline_ms { throw stillHandingOver(epoch) }
      var isFull = false
      let isRow = try reader.next { row in
        let taken = try sink.produce(row, epoch: epoch)
        if let refusal = taken.refusal { throw refusal.at(connection: connection) }
        isFull = taken.count == 0
        return !isFull
      }
      guard isRow else { return }
      guard isFull else { continue }
      guard Patience.now_ms() < deadline_ms else { throw stillHandingOver(epoch) }
      usleep(Self.pause_us)
    }
  }

  private func stillHandingOver(_ epoch: UInt64) -> KafkaFailure {
    KafkaFailure("rows of epoch \(epoch)", name: "_QUEUE_FULL", "they are still being handed over", .retriable)
      .at(connection: connection)
  }
}

extension TransactionalSink {
  /// Hands a row of an outbox over. Throws `KafkaFailure` if no rows can go out any more.
  func produce(_ row: OutboxReader.Row, epoch: UInt64) throws -> Taken {
    let producer = producer(takingRowsOf: epoch)
    let target = try producer.topic(row.topic)
    let headers = try Self.headers(row)
    func address(_ bytes: UnsafeRawBufferPointer?) -> UnsafeRawPointer? {
      // An empty one has an address too: without, it would count as null.
      bytes.map { $0.count > 0 ? $0.baseAddress : UnsafeRawPointer(bitPattern: 1) } ?? nil
    }
    let code = mill_kafka_produce(
      producer.handle, target, row.partition, address(row.key), row.key?.count ?? 0, address(row.value),
      row.value?.count ?? 0, row.timestamp_ms, headers)
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return Taken(count: 1) }
    if let headers { rd_kafka_headers_destroy(headers) }
    return Taken(count: 0, refusal: try refusal(code, row.topic, producer))
  }

  /// Nil if there are none; the producer takes them over with the row.
  private static func headers(_ row: OutboxReader.Row) throws -> OpaquePointer? {
    guard !row.headers.isEmpty else { return nil }
    guard let list = rd_kafka_headers_new(row.headers.count) else { throw KafkaFailure.outOfMemory("headers") }
    for header in row.headers { rd_kafka_header_add(list, header.name, -1, header.value, header.value?.count ?? 0) }
    return list
  }
}
