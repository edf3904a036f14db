import CRdKafka
import Dispatch
import Synchronization

/// Knows whether partitions that fall silent have nothing to read: asks the brokers where those partitions end, on a thread
/// of its own, for as long as somebody wants to know. Silence alone says nothing: a broker that is away is silent too.
/// Any thread may ask.
package final class EndProbe: Sendable {
  /// From one question to the brokers to the next, in milliseconds.
  private static let period_ms: Int64 = 250
  /// An answer older than this counts no more, in milliseconds.
  private static let freshness_ms: Int64 = 2000
  /// How long the brokers may take to answer, in milliseconds.
  private static let requestTimeout_ms: Int32 = 1500

  private struct Knowledge {
    /// When somebody asked last.
    var wanted_ms = Int64.min
    /// When the brokers were asked for `end`.
    var asked_ms = Int64.min
    var end: Int64 = 0
  }
  private struct State {
    var partitions: [TopicPartition: Knowledge] = [:]
    var isAsking = false
  }

  private let consumer: KafkaConsumer
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "kafka-ends")

  /// Asks by `consumer`'s connections, as its isolation level sees the ends.
  package init(consumer: KafkaConsumer) { self.consumer = consumer }

  /// Whether `place`, read up to `position`, was found to have no more a moment ago. False until the brokers have said
  /// so. Never blocks.
  package func isAtEnd(_ place: TopicPartition, position: Int64) -> Bool {
    let now = Patience.now_ms()
    let (isAtEnd, mustAsk) = state.withLock { state in
      var known = state.partitions[place] ?? Knowledge()
      known.wanted_ms = now
      state.partitions[place] = known
      let isFresh = known.asked_ms != .min && now - known.asked_ms <= Self.freshness_ms
      let isDue = known.asked_ms == .min || now - known.asked_ms >= Self.period_ms
      let mustAsk = isDue && !state.isAsking
      if mustAsk { state.isAsking = true }
      return (isFresh && known.end <= position, mustAsk)
    }
    if mustAsk { queue.async { self.ask() } }
    return isAtEnd
  }

  private func ask() {
    let asked_ms = Patience.now_ms()
    let places = state.withLock { state in
      state.partitions.filter { asked_ms - $0.value.wanted_ms <= Self.freshness_ms }.map(\.key)
    }
    let ends = consumer.endsNow(of: places, timeout_ms: Self.requestTimeout_ms)
    state.withLock { state in
      for (place, end) in ends {
        state.partitions[place]?.end = end
        state.partitions[place]?.asked_ms = asked_ms
      }
      state.isAsking = false
    }
  }
}

extension KafkaConsumer {
  /// Where partitions end now, one request a broker; those that could not be found out are left out. Blocks for up to
  /// `timeout_ms`.
  func endsNow(of places: [TopicPartition], timeout_ms: Int32) -> [TopicPartition: Int64] {
    guard !places.isEmpty, let list = rd_kafka_topic_partition_list_new(Int32(clamping: places.count)) else {
      return [:]
    }
    defer { rd_kafka_topic_partition_list_destroy(list) }
    for place in places {
      // The timestamp -1 asks for the end: ListOffsets in Kafka's protocol.
      rd_kafka_topic_partition_list_add(list, place.topic, place.partition)?.pointee.offset = -1
    }
    guard rd_kafka_offsets_for_times(handle, list, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR else { return [:] }
    var ends: [TopicPartition: Int64] = [:]
    for (index, place) in places.enumerated() {
      let entry = list.pointee.elems[index]
      if entry.err == RD_KAFKA_RESP_ERR_NO_ERROR && entry.offset >= 0 { ends[place] = entry.offset }
    }
    return ends
  }
}
