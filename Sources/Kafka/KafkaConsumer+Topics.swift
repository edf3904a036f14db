import CRdKafka

extension KafkaConsumer {
  /// How long a topic may take to be known everywhere after it was made, in milliseconds.
  private static let propagation_ms: Int64 = 3000

  /// The partitions of some topics, ascending. Waits for brokers that are away, up to 30 s. Throws `KafkaFailure`:
  /// retriable if no broker answers, fatal if there is no such topic.
  package func partitions(of topics: [String]) throws -> [TopicPartition] {
    try topics.flatMap { topic in
      let known = Patience.now_ms() + Self.propagation_ms
      return try Patience.retry(for: Self.patience_ms) {
        do { return try partitionsNow(of: topic) } catch var failure as KafkaFailure {
          if failure.isUnknownTopic, Patience.now_ms() < known { failure.epochKind = .retriable }
          throw failure.lacking([KafkaAccess(.describe, .topic(topic))], principal)
        }
      }
    }
  }

  /// The names of all topics that may be described, ascending. Waits for brokers that are away, up to 30 s. Throws
  /// `KafkaFailure`.
  package func topicNames() throws -> [String] { try Patience.retry(for: Self.patience_ms) { try topicNamesNow() } }

  /// As `topicNames`, but asks once: throws a retriable `KafkaFailure` if brokers don't answer in 5 s.
  package func topicNamesNow() throws -> [String] {
    try metadata(of: nil, "all topics") { topics in
      topics.compactMap { topic in
        KafkaCode.isUnknownTopic(topic.err) ? nil : topic.topic.map { String(cString: $0) }
      }.sorted()
    }
  }

  /// The partitions of those of some topics that are there, in the order of the topics, then ascending. Asks once: throws a
  /// retriable `KafkaFailure` if brokers don't answer in 5 s, and others if they don't tell.
  package func presentPartitions(of topics: [String]) throws -> [TopicPartition] {
    try topics.flatMap { topic in
      do { return try partitionsNow(of: topic) } catch let failure as KafkaFailure {
        guard failure.isUnknownTopic else { throw failure }
        return []
      }
    }
  }

  private func partitionsNow(of topic: String) throws -> [TopicPartition] {
    let what = "topic \"\(topic)\""
    guard let local = rd_kafka_topic_new(handle, topic, nil) else {
      throw KafkaFailure(what, code: rd_kafka_last_error())
    }
    defer { rd_kafka_topic_destroy(local) }
    return try metadata(of: local, what) { topics in
      guard topics.count == 1, let entry = topics.first else {
        throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
      }
      guard entry.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(what, code: entry.err) }
      guard entry.partition_cnt > 0 else { throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) }
      return (0..<entry.partition_cnt).map { TopicPartition(topic: topic, partition: $0) }
    }
  }

  /// Hands what brokers say of a topic, or of all topics if it is nil, to `body`.
  private func metadata<Found>(
    of topic: OpaquePointer?, _ what: String,
    _ body: (UnsafeBufferPointer<rd_kafka_metadata_topic>) throws -> Found
  ) throws -> Found {
    var answer: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(handle, topic == nil ? 1 : 0, topic, &answer, Self.requestTimeout_ms)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
      throw KafkaFailure("metadata of \(what)", code: code)
    }
    defer { rd_kafka_metadata_destroy(answer) }
    return try body(UnsafeBufferPointer(start: answer.pointee.topics, count: Int(answer.pointee.topic_cnt)))
  }
}
