/// What a topic's configs let rows be; the brokers refuse others, and with them all rows of their batch.
package struct TopicLimits: Sendable, Equatable {
  /// The most bytes of a batch; nil: not known.
  package var batch_bytes: Int64?
  /// How far before the time of writing a row's timestamp may be, in milliseconds; nil: as far as it likes, or not known.
  package var before_ms: Int64?
  /// How far after it, in milliseconds.
  package var after_ms: Int64?

  /// No limits.
  package init() {}

  /// `configs`: a topic's, by Kafka's names.
  package init(configs: [String: String]) {
    func number(_ name: String) -> Int64? {
      configs[name].flatMap(Int64.init).flatMap { $0 >= 0 && $0 < Int64.max ? $0 : nil }
    }
    batch_bytes = number("max.message.bytes")
    guard configs["message.timestamp.type"] != "LogAppendTime" else { return }
    // Brokers before 3.6 have the one limit only, those from 4.0 on only the two.
    let both = number("message.timestamp.difference.max.ms")
    before_ms = number("message.timestamp.before.max.ms") ?? both
    after_ms = number("message.timestamp.after.max.ms") ?? both
  }

  /// Whether there is anything to hold rows against.
  package var isEmpty: Bool { batch_bytes == nil && before_ms == nil && after_ms == nil }

  /// Bytes of a batch before its rows.
  private static let batchOverhead_bytes = 61
  /// How near a timestamp may come to its limit, in milliseconds: clocks differ, and rows are under way for some time.
  private static let margin_ms: Int64 = 60_000

  /// Why the brokers would refuse a row; nil if they would not. `record_bytes`: as `recordSize` gives it; `timestamp_ms`:
  /// nil for the time of writing.
  package func refusal(record_bytes: Int, timestamp_ms: Int64?, now_ms: Int64) -> String? {
    if let batch_bytes, Int64(record_bytes + Self.batchOverhead_bytes) > batch_bytes {
      return
        "it takes \(record_bytes + Self.batchOverhead_bytes) bytes uncompressed, and the topic's max.message.bytes "
        + "is \(batch_bytes)"
    }
    guard let timestamp_ms else { return nil }
    if let before_ms, now_ms - timestamp_ms > before_ms - Self.margin(before_ms) {
      return
        "its timestamp \(timestamp_ms) is \(now_ms - timestamp_ms) ms in the past, and the topic takes none before "
        + "\(before_ms) ms ago"
    }
    if let after_ms, timestamp_ms - now_ms > after_ms - Self.margin(after_ms) {
      return
        "its timestamp \(timestamp_ms) is \(timestamp_ms - now_ms) ms in the future, and the topic takes none after "
        + "the next \(after_ms) ms"
    }
    return nil
  }

  private static func margin(_ limit_ms: Int64) -> Int64 { min(margin_ms, limit_ms / 10) }

  /// Bytes of a row in a batch of its own (Kafka's record format 2), uncompressed. Sizes are of bytes, nil for a null.
  package static func recordSize(key: Int?, value: Int?, headers: [(name: Int, value: Int?)]) -> Int {
    // Attributes, and the differences to the batch's first offset and timestamp, which are 0.
    var size = 3 + part(key) + part(value) + varint(headers.count)
    for header in headers { size += part(header.name) + part(header.value) }
    return varint(size) + size
  }

  private static func part(_ size: Int?) -> Int { size.map { varint($0) + $0 } ?? 1 }

  /// Bytes of a number that is not negative as a zigzag varint.
  private static func varint(_ number: Int) -> Int { max(1, (64 - (number << 1).leadingZeroBitCount + 6) / 7) }
}
