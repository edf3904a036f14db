import CRdKafka
import Checkpointing
import Glibc

/// All of a job's rows to one cluster. With transactions: two producers take the epochs in turn, so that the rows of
/// one epoch can flow while the transaction of the last commits (one producer, if a single transactional id is given).
/// Without: one idempotent producer.
///
/// A sink serves one attempt: after a failure that is not retriable, drop it and make another. `produce` may be called
/// from any worker's thread, the rest from the control thread.
package final class TransactionalSink: @unchecked Sendable {
  /// How long one request may take before it counts as failed, in milliseconds.
  private static let requestTimeout_ms: Int32 = 5000
  /// How long fencing may take in all, in milliseconds.
  private static let fencePatience_ms: Int64 = 120_000

  /// librdkafka's transaction.timeout.ms, in milliseconds.
  private static let usualTimeout_ms: Int64 = 60_000

  /// How long to wait between two looks at what others do, in microseconds.
  private static let turn_us: UInt32 = 2000

  private let job: String
  let properties: KafkaProperties
  private let producers: [KafkaProducer]
  private let isTransactional: Bool
  private let transactionalIDs: [String]
  private let recordTopic: String
  /// Named in failures; nil if there is only one.
  private let connection: String?
  /// What is known of topics that rows go to.
  package let topics: TopicDirectory
  /// How long brokers let a transaction stay open, in milliseconds.
  private let transactionTimeout_ms: Int64
  /// Groups whose offsets are in the transaction that commits next.
  private var sent: (epoch: UInt64, groups: Set<String>) = (0, [])

  /// `recordTopic`: the job's first sink topic, under whose name the commit record is kept.
  /// `transactionTimeout_ms`: how long a transaction may stay open, unless the properties have
  /// transaction.timeout.ms; more than the time between two barriers and the commit after the second. `connection`: to
  /// be named in failures, if the job writes on several. `transactionalIDs`: in place of `<job>-0` and `<job>-1`. Does not
  /// connect. Throws `KafkaFailure`.
  package init(
    job: String, properties: KafkaProperties, isTransactional: Bool, recordTopic: String,
    transactionTimeout_ms: Int? = nil, connection: String? = nil, transactionalIDs: [String]? = nil
  ) throws {
    self.job = job
    self.connection = connection
    self.properties = properties
    self.isTransactional = isTransactional
    self.recordTopic = recordTopic
    self.transactionTimeout_ms =
      properties["transaction.timeout.ms"].flatMap(Int64.init) ?? transactionTimeout_ms.map(Int64.init)
      ?? Self.usualTimeout_ms
    let ids = transactionalIDs ?? Self.transactionalIDs(of: job)
    self.transactionalIDs = ids
    producers =
      try isTransactional
      ? ids.map {
        try KafkaProducer(
          properties: properties, transactionalID: $0, transactionTimeout_ms: transactionTimeout_ms)
      }
      : [KafkaProducer(properties: properties, transactionalID: nil)]
    topics = TopicDirectory(producers: producers, properties: properties)
  }

  /// The transactional ids that `job` has, with transactions, on the cluster that commits its epochs.
  package static func transactionalIDs(of job: String) -> [String] { (0..<2).map { "\(job)-\($0)" } }

  func producer(_ epoch: UInt64) -> KafkaProducer { producers[producerIndex(epoch)] }

  /// The producer of an epoch that is about to get rows or offsets.
  func producer(takingRowsOf epoch: UInt64) -> KafkaProducer {
    let producer = producer(epoch)
    producer.transactionHasContent()
    return producer
  }

  private func producerIndex(_ epoch: UInt64) -> Int { producers.count > 1 ? EpochProtocol.producer(of: epoch) : 0 }

  /// Runs `body`, whose failures then say at which connection they happened.
  func named<T>(_ body: () throws -> T) throws -> T {
    do { return try body() } catch let failure as KafkaFailure { throw named(failure) }
  }

  /// The same failure, saying at which connection it happened.
  func named(_ failure: KafkaFailure) -> KafkaFailure { connection.map(failure.at) ?? failure }

  // MARK: - Start

  /// Takes the job's transactional ids: whoever had them is fenced, and their open transactions are aborted. Only then
  /// can the commit record be read. Waits for brokers that are away, up to 120 s; about 1 s if there was something to
  /// abort. `others`: further ids to fence, e.g. of a job that this one replaces; without transactions these only. `isWanted`:
  /// false ends the waiting; it is called from several threads.
  package func fence(others: [String] = [], isWanted: @escaping @Sendable () -> Bool = { true }) throws {
    var all = isTransactional ? zip(transactionalIDs, producers).map { (id: $0, producer: $1) } : []
    for id in others { all.append((id, try KafkaProducer(properties: properties, transactionalID: id))) }
    try named { try Fencing.run(all, patience_ms: Self.fencePatience_ms, isWanted: isWanted) }
  }

  /// What was committed last, to be read after `fence`; nil if Kafka has no record. Throws `KafkaFailure`.
  package func readCommitRecord() throws -> CommitRecord? {
    let consumer = try KafkaConsumer(properties: properties, group: Self.recordGroup(job))
    try named { try consumer.proveCoordinator(besides: recordTopic) }
    return try commitRecord(consumer)
  }

  /// What was committed last while others may commit: for who is fenced and wants to know by whom. Nil if Kafka has no
  /// record. Throws `KafkaFailure`.
  package func peekAtCommitRecord() throws -> CommitRecord? {
    // Readers of committed offsets wait for open transactions.
    try commitRecord(
      KafkaConsumer(properties: properties, group: Self.recordGroup(job), isolation: "read_uncommitted"))
  }

  /// Whether a transaction has been open for longer than brokers allow: then they may have aborted it, and being fenced
  /// says nothing of another instance.
  package var mayHaveTimedOut: Bool {
    producers.contains { $0.openSince_ms.map { Patience.sinceBoot_ms() - $0 >= transactionTimeout_ms } ?? false }
  }

  private func commitRecord(_ consumer: KafkaConsumer) throws -> CommitRecord? {
    let place = TopicPartition(topic: recordTopic, partition: 0)
    guard let found = try named({ try consumer.committed([place]) }).first, let found else { return nil }
    guard let epoch = UInt64(exactly: found.offset) else { return nil }
    return CommitRecord(epoch: epoch, digest: found.metadata)
  }

  /// Waits until `topics` are there, making those that say how. Waits for brokers that are away as long as `isWanted`.
  /// Throws `KafkaFailure` if one is not there and can't be made.
  package func require(_ topics: [(name: String, creation: TopicCreation?)], isWanted: () -> Bool) throws {
    for (name, creation) in topics {
      var isKnown = false
      while !isKnown && isWanted() {
        switch self.topics.look(up: name, TopicNeeds(creation: creation)) {
        case .waiting: usleep(Self.turn_us)
        case .known: isKnown = true
        case .refused(let failure): throw named(failure)
        }
      }
    }
  }

  private static func recordGroup(_ job: String) -> String { "\(job).epochs" }

  // MARK: - Epochs

  /// Begins the transaction of `epoch`. Throws `KafkaFailure`.
  package func begin(epoch: UInt64) throws {
    guard isTransactional else { return }
    if let error = rd_kafka_begin_transaction(producer(epoch).handle) {
      throw named(KafkaFailure("begin of epoch \(epoch)", owned: error))
    }
    producer(epoch).transactionIsEmpty()
  }

  /// Waits until the rows of `epoch` are acknowledged. Throws `KafkaFailure`: retriable if the time is over, else the
  /// first row that could not be delivered.
  package func flush(epoch: UInt64, timeout_ms: Int32) throws {
    try named { try producer(epoch).flush(timeout_ms: timeout_ms, "acknowledgements of epoch \(epoch)") }
  }

  /// Puts source offsets (group `<job>`) and the commit record (group `<job>.epochs`) into the epoch's transaction. To
  /// be called again if it throws something retriable. May block for as long as the group's coordinator is away: librdkafka
  /// waits for one that it knows without end, whatever the timeout (`rd_kafka_coord_req_fsm`, 2.0.2 to 2.14).
  package func sendOffsets(epoch: UInt64, offsets: [PartitionOffset], record: CommitRecord) throws {
    guard isTransactional else { return }
    if sent.epoch != epoch { sent = (epoch, []) }
    if !offsets.isEmpty { try send(offsets.map { ($0, "") }, group: job, epoch: epoch) }
    guard let number = Int64(exactly: record.epoch) else {
      throw KafkaFailure("commit record", name: "RANGE", "epoch \(record.epoch) is no offset", .fatal)
    }
    let place = PartitionOffset(topic: recordTopic, partition: 0, offset: number)
    try send([(place, record.digest)], group: Self.recordGroup(job), epoch: epoch)
  }

  private func send(_ offsets: [(place: PartitionOffset, metadata: String)], group: String, epoch: UInt64) throws {
    guard !sent.groups.contains(group) else { return }
    guard let list = OffsetList.make(offsets), let metadata = rd_kafka_consumer_group_metadata_new(group) else {
      throw KafkaFailure.outOfMemory("offsets of epoch \(epoch)")
    }
    defer {
      rd_kafka_topic_partition_list_destroy(list)
      rd_kafka_consumer_group_metadata_destroy(metadata)
    }
    let topics = Set(offsets.map(\.place.topic)).sorted()
    let needed = [KafkaAccess(.read, .group(group))] + topics.map { KafkaAccess(.read, .topic($0)) }
    try named {
      try needing(needed, properties.principal) {
        let producer = producer(takingRowsOf: epoch)
        let error = rd_kafka_send_offsets_to_transaction(producer.handle, list, metadata, Self.requestTimeout_ms)
        if let error { throw KafkaFailure("offsets of group \(group) in epoch \(epoch)", owned: error) }
      }
    }
    sent.groups.insert(group)
  }

  /// Commits the epoch's transaction: from here on it counts. Throws `KafkaFailure`: retriable means that librdkafka
  /// goes on with the commit when this is called again; after anything else only fencing and the commit record can
  /// tell whether it counts.
  package func commit(epoch: UInt64) throws {
    guard isTransactional else { return }
    guard let error = rd_kafka_commit_transaction(producer(epoch).handle, Self.requestTimeout_ms) else {
      producer(epoch).transactionIsEmpty()
      return
    }
    let isAborted = rd_kafka_error_txn_requires_abort(error) != 0
    var failure = KafkaFailure("commit of epoch \(epoch)", owned: error)
    if failure.epochKind == .fatal && !isAborted { failure.epochKind = .unknownOutcome }
    throw named(failure)
  }
}
