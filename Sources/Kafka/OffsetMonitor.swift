import CRdKafka
import Glibc

/// Commits source offsets outside any transaction, only so that lag monitors see them. Failures are logged, no more:
/// the job does not read these offsets back but at a first start. One thread at a time; never blocks but in `close`.
///
/// One serves a job for as long as it runs, whatever becomes of its attempts: librdkafka gives a client up only when its
/// commits are answered, and spins until then (2.0.2), so for as long as the cluster is away.
package final class OffsetMonitor {
  /// More commits than this on their way: the next is left out.
  private static let limit = 4
  /// How long `close` waits for commits on their way, in milliseconds.
  private static let closeTimeout_ms: Int64 = 2000

  private let consumer: KafkaConsumer
  private let queue: OpaquePointer
  private let onLog: KafkaLogHandler?
  private var onTheirWay = 0
  private var held: [PartitionOffset]?

  /// `properties`: of the cluster that has the source topics; `group`: the job. Throws `KafkaFailure`.
  package init(properties: KafkaProperties, group: String) throws {
    consumer = try KafkaConsumer(properties: properties, group: group)
    guard let queue = rd_kafka_queue_new(consumer.handle) else { throw KafkaFailure.outOfMemory("offsets") }
    self.queue = queue
    onLog = properties.onLog
  }

  deinit {
    close()
    rd_kafka_queue_destroy(queue)
    // It lives on then, until the process ends.
    if onTheirWay > 0 { _ = Unmanaged.passRetained(consumer) }
  }

  /// Sends the offsets off: of each partition the next one to read.
  package func commit(_ offsets: [PartitionOffset]) {
    guard !offsets.isEmpty else { return }
    receive(timeout_ms: 0)
    guard onTheirWay < Self.limit else {
      held = offsets
      return
    }
    held = nil
    guard let list = OffsetList.make(offsets.map { ($0, "") }) else { return }
    defer { rd_kafka_topic_partition_list_destroy(list) }
    let code = rd_kafka_commit_queue(consumer.handle, list, queue, nil, nil)
    if code == RD_KAFKA_RESP_ERR_NO_ERROR { onTheirWay += 1 } else { report(code) }
  }

  /// Sends what was left out for lack of room, if there is room now. To be called now and then.
  package func goOn() {
    guard let last = held else { return }
    commit(last)
  }

  /// Waits for the answers of what is on its way, up to 2 s.
  package func close() {
    let deadline = Patience.now_ms() + Self.closeTimeout_ms
    if let last = held {
      while onTheirWay >= Self.limit, Patience.now_ms() < deadline { receive(timeout_ms: 50) }
      commit(last)
      held = nil
    }
    while onTheirWay > 0, Patience.now_ms() < deadline { receive(timeout_ms: 50) }
  }

  private func receive(timeout_ms: Int32) {
    while onTheirWay > 0, let event = rd_kafka_queue_poll(queue, timeout_ms) {
      if rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT {
        onTheirWay -= 1
        report(rd_kafka_event_error(event))
      }
      rd_kafka_event_destroy(event)
    }
  }

  private func report(_ code: rd_kafka_resp_err_t) {
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR__NO_OFFSET else { return }
    onLog?(KafkaLogLine(level: 4, text: KafkaFailure("offsets for lag monitors", code: code).description))
  }
}

/// librdkafka's lists of offsets.
enum OffsetList {
  /// A list to be destroyed by the caller; nil if memory is out.
  static func make(
    _ offsets: [(place: PartitionOffset, metadata: String)]
  ) -> UnsafeMutablePointer<rd_kafka_topic_partition_list_t>? {
    guard let list = rd_kafka_topic_partition_list_new(Int32(clamping: offsets.count)) else { return nil }
    for (place, metadata) in offsets {
      guard let entry = rd_kafka_topic_partition_list_add(list, place.topic, place.partition) else { continue }
      entry.pointee.offset = place.offset
      guard !metadata.isEmpty else { continue }
      // The list frees it.
      entry.pointee.metadata = UnsafeMutableRawPointer(strdup(metadata))
      entry.pointee.metadata_size = metadata.utf8.count
    }
    return list
  }
}
