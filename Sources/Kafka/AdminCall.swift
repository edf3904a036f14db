import CRdKafka

/// A request of librdkafka's admin interface, and its answer. Blocks for up to the time given, and a little more.
struct AdminCall {
  let handle: OpaquePointer
  let timeout_ms: Int32

  /// `send` hands the request over with options and the queue for its answer; `read` takes the answer apart. With
  /// `validateOnly` the brokers only say whether they would do it. Throws `KafkaFailure`.
  func run<T>(
    _ operation: rd_kafka_admin_op_t, _ what: String, validateOnly: Bool = false,
    send: (OpaquePointer, OpaquePointer) -> Void, read: (OpaquePointer) throws -> T
  ) throws -> T {
    guard let queue = rd_kafka_queue_new(handle) else { throw KafkaFailure.outOfMemory(what) }
    defer { rd_kafka_queue_destroy(queue) }
    guard let options = rd_kafka_AdminOptions_new(handle, operation) else { throw KafkaFailure.outOfMemory(what) }
    defer { rd_kafka_AdminOptions_destroy(options) }
    var text = [CChar](repeating: 0, count: 512)
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, &text, text.count)
    if validateOnly { rd_kafka_AdminOptions_set_validate_only(options, 1, &text, text.count) }
    send(options, queue)
    guard let event = rd_kafka_queue_poll(queue, timeout_ms + 1000) else {
      throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR__TIMED_OUT)
    }
    defer { rd_kafka_event_destroy(event) }
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw KafkaFailure(what, code: code, message: rd_kafka_event_error_string(event).map { String(cString: $0) })
    }
    return try read(event)
  }

  /// The configs of a broker (asked of that broker itself) or a topic, by Kafka's names; defaults too, null ones not.
  /// Throws `KafkaFailure`.
  func configs(_ kind: rd_kafka_ResourceType_t, _ name: String, _ what: String) throws -> [String: String] {
    var resource = rd_kafka_ConfigResource_new(kind, name)
    defer { rd_kafka_ConfigResource_destroy(resource) }
    return try run(
      RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, what,
      send: { rd_kafka_DescribeConfigs(handle, &resource, 1, $0, $1) }
    ) { event in
      var count = 0
      guard let answers = rd_kafka_DescribeConfigs_result_resources(event, &count), count == 1, let answer = answers[0]
      else { throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR__BAD_MSG) }
      let code = rd_kafka_ConfigResource_error(answer)
      guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(what, code: code) }
      return Self.entries(answer)
    }
  }

  private static func entries(_ resource: OpaquePointer) -> [String: String] {
    var count = 0
    guard let entries = rd_kafka_ConfigResource_configs(resource, &count) else { return [:] }
    var configs: [String: String] = [:]
    for index in 0..<count {
      guard let entry = entries[index], let name = rd_kafka_ConfigEntry_name(entry) else { continue }
      configs[String(cString: name)] = rd_kafka_ConfigEntry_value(entry).map { String(cString: $0) }
    }
    return configs
  }

  /// Commits an offset for a group that has no members. Throws `KafkaFailure`.
  func commit(_ place: PartitionOffset, group: String) throws {
    let what = "offset of \(place.topic)-\(place.partition) for group \"\(group)\""
    guard let list = OffsetList.make([(place, "")]) else { throw KafkaFailure.outOfMemory(what) }
    defer { rd_kafka_topic_partition_list_destroy(list) }
    var request = rd_kafka_AlterConsumerGroupOffsets_new(group, list)
    defer { rd_kafka_AlterConsumerGroupOffsets_destroy(request) }
    try run(
      RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, what,
      send: { rd_kafka_AlterConsumerGroupOffsets(handle, &request, 1, $0, $1) }
    ) { event in
      var count = 0
      guard let groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(event, &count), count == 1,
        let answer = groups[0]
      else { throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR__BAD_MSG) }
      if let error = rd_kafka_group_result_error(answer) {
        throw KafkaFailure(
          what, code: rd_kafka_error_code(error), message: String(cString: rd_kafka_error_string(error)))
      }
      guard let places = rd_kafka_group_result_partitions(answer), places.pointee.cnt == 1 else { return }
      let code = places.pointee.elems[0].err
      guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(what, code: code) }
    }
  }
}
