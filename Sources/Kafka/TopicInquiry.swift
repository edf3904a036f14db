import CRdKafka

/// Asks the brokers about one topic. Blocks, with bounds.
struct TopicInquiry: Sendable {
  /// How long one request may take, in milliseconds.
  private static let requestTimeout_ms: Int32 = 2000

  let producers: [KafkaProducer]
  let properties: KafkaProperties

  /// What the brokers say of a topic, after making it if it is to be made. Each producer hears of it, and so knows its
  /// partitions before rows come.
  func ask(_ question: TopicLedger.Question) -> TopicLedger.Reply {
    let refusal: KafkaFailure?
    do { refusal = try make(question) } catch { return Self.reply(error) }
    do {
      let counts = try producers.map { try partitionCount(of: question.name, $0) }
      let limits = question.needs.limits ? try limits(question) : nil
      return .found(TopicFacts(partitionCount: counts.min() ?? 1, limits: limits))
    } catch {
      let reply = Self.reply(error)
      guard case .missing = reply, let refusal else { return reply }
      return .refused(refusal)
    }
  }

  private static func reply(_ error: any Error) -> TopicLedger.Reply {
    guard let failure = error as? KafkaFailure, failure.epochKind != .retriable else { return .none }
    return unknownTopics.contains(failure.name) ? .missing(failure) : .refused(failure)
  }

  /// Makes the topic if that is asked for. Gives the failure if it may not be made: it may be there all the same.
  private func make(_ question: TopicLedger.Question) throws -> KafkaFailure? {
    guard let creation = question.needs.creation, let producer = producers.first else { return nil }
    let admin = TopicAdmin(handle: producer.handle, timeout_ms: Self.requestTimeout_ms)
    do { try admin.make(question.name, creation) } catch let failure as KafkaFailure
      where Self.notAllowed.contains(failure.name)
    { return failure }
    return nil
  }

  private static let notAllowed = Set(
    [RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED].map {
      String(cString: rd_kafka_err2name($0))
    })

  private static let unknownTopics = Set(
    [RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC].map {
      String(cString: rd_kafka_err2name($0))
    })

  /// What the topic's configs let rows be; no limits if we may not know.
  private func limits(_ question: TopicLedger.Question) throws -> TopicLimits {
    guard let producer = producers.first else { return TopicLimits() }
    let admin = TopicAdmin(handle: producer.handle, timeout_ms: Self.requestTimeout_ms)
    do {
      let limits = TopicLimits(configs: try admin.configs(question.name))
      if !question.isKnown { warn(of: limits, question.name) }
      return limits
    } catch let failure as KafkaFailure where failure.epochKind != .retriable { return TopicLimits() }
  }

  private func warn(of limits: TopicLimits, _ name: String) {
    guard let most = limits.batch_bytes, most < properties.batch_bytes else { return }
    let text =
      "topic \"\(name)\" takes batches of \(most) bytes at most, and rows go out in batches of up to "
      + "\(properties.batch_bytes); set batch.size of the connection to \(most) at most"
    properties.onLog?(KafkaLogLine(level: 3, text: text))
  }

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
