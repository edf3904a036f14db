import CRdKafka

/// Tries at one cluster what a job will need there, and changes nothing: no row, no offset, no transactional id of a job.
/// Every call blocks until a broker answers, with bounds, and throws `KafkaFailure` if what it tries does not work. One
/// thread at a time.
package final class KafkaTrial {
  /// How long one answer may take, in milliseconds.
  private static let timeout_ms: Int32 = 10_000
  /// A partition that no topic has.
  private static let noPartition = Int32.max

  /// A broker as the cluster knows it.
  package struct Broker: Sendable, Equatable {
    package var id: Int32
    /// Host and port that clients are sent to.
    package var address: String
  }

  private let properties: KafkaProperties
  private let consumer: KafkaConsumer

  /// `group`: the job. Does not connect.
  package init(properties: KafkaProperties, group: String) throws {
    self.properties = properties
    consumer = try KafkaConsumer(properties: properties, group: group)
  }

  /// The cluster's brokers, ascending by id.
  package func brokers() throws -> [Broker] {
    let deadline = Patience.now_ms() + Int64(Self.timeout_ms)
    try FirstContact("the brokers", properties).make { Patience.now_ms() < deadline }
    var answer: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(consumer.handle, 0, nil, &answer, Self.timeout_ms)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw KafkaFailure("the brokers", code: code) }
    defer { rd_kafka_metadata_destroy(answer) }
    return (0..<Int(answer.pointee.broker_cnt)).map { index in
      let broker = answer.pointee.brokers[index]
      return Broker(id: broker.id, address: "\(broker.host.map { String(cString: $0) } ?? "?"):\(broker.port)")
    }.sorted { $0.id < $1.id }
  }

  /// The settings of a broker, asked of it alone; nil if it answers that the principal may not see them.
  package func settings(of broker: Broker) throws -> [String: String]? {
    do {
      return try AdminCall(handle: consumer.handle, timeout_ms: Self.timeout_ms).configs(
        RD_KAFKA_RESOURCE_BROKER, String(broker.id), "settings of broker \(broker.id)")
    } catch let failure as KafkaFailure where failure.epochKind == .refused { return nil }
  }

  /// How many partitions `topic` has.
  package func partitionCount(_ topic: String) throws -> Int { try consumer.partitions(of: [topic]).count }

  /// The names of all topics that may be described.
  package func topicNames() throws -> [String] { try consumer.topicNames() }

  /// Whether brokers say that `topic` is not there.
  package func isMissing(_ topic: String) throws -> Bool { try consumer.presentPartitions(of: [topic]).isEmpty }

  /// Whether `topic` could be made so; it is not.
  package func mayMake(_ topic: String, _ creation: TopicCreation) throws {
    try needing([KafkaAccess(.create, .topic(topic))], properties.principal) {
      try TopicAdmin(handle: consumer.handle, timeout_ms: Self.timeout_ms).make(topic, creation, validateOnly: true)
    }
  }

  /// Whether the configs of `topic` may be seen.
  package func describeConfigs(_ topic: String) throws {
    try needing([KafkaAccess(.describeConfigs, .topic(topic))], properties.principal) {
      _ = try TopicAdmin(handle: consumer.handle, timeout_ms: Self.timeout_ms).configs(topic)
    }
  }

  /// Reads `topic` from the end of its first partition on, until a broker has answered.
  package func read(_ topic: String) throws {
    let place = TopicPartition(topic: topic, partition: 0)
    let (_, end) = try consumer.watermarks(place)
    let reader = try KafkaReader(consumer: consumer, assignments: [.init(place: place, offset: end, end: nil)])
    let deadline = Patience.now_ms() + Int64(Self.timeout_ms)
    while try !reader.poll(maxRows: 1, timeout_ms: 100, onBatch: { _, _ in }, onEnd: { _ in }) {
      guard Patience.now_ms() < deadline else {
        throw KafkaFailure("reading \(place)", code: RD_KAFKA_RESP_ERR__TIMED_OUT)
      }
    }
  }

  /// Whether `topic` may be written; nothing is.
  package func write(_ topic: String) throws {
    try WriteTrial(properties: properties, timeout_ms: Self.timeout_ms).run(topic, timeout_ms: Self.timeout_ms)
  }

  /// Whether `group` may commit offsets of `topic`; none is: the one that is tried is of a partition that is not there.
  package func commit(group: String, topic: String) throws {
    let call = AdminCall(handle: consumer.handle, timeout_ms: Self.timeout_ms)
    let needed = [KafkaAccess(.read, .group(group)), KafkaAccess(.read, .topic(topic))]
    try needing(needed, properties.principal) {
      try Patience.retry(for: Int64(Self.timeout_ms)) {
        do {
          try call.commit(PartitionOffset(topic: topic, partition: Self.noPartition, offset: 0), group: group)
        } catch let failure as KafkaFailure where failure.isUnknownTopic { return }
      }
    }
  }

  /// Takes a transactional id over, with transactions that may stay open for `timeout_ms` unless the properties say
  /// otherwise. It must be no id of a job: whoever uses it is fenced.
  package func take(transactionalID id: String, timeout_ms: Int) throws {
    let producer = try KafkaProducer(properties: properties, transactionalID: id, transactionTimeout_ms: timeout_ms)
    try Fencing.run([(id: id, producer: producer)], patience_ms: Int64(Self.timeout_ms), isWanted: { true })
  }
}
