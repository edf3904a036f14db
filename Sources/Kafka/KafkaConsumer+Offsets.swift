import CRdKafka

extension KafkaConsumer: OffsetLookup {
  package func beginnings(of places: [TopicPartition]) throws -> [Int64] { try places.map { try watermarks($0).low } }

  package func visibleEnds(of places: [TopicPartition]) throws -> [Int64] { try places.map { try watermarks($0).high } }

  /// Ends for a bounded read. `watermarks` won't do for that, since Kafka answers a commit before its rows are visible, so
  /// the last rows of a job that is through could be missed. Reading up to here waits for transactions that are open now.
  package func ends(of places: [TopicPartition]) throws -> [Int64] {
    let all = try withOpenTransactions()
    return try places.map { try all.watermarks($0).high }
  }

  package func committedOffsets(of places: [TopicPartition], group: String) throws -> [Int64?] {
    let consumer = group == self.group ? self : try KafkaConsumer(properties: properties, group: group)
    return try consumer.committed(places).map { $0?.offset }
  }

  package func offsets(of places: [TopicPartition], since timestamp_ms: Int64) throws -> [Int64?] {
    let all = try withOpenTransactions()
    return try Patience.retry(for: Self.patience_ms) { try all.offsetsNow(of: places, since: timestamp_ms) }
  }

  private func withOpenTransactions() throws -> KafkaConsumer {
    try KafkaConsumer(properties: properties, group: group, isolation: "read_uncommitted")
  }

  private func offsetsNow(of places: [TopicPartition], since timestamp_ms: Int64) throws -> [Int64?] {
    guard !places.isEmpty else { return [] }
    guard let list = rd_kafka_topic_partition_list_new(Int32(clamping: places.count)) else {
      throw KafkaFailure.outOfMemory("offsets by timestamp")
    }
    defer { rd_kafka_topic_partition_list_destroy(list) }
    for place in places {
      rd_kafka_topic_partition_list_add(list, place.topic, place.partition)?.pointee.offset = timestamp_ms
    }
    let code = rd_kafka_offsets_for_times(handle, list, Self.requestTimeout_ms)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw offsetsFailure("offsets by timestamp", code, places) }
    return try places.indices.map { index in
      let entry = list.pointee.elems[index]
      guard entry.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
        throw offsetsFailure("offset by timestamp of \(places[index])", entry.err, [places[index]])
      }
      return entry.offset >= 0 ? entry.offset : nil
    }
  }

  /// Why offsets of `places` are not told. librdkafka calls a partition unknown also while it has no leader, as after an
  /// outage, and does not look for a leader that it knows to be missing (`rd_kafka_topic_partition_list_query_leaders` of
  /// 2.0.2). Asking whether the partition is there tells the two apart, and makes it look.
  func offsetsFailure(_ what: String, _ code: rd_kafka_resp_err_t, _ places: [TopicPartition]) -> KafkaFailure {
    let topics = Set(places.map(\.topic)).sorted()
    let needed = topics.map { KafkaAccess(.describe, .topic($0)) }
    let leaderless = [RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE]
    guard leaderless.contains(code) else { return KafkaFailure(what, code: code).lacking(needed, principal) }
    do {
      let isThere = try Set(presentPartitions(of: topics)).isSuperset(of: places)
      return KafkaFailure(what, code: isThere ? RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE : code)
    } catch { return (error as? KafkaFailure)?.lacking(needed, principal) ?? KafkaFailure(what, code: code) }
  }
}
