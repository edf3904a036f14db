import CRdKafka
import Synchronization

/// A consumer handle for one job and cluster, of which every worker has a `KafkaReader`. It is no member of a
/// consumer group: the engine deals the partitions out and owns the offsets. A partition can be read once per handle:
/// two steps that read one topic need a handle each. Any thread may call; calls that ask a broker block, with bounds.
package final class KafkaConsumer: @unchecked Sendable {
  let handle: OpaquePointer
  private let callbacks: KafkaCallbacks
  let properties: KafkaProperties
  /// Of each reader, and of the producers.
  package var memory: KafkaMemory { properties.memory }
  var principal: KafkaPrincipal { properties.principal }
  /// Whose committed offsets are read when no other group is named.
  package let group: String
  private let taken = Mutex<Set<TopicPartition>>([])
  /// How long one request may take before it counts as failed, in milliseconds.
  static let requestTimeout_ms: Int32 = 5000
  /// How long a question is asked again before it fails, in milliseconds.
  static let patience_ms: Int64 = 30_000

  /// `group`: whose committed offsets `committed` reads. Does not connect. Throws `KafkaFailure`.
  package convenience init(properties: KafkaProperties, group: String) throws {
    try self.init(properties: properties, group: group, isolation: nil)
  }

  /// `isolation`: the isolation level; nil: the properties'.
  init(properties: KafkaProperties, group: String, isolation: String?) throws {
    self.properties = properties
    self.group = group
    let configuration = try properties.consumer(group: group, isolation: isolation)
    callbacks = KafkaCallbacks(properties)
    callbacks.attach(to: configuration, deliveries: false)
    var text = [CChar](repeating: 0, count: 512)
    guard let handle = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, &text, text.count) else {
      rd_kafka_conf_destroy(configuration)
      throw KafkaFailure.configuration("consumer", text)
    }
    self.handle = handle
    // Nobody polls a consumer: tokens are made anew on a thread of librdkafka's.
    if properties.hasTokens, let error = rd_kafka_sasl_background_callbacks_enable(handle) {
      throw KafkaFailure("renewal of tokens", owned: error)
    }
  }

  deinit { rd_kafka_destroy_flags(handle, Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)) }

  /// The first offset of a partition and the one after its last; under read_committed, the last that no open
  /// transaction holds back. Throws `KafkaFailure` after 30 s without an answer.
  package func watermarks(_ place: TopicPartition) throws -> (low: Int64, high: Int64) {
    var low: Int64 = 0
    var high: Int64 = 0
    try Patience.retry(for: Self.patience_ms) {
      let code = rd_kafka_query_watermark_offsets(
        handle, place.topic, place.partition, &low, &high, Self.requestTimeout_ms)
      guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw offsetsFailure("offsets of \(place)", code, [place]) }
    }
    return (low, high)
  }

  /// The offset after the last as far as it is known without asking a broker; nil if it is not. For lag metrics.
  package func cachedHighWatermark(_ place: TopicPartition) -> Int64? {
    var low: Int64 = 0
    var high: Int64 = 0
    let code = rd_kafka_get_watermark_offsets(handle, place.topic, place.partition, &low, &high)
    return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
  }

  /// The offset committed by the group in each partition, with its metadata; nil where there is none. An open
  /// transaction that holds offsets of the group makes this wait: fence first. Throws `KafkaFailure` after 30 s.
  package func committed(_ places: [TopicPartition]) throws -> [(offset: Int64, metadata: String)?] {
    guard !places.isEmpty else { return [] }
    let needed =
      [KafkaAccess(.describe, .group(group))]
      + Set(places.map(\.topic)).sorted().map {
        KafkaAccess(.describe, .topic($0))
      }
    return try needing(needed, principal) {
      try Patience.retry(for: Self.patience_ms) {
        do { return try committedNow(places) } catch { throw refusal("committed offsets") ?? error }
      }
    }
  }

  /// That the group is refused: librdkafka tells that beside the answer, which is only late. Nil if it is not.
  func refusal(_ what: String) -> KafkaFailure? {
    guard let queue = rd_kafka_queue_get_consumer(handle) else { return nil }
    defer { rd_kafka_queue_destroy(queue) }
    while let message = rd_kafka_consume_queue(queue, 0) {
      defer { rd_kafka_message_destroy(message) }
      if KafkaCode.isRefusal(message.pointee.err) { return KafkaFailure(what, code: message.pointee.err) }
    }
    return nil
  }

  private func committedNow(_ places: [TopicPartition]) throws -> [(offset: Int64, metadata: String)?] {
    guard let list = rd_kafka_topic_partition_list_new(Int32(clamping: places.count)) else {
      throw KafkaFailure.outOfMemory("committed offsets")
    }
    defer { rd_kafka_topic_partition_list_destroy(list) }
    for place in places { rd_kafka_topic_partition_list_add(list, place.topic, place.partition) }
    let code = rd_kafka_committed(handle, list, Self.requestTimeout_ms)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure("committed offsets", code: code) }
    return try places.indices.map { index in
      let entry = list.pointee.elems[index]
      guard entry.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
        throw KafkaFailure("committed offset of \(places[index])", code: entry.err)
      }
      guard entry.offset >= 0 else { return nil }
      let metadata = entry.metadata.map {
        let bytes = UnsafeRawBufferPointer(start: $0, count: entry.metadata_size)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      return (entry.offset, metadata ?? "")
    }
  }

  // MARK: - Readers

  /// Notes that a reader reads `place`. False if one does already: librdkafka would mix the two up.
  func take(_ place: TopicPartition) -> Bool { taken.withLock { $0.insert(place).inserted } }
  func giveBack(_ place: TopicPartition) { taken.withLock { _ = $0.remove(place) } }
}
