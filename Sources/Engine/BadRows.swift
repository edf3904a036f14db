import CMillrace
import Columnar
import Kafka
import Pipeline
import PluginHost
import Synchronization

/// A bad row where the policy is `fail`.
struct BadRowError: Error, CustomStringConvertible {
  /// Topic, partition and offset, or the step.
  var place: String
  var cause: String
  var description: String {
    "bad row at \(place): \(cause). To go on past such rows, set `on_bad_row` of the topic to `skip` or to a dead-letter topic"
  }
}

/// How many rows of a job were bad. [any]
final class BadRowCount: Sendable {
  private let count = Atomic<Int64>(0)
  var value: Int64 { count.load(ordering: .relaxed) }
  func add() { count.wrappingAdd(1, ordering: .relaxed) }
}

/// Deals with the bad rows of one step on one worker, by the policy of a topic.
final class BadRowHandler {
  private let step: String
  private let policy: BadRowPolicy
  private let queue: DeadLetterQueue?
  private let count: BadRowCount

  /// `queue`: where dead letters go; needed if the policy names a topic.
  init(step: String, policy: BadRowPolicy, queue: DeadLetterQueue?, count: BadRowCount) {
    self.step = step
    self.policy = policy
    self.queue = queue
    self.count = count
  }

  /// Message `row` of `raw` can't be decoded because of `cause`: the letter is the message with its bytes as they came, and
  /// with all its `headers`.
  func handle(
    _ raw: UnsafePointer<mill_raw_batch>, row: Int, cause: String, headers: () -> [HeaderList.Header],
    epoch: UInt64
  ) throws {
    let topic = String(cString: raw.pointee.topic)
    let place = PartitionOffset(topic: topic, partition: raw.pointee.partition, offset: raw.pointee.offsets[row])
    try handle(cause, place: place.description, epoch: epoch) { target in
      let timestamp_us = raw.pointee.timestamps_us[row]
      let origin = [
        (LetterHeader.topic, topic), (LetterHeader.partition, String(raw.pointee.partition)),
        (LetterHeader.offset, String(raw.pointee.offsets[row])),
        (LetterHeader.timestamp, String(timestamp_us == .min ? -1 : timestamp_us / 1000)),
      ]
      return letter(
        target, cause, key: Self.bytes(raw, raw.pointee.keys[row]), value: Self.bytes(raw, raw.pointee.values[row]),
        timestamp_us: timestamp_us, origin, of: headers())
    }
  }

  /// A row can't be written to `topic` because of `cause`: the letter is the `message` that it was to be; nil if it
  /// can't be encoded.
  func handle(topic: String, cause: String, message: EncodedMessage?, epoch: UInt64) throws {
    try handle(cause, place: "step \"\(step)\", topic \"\(topic)\"", epoch: epoch) { target in
      letter(
        target, cause, key: message?.key, value: message?.value, timestamp_us: .min,
        [(LetterHeader.topic, topic)] + Self.time(message?.timestamp_ms), of: message?.headers ?? [])
    }
  }

  /// The time may be what a row was refused for, so it is kept as a header only.
  private static func time(_ timestamp_ms: Int64?) -> [(String, String)] {
    timestamp_ms.map { [(LetterHeader.timestamp, String($0))] } ?? []
  }

  /// An operator rejected a row: the letter's value is the row as `encoder` writes it, if it can.
  func handle(_ rejected: RejectedRow, schema: Schema, encoder: SerdeEncoder?, epoch: UInt64) throws {
    let place = "step \"\(step)\" (code \(rejected.code))"
    try handle(rejected.message, place: place, epoch: epoch) { target in
      let row = rejected.batch.single(row: rejected.row, schema: schema)
      let value = encoder.flatMap { encoder in
        (try? encoder.encode(row.raw)).flatMap { Self.bytes($0.encoded, row: 0) }
      }
      let time_us = rejected.batch.eventTimes?[rejected.row] ?? .min
      return letter(
        target, rejected.message, key: nil, value: value, timestamp_us: time_us,
        [(LetterHeader.code, String(rejected.code))])
    }
  }

  private func handle(
    _ cause: String, place: String, epoch: UInt64, _ letter: (_ target: String) -> DeadLetter
  ) throws {
    count.add()
    switch policy {
    case .skip: return
    case .fail: throw BadRowError(place: place, cause: cause)
    case .deadLetter(let target): queue?.add(letter(target), epoch: epoch)
    }
  }

  private func letter(
    _ target: String, _ cause: String, key: [UInt8]?, value: [UInt8]?, timestamp_us: Int64,
    _ about: [(String, String)], of headers: [HeaderList.Header] = []
  ) -> DeadLetter {
    let all = [(LetterHeader.cause, cause)] + about + [(LetterHeader.step, step)]
    return DeadLetter(
      topic: target, key: key, value: value, rowHeaders: LetterHeader.ofRow(headers), timestamp_us: timestamp_us,
      about: all.map { (name: $0.0, value: Array($0.1.utf8)) })
  }

  private static func bytes(_ raw: UnsafePointer<mill_raw_batch>, _ span: mill_span) -> [UInt8]? {
    guard span.length >= 0 else { return nil }
    return Array(UnsafeBufferPointer(start: raw.pointee.data + Int(span.offset), count: Int(span.length)))
  }

  private static func bytes(_ encoded: mill_encoded, row: Int) -> [UInt8]? {
    let span = encoded.spans[row]
    guard span.length >= 0, let data = encoded.data else { return nil }
    return Array(UnsafeBufferPointer(start: data + Int(span.offset), count: Int(span.length)))
  }
}
