import CRdKafka

/// Makes topics.
struct TopicMaker {
  /// Any client's.
  let handle: OpaquePointer
  /// How long the brokers may take.
  let timeout_ms: Int32

  /// Makes a topic; one that is there already stays as it is. Throws `KafkaFailure`.
  func make(_ name: String, _ creation: TopicCreation) throws {
    let what = "making topic \"\(name)\""
    var topic = try newTopic(name, creation, what)
    defer { rd_kafka_NewTopic_destroy(topic) }
    guard let queue = rd_kafka_queue_new(handle) else { throw KafkaFailure.outOfMemory(what) }
    defer { rd_kafka_queue_destroy(queue) }
    guard let options = rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS) else {
      throw KafkaFailure.outOfMemory(what)
    }
    defer { rd_kafka_AdminOptions_destroy(options) }
    var text = [CChar](repeating: 0, count: 512)
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, &text, text.count)
    rd_kafka_CreateTopics(handle, &topic, 1, options, queue)
    guard let event = rd_kafka_queue_poll(queue, -1) else {
      throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR__TIMED_OUT)
    }
    defer { rd_kafka_event_destroy(event) }
    try check(event, what)
  }

  /// To be destroyed by the caller.
  private func newTopic(_ name: String, _ creation: TopicCreation, _ what: String) throws -> OpaquePointer? {
    var text = [CChar](repeating: 0, count: 512)
    guard
      let topic = rd_kafka_NewTopic_new(
        name, creation.partitionCount ?? -1, creation.replication ?? -1, &text, text.count)
    else { throw KafkaFailure.configuration(what, text) }
    for (name, value) in creation.configs.sorted(by: { $0.key < $1.key }) {
      rd_kafka_NewTopic_set_config(topic, name, value)
    }
    return topic
  }

  private func check(_ event: OpaquePointer, _ what: String) throws {
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(what, code, rd_kafka_event_error_string(event)) }
    var count = 0
    guard let result = rd_kafka_event_CreateTopics_result(event),
      let topics = rd_kafka_CreateTopics_result_topics(result, &count), count == 1
    else { throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR__BAD_MSG) }
    let own = rd_kafka_topic_result_error(topics[0])
    guard own == RD_KAFKA_RESP_ERR_NO_ERROR || own == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS else {
      throw failure(what, own, rd_kafka_topic_result_error_string(topics[0]))
    }
  }

  private func failure(_ what: String, _ code: rd_kafka_resp_err_t, _ text: UnsafePointer<CChar>?) -> KafkaFailure {
    var failure = KafkaFailure(what, code: code, message: text.map { String(cString: $0) })
    if failure.remedy.isEmpty { failure.remedy = "Correct `create` of the topic, or make it by hand" }
    return failure
  }
}
