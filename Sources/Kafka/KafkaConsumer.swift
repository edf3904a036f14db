import CRdKafka
import Checkpointing
import Glibc
import Synchronization

/// A consumer handle: one per job and cluster. It belongs to no consumer group's membership; the engine deals the
/// partitions out and owns the offsets.
package final class KafkaConsumer: @unchecked Sendable {
  let handle: OpaquePointer
  /// How long one request may take before it counts as failed, in milliseconds.
  private static let requestTimeout_ms: Int32 = 5000

  /// `group`: whose committed offsets `committed` reads. Throws `KafkaFailure`.
  package init(properties: KafkaProperties, group: String) throws {
    let configuration = try properties.consumer(group: group)
    rd_kafka_conf_set_log_cb(configuration, nil)
    var text = [CChar](repeating: 0, count: 512)
    guard let handle = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, &text, text.count) else {
      rd_kafka_conf_destroy(configuration)
      throw KafkaFailure(
        "consumer", name: "CONFIG", String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self), .fatal)
    }
    self.handle = handle
  }

  deinit { rd_kafka_destroy_flags(handle, Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)) }

  /// The partitions of some topics. Throws `KafkaFailure`: retriable if no broker answers, fatal if there is no such
  /// topic.
  package func partitions(of topics: [String]) throws -> [TopicPartition] {
    try topics.flatMap { topic -> [TopicPartition] in
      guard let local = rd_kafka_topic_new(handle, topic, nil) else {
        throw KafkaFailure("topic \"\(topic)\"", code: rd_kafka_last_error())
      }
      defer { rd_kafka_topic_destroy(local) }
      var metadata: UnsafePointer<rd_kafka_metadata>?
      let code = rd_kafka_metadata(handle, 0, local, &metadata, Self.requestTimeout_ms)
      guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { throw KafkaFailure("metadata of \"\(topic)\"", code: code) }
      defer { rd_kafka_metadata_destroy(metadata) }
      guard metadata.pointee.topic_cnt == 1, let entry = metadata.pointee.topics else {
        throw KafkaFailure("metadata of \"\(topic)\"", code: RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
      }
      guard entry.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR, entry.pointee.partition_cnt > 0 else {
        throw KafkaFailure(
          "topic \"\(topic)\"", code: entry.pointee.err, remedy: "Create the topic, or correct its name in the pipeline file")
      }
      return (0..<entry.pointee.partition_cnt).map { TopicPartition(topic: topic, partition: $0) }
    }
  }

  /// The first offset of a partition and the one after its last.
  package func watermarks(_ place: TopicPartition) throws -> (low: Int64, high: Int64) {
    var low: Int64 = 0
    var high: Int64 = 0
    let code = rd_kafka_query_watermark_offsets(
      handle, place.topic, place.partition, &low, &high, Self.requestTimeout_ms)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw KafkaFailure("offsets of \(place.topic)-\(place.partition)", code: code)
    }
    return (low, high)
  }

  /// The offset after the last as far as it is known without asking a broker; nil if it is not.
  package func cachedHighWatermark(_ place: TopicPartition) -> Int64? {
    var low: Int64 = 0
    var high: Int64 = 0
    let code = rd_kafka_get_watermark_offsets(handle, place.topic, place.partition, &low, &high)
    return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
  }

  /// The offset committed by the group in each partition, with its metadata; nil where there is none.
  package func committed(_ places: [TopicPartition]) throws -> [(offset: Int64, metadata: String)?] {
    guard let list = rd_kafka_topic_partition_list_new(Int32(places.count)) else { return [] }
    defer { rd_kafka_topic_partition_list_destroy(list) }
    for place in places { rd_kafka_topic_partition_list_add(list, place.topic, place.partition) }
    let code = rd_kafka_committed(handle, list, Self.requestTimeout_ms)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure("committed offsets", code: code) }
    return try places.indices.map { index in
      let entry = list.pointee.elems[index]
      guard entry.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure("committed offsets", code: entry.err) }
      guard entry.offset >= 0 else { return nil }
      let metadata = entry.metadata.map {
        String(
          decoding: UnsafeRawBufferPointer(start: $0, count: Int(entry.metadata_size)).prefix { $0 != 0 }, as: UTF8.self)
      }
      return (entry.offset, metadata ?? "")
    }
  }
}
