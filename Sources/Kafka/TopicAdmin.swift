import CRdKafka

/// Makes topics and reads their configs. Calls block.
struct TopicAdmin {
  /// Any client's.
  let handle: OpaquePointer
  /// How long the brokers may take.
  let timeout_ms: Int32

  /// Makes a topic; one that is there already stays as it is. Throws `KafkaFailure`.
  func make(_ name: String, _ creation: TopicCreation) throws {
    let what = "making topic \"\(name)\""
    var topic = try newTopic(name, creation, what)
    defer { rd_kafka_NewTopic_destroy(topic) }
    try ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, what, { rd_kafka_CreateTopics(handle, &topic, 1, $0, $1) }) {
      try check($0, what)
    }
  }

  /// A topic's configs with their values, by Kafka's names; defaults too. Throws `KafkaFailure`.
  func configs(_ name: String) throws -> [String: String] {
    let what = "configs of topic \"\(name)\""
    var resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name)
    defer { rd_kafka_ConfigResource_destroy(resource) }
    return try ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, what, { rd_kafka_DescribeConfigs(handle, &resource, 1, $0, $1) })
    {
      try configs($0, what)
    }
  }

  /// Sends a request off by `send` (with its options and the queue that its answer comes by), and reads the answer.
  private func ask<Answer>(
    _ operation: rd_kafka_admin_op_t, _ what: String, _ send: (OpaquePointer, OpaquePointer) -> Void,
    _ read: (OpaquePointer) throws -> Answer
  ) throws -> Answer {
    guard let queue = rd_kafka_queue_new(handle) else { throw KafkaFailure.outOfMemory(what) }
    defer { rd_kafka_queue_destroy(queue) }
    guard let options = rd_kafka_AdminOptions_new(handle, operation) else { throw KafkaFailure.outOfMemory(what) }
    defer { rd_kafka_AdminOptions_destroy(options) }
    var text = [CChar](repeating: 0, count: 512)
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, &text, text.count)
    send(options, queue)
    // There always is an answer: the request has a limit.
    guard let event = rd_kafka_queue_poll(queue, -1) else {
      throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR__TIMED_OUT)
    }
    defer { rd_kafka_event_destroy(event) }
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw KafkaFailure(what, code: code, message: rd_kafka_event_error_string(event).map { String(cString: $0) })
    }
    return try read(event)
  }

  private func configs(_ event: OpaquePointer, _ what: String) throws -> [String: String] {
    var count = 0
    guard let result = rd_kafka_event_DescribeConfigs_result(event),
      let resources = rd_kafka_DescribeConfigs_result_resources(result, &count), count == 1
    else { throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR__BAD_MSG) }
    let code = rd_kafka_ConfigResource_error(resources[0])
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(what, code: code) }
    let entries = rd_kafka_ConfigResource_configs(resources[0], &count)
    var configs: [String: String] = [:]
    for index in 0..<count {
      guard let name = rd_kafka_ConfigEntry_name(entries?[index]),
        let value = rd_kafka_ConfigEntry_value(entries?[index])
      else { continue }
      configs[String(cString: name)] = String(cString: value)
    }
    return configs
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
    var count = 0
    guard let result = rd_kafka_event_CreateTopics_result(event),
      let topics = rd_kafka_CreateTopics_result_topics(result, &count), count == 1
    else { throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR__BAD_MSG) }
    let own = rd_kafka_topic_result_error(topics[0])
    guard own == RD_KAFKA_RESP_ERR_NO_ERROR || own == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS else {
      let text = rd_kafka_topic_result_error_string(topics[0])
      var failure = KafkaFailure(what, code: own, message: text.map { String(cString: $0) })
      if failure.remedy.isEmpty { failure.remedy = "Correct `create` of the topic, or make it by hand" }
      throw failure
    }
  }
}
