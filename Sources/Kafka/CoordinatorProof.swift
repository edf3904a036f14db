import CRdKafka

extension KafkaConsumer {
  /// Makes sure that the group's coordinator, as this consumer knows it, is the one that leads, so that offsets read here
  /// afterwards are no older than this call. A broker that stood still (a paused virtual machine) while others took its
  /// place does not know that when it goes on, and answers with what it knew before. What it can't do any more is to
  /// commit, which takes the other replicas; so something of no meaning is committed: for another partition of `topic`, or,
  /// if it has one only, for one of Kafka's own topic of offsets. Where neither can be (a topic of one partition, and ACLs),
  /// nothing is proved. Blocks up to 30 s. Throws `KafkaFailure`.
  func proveCoordinator(besides topic: String) throws {
    let places = [
      TopicPartition(topic: topic, partition: 1), TopicPartition(topic: "__consumer_offsets", partition: 0),
    ]
    guard let queue = rd_kafka_queue_new(handle) else { throw KafkaFailure.outOfMemory("proof of a coordinator") }
    defer { rd_kafka_queue_destroy(queue) }
    for place in places where try canCommit(place, queue) { return }
  }

  /// False if there is no such place, or the job may not commit there.
  private func canCommit(_ place: TopicPartition, _ queue: OpaquePointer) throws -> Bool {
    do {
      try commit(place, queue)
      return true
    } catch let failure as KafkaFailure {
      guard failure.isUnknownTopic || failure.isTopicRefused else { throw failure }
      return false
    }
  }

  private func commit(_ place: TopicPartition, _ queue: OpaquePointer) throws {
    try needing([KafkaAccess(.read, .group(group))], principal) {
      try Patience.retry(for: Self.patience_ms) {
        do { try commitNow(place, queue) } catch { throw refusal("proof of a coordinator") ?? error }
      }
    }
  }

  private func commitNow(_ place: TopicPartition, _ queue: OpaquePointer) throws {
    let what = "proof that the coordinator of group \(group) leads"
    let offset = PartitionOffset(topic: place.topic, partition: place.partition, offset: 0)
    guard let list = OffsetList.make([(offset, "")]) else { throw KafkaFailure.outOfMemory(what) }
    defer { rd_kafka_topic_partition_list_destroy(list) }
    let code = rd_kafka_commit_queue(handle, list, queue, nil, nil)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(what, code: code) }
    guard let event = rd_kafka_queue_poll(queue, Self.requestTimeout_ms) else {
      throw KafkaFailure(what, code: RD_KAFKA_RESP_ERR__TIMED_OUT)
    }
    defer { rd_kafka_event_destroy(event) }
    try check(event, what)
  }

  /// Throws what the commit or its only partition failed with.
  private func check(_ event: OpaquePointer, _ what: String) throws {
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(what, code: code) }
    guard let list = rd_kafka_event_topic_partition_list(event), list.pointee.cnt > 0 else { return }
    let of = list.pointee.elems[0].err
    guard of == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(what, code: of) }
  }
}
