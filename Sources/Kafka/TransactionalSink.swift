import CMillrace
import CRdKafka
import Checkpointing
import Glibc

/// All of a job's rows to one cluster. With transactions: two producers take the epochs in turn, so that the rows of
/// one epoch can flow while the transaction of the last commits. Without: one idempotent producer.
///
/// `produce…` may be called from any worker's thread, the rest from the control thread.
package final class TransactionalSink: @unchecked Sendable {
  private static let requestTimeout_ms: Int32 = 5000
  /// How long fencing may take in all, in milliseconds.
  private static let fenceTimeout_ms: Int64 = 120_000

  private let job: String
  private let properties: KafkaProperties
  private let producers: [KafkaProducer]
  private let isTransactional: Bool
  private let recordTopic: String
  private var offsetsSentFor: UInt64?

  /// `recordTopic`: the job's first sink topic, under whose name the commit record is kept. Throws `KafkaFailure`.
  package init(job: String, properties: KafkaProperties, isTransactional: Bool, recordTopic: String) throws {
    self.job = job
    self.properties = properties
    self.isTransactional = isTransactional
    self.recordTopic = recordTopic
    producers = try (0..<(isTransactional ? 2 : 1)).map {
      try KafkaProducer(properties: properties, transactionalID: isTransactional ? "\(job)-\($0)" : nil)
    }
  }

  private func producer(_ epoch: UInt64) -> KafkaProducer {
    isTransactional ? producers[EpochProtocol.producer(of: epoch)] : producers[0]
  }

  private func check(_ error: OpaquePointer?, _ what: String) throws {
    if let error { throw KafkaFailure(what, owned: error) }
  }

  // MARK: - Start

  /// Takes the job's transactional ids: whoever had them is fenced, and their open transactions are aborted. Only
  /// then can the commit record be read.
  package func fence() throws {
    guard isTransactional else { return }
    let deadline = Self.now_ms() + Self.fenceTimeout_ms
    // Both at once: each may have to wait for an abort.
    var failures: [KafkaFailure?] = Array(repeating: nil, count: producers.count)
    let threads = producers.indices.map { index in FenceThread(producer: producers[index], deadline_ms: deadline) }
    for (index, thread) in threads.enumerated() { failures[index] = thread.join() }
    if let failure = failures.compactMap({ $0 }).first { throw failure }
  }

  private final class FenceThread: @unchecked Sendable {
    private let producer: KafkaProducer
    private let deadline_ms: Int64
    private var thread = pthread_t()
    private var failure: KafkaFailure?

    init(producer: KafkaProducer, deadline_ms: Int64) {
      self.producer = producer
      self.deadline_ms = deadline_ms
      pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<FenceThread>.fromOpaque(argument).takeUnretainedValue().run()
          return nil
        }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func run() {
      while true {
        guard let error = rd_kafka_init_transactions(producer.handle, TransactionalSink.requestTimeout_ms) else { return }
        let problem = KafkaFailure("taking over the transactional id", owned: error)
        guard problem.epochKind == .retriable, TransactionalSink.now_ms() < deadline_ms else {
          failure = problem
          return
        }
        usleep(20_000)
      }
    }

    func join() -> KafkaFailure? {
      pthread_join(thread, nil)
      return failure
    }
  }

  private static func now_ms() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// What was committed last; to be read after `fence`.
  package func readCommitRecord() throws -> CommitRecord? {
    let consumer = try KafkaConsumer(properties: properties, group: "\(job).epochs")
    guard let found = try consumer.committed([TopicPartition(topic: recordTopic, partition: 0)]).first, let found else {
      return nil
    }
    return CommitRecord(epoch: UInt64(found.offset), digest: found.metadata)
  }

  // MARK: - Epochs

  /// Begins the transaction of `epoch`.
  package func begin(epoch: UInt64) throws {
    guard isTransactional else { return }
    try check(rd_kafka_begin_transaction(producer(epoch).handle), "begin of epoch \(epoch)")
  }

  /// Waits until the rows of `epoch` are acknowledged.
  package func flush(epoch: UInt64, timeout_ms: Int32) throws {
    try producer(epoch).flush(timeout_ms: timeout_ms, "acknowledgements of epoch \(epoch)")
  }

  /// Puts source offsets (group `<job>`) and the commit record (group `<job>.epochs`) into the epoch's transaction.
  package func sendOffsets(epoch: UInt64, offsets: [PartitionOffset], record: CommitRecord) throws {
    guard isTransactional, offsetsSentFor != epoch else { return }
    if !offsets.isEmpty { try send(offsets.map { ($0, "") }, group: job, epoch: epoch) }
    let place = PartitionOffset(topic: recordTopic, partition: 0, offset: Int64(record.epoch))
    try send([(place, record.digest)], group: "\(job).epochs", epoch: epoch)
    offsetsSentFor = epoch
  }

  private func send(_ offsets: [(place: PartitionOffset, metadata: String)], group: String, epoch: UInt64) throws {
    let list = Self.list(offsets)
    let metadata = rd_kafka_consumer_group_metadata_new(group)
    defer {
      rd_kafka_topic_partition_list_destroy(list)
      rd_kafka_consumer_group_metadata_destroy(metadata)
    }
    try check(
      rd_kafka_send_offsets_to_transaction(producer(epoch).handle, list, metadata, Self.requestTimeout_ms),
      "offsets of group \(group) in epoch \(epoch)")
  }

  private static func list(
    _ offsets: [(place: PartitionOffset, metadata: String)]
  ) -> UnsafeMutablePointer<rd_kafka_topic_partition_list_t>? {
    let list = rd_kafka_topic_partition_list_new(Int32(offsets.count))
    for (place, metadata) in offsets {
      guard let entry = rd_kafka_topic_partition_list_add(list, place.topic, place.partition) else { continue }
      entry.pointee.offset = place.offset
      guard !metadata.isEmpty else { continue }
      entry.pointee.metadata = UnsafeMutableRawPointer(strdup(metadata))
      entry.pointee.metadata_size = metadata.utf8.count
    }
    return list
  }

  /// Commits the epoch's transaction: from here on it counts.
  package func commit(epoch: UInt64) throws {
    guard isTransactional else { return }
    try check(
      rd_kafka_commit_transaction(producer(epoch).handle, Self.requestTimeout_ms), "commit of epoch \(epoch)")
    offsetsSentFor = nil
  }

  /// Commits source offsets outside any transaction, for lag monitors only: failures are not reported.
  package func commitOffsetsForMonitors(_ offsets: [PartitionOffset]) {
    guard let consumer = try? monitorConsumer() else { return }
    let list = Self.list(offsets.map { ($0, "") })
    rd_kafka_commit(consumer.handle, list, 1)
    rd_kafka_topic_partition_list_destroy(list)
  }

  private var monitor: KafkaConsumer?
  private func monitorConsumer() throws -> KafkaConsumer {
    if let monitor { return monitor }
    let made = try KafkaConsumer(properties: properties, group: job)
    monitor = made
    return made
  }

  // MARK: - Rows

  /// Hands one row over, with headers. False if the queue is full: try again later. [any worker]
  package func produce(
    epoch: UInt64, topic: String, key: [UInt8]?, value: [UInt8]?, headers: [(name: String, value: [UInt8])],
    timestamp_ms: Int64?
  ) throws -> Bool {
    let list = rd_kafka_headers_new(headers.count)
    for header in headers { rd_kafka_header_add(list, header.name, -1, header.value, header.value.count) }
    let code = mill_kafka_produce(
      producer(epoch).handle, topic, RD_KAFKA_PARTITION_UA, key, key?.count ?? 0, value, value?.count ?? 0,
      timestamp_ms ?? 0, list)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { rd_kafka_headers_destroy(list) }
    return try isTaken(code, topic)
  }

  private func isTaken(_ code: rd_kafka_resp_err_t, _ topic: String) throws -> Bool {
    switch code {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return true
    case RD_KAFKA_RESP_ERR__QUEUE_FULL: return false
    default:
      throw KafkaFailure(
        "a row for topic \"\(topic)\"", code: code,
        remedy: code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
          ? "Raise message.max.bytes of the connection and of the topic" : "")
    }
  }

  /// Rows of one topic, as encoded.
  package struct Rows {
    package var keys: UnsafePointer<mill_span>?
    package var keyData: UnsafePointer<UInt8>?
    package var values: UnsafePointer<mill_span>
    package var valueData: UnsafePointer<UInt8>?
    /// Milliseconds per row; nil: the time of producing.
    package var timestamps_ms: UnsafePointer<Int64>?

    package init(
      keys: UnsafePointer<mill_span>?, keyData: UnsafePointer<UInt8>?, values: UnsafePointer<mill_span>,
      valueData: UnsafePointer<UInt8>?, timestamps_ms: UnsafePointer<Int64>?
    ) {
      self.keys = keys
      self.keyData = keyData
      self.values = values
      self.valueData = valueData
      self.timestamps_ms = timestamps_ms
    }
  }

  /// Hands rows `range` over in order; gives how many were taken before the queue was full. [any worker]
  package func produce(epoch: UInt64, topic: String, rows: Rows, range: Range<Int>) throws -> Int {
    let producer = producer(epoch)
    let target = try producer.topic(topic)
    for row in range {
      let key = rows.keys?[row] ?? mill_span(offset: 0, length: -1)
      let value = rows.values[row]
      let keyBytes = key.length < 0 ? nil : rows.keyData.map { $0 + Int(key.offset) }
      let valueBytes = value.length < 0 ? nil : rows.valueData.map { $0 + Int(value.offset) }
      let code: rd_kafka_resp_err_t
      if let timestamps = rows.timestamps_ms {
        code = mill_kafka_produce(
          producer.handle, topic, RD_KAFKA_PARTITION_UA, keyBytes, Int(max(0, key.length)), valueBytes,
          Int(max(0, value.length)), timestamps[row], nil)
      } else {
        let failed = rd_kafka_produce(
          target, RD_KAFKA_PARTITION_UA, Int32(RD_KAFKA_MSG_F_COPY), UnsafeMutableRawPointer(mutating: valueBytes),
          Int(max(0, value.length)), keyBytes, Int(max(0, key.length)), nil)
        code = failed == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error()
      }
      guard try isTaken(code, topic) else { return row - range.lowerBound }
    }
    return range.count
  }
}
