import CRdKafka

/// Makes topics and reads their configs. Calls block.
struct TopicAdmin {
  /// Any client's.
  let handle: OpaquePointer
  /// How long the brokers may take.
  let timeout_ms: Int32

  private var call: AdminCall { AdminCall(handle: handle, timeout_ms: timeout_ms) }

  /// Makes a topic; one that is there already stays as it is. With `validateOnly` nothing is made: it throws what making it
  /// would. Throws `KafkaFailure`.
  func make(_ name: String, _ creation: TopicCreation, validateOnly: Bool = false) throws {
    let what = "making topic \"\(name)\""
    var topic = try newTopic(name, creation, what)
    defer { rd_kafka_NewTopic_destroy(topic) }
    try call.run(
      RD_KAFKA_ADMIN_OP_CREATETOPICS, what, validateOnly: validateOnly,
      send: { rd_kafka_CreateTopics(handle, &topic, 1, $0, $1) }
    ) { try check($0, what) }
  }

  /// A topic's configs with their values, by Kafka's names; defaults too. Throws `KafkaFailure`.
  func configs(_ name: String) throws -> [String: String] {
    try call.configs(RD_KAFKA_RESOURCE_TOPIC, name, "configs of topic \"\(name)\"")
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
