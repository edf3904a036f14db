import CRdKafka

/// Asks the brokers about one topic. Blocks, with bounds.
struct TopicInquiry: Sendable {
  /// How long one request may take, in milliseconds.
  private static let requestTimeout_ms: Int32 = 2000

  let producers: [KafkaProducer]

  /// What the brokers say of a topic. Each producer hears of it, and so knows its partitions before rows come.
  func ask(_ name: String) -> TopicLedger.Reply {
    do {
      let counts = try producers.map { try partitionCount(of: name, $0) }
      return .found(TopicFacts(partitionCount: counts.min() ?? 1))
    } catch let failure as KafkaFailure {
      if failure.epochKind == .retriable { return .none }
      return Self.unknownTopics.contains(failure.name) ? .missing(failure) : .refused(failure)
    } catch { return .none }
  }

  private static let unknownTopics = Set(
    [RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC].map {
      String(cString: rd_kafka_err2name($0))
    })

  private func partitionCount(of name: String, _ producer: KafkaProducer) throws -> Int32 {
    let what = "topic \"\(name)\""
    guard let topic = rd_kafka_topic_new(producer.handle, name, nil) else {
      throw KafkaFailure(what, code: rd_kafka_last_error())
    }
    defer { rd_kafka_topic_destroy(topic) }
    var answer: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(producer.handle, 0, topic, &answer, Self.requestTimeout_ms)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
      throw KafkaFailure("metadata of \(what)", code: code)
    }
    defer { rd_kafka_metadata_destroy(answer) }
    guard answer.pointee.topic_cnt == 1, let entry = answer.pointee.topics else {
      throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    }
    guard entry.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(what, code: entry.pointee.err) }
    guard entry.pointee.partition_cnt > 0 else {
      throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
    }
    return entry.pointee.partition_cnt
  }
}
