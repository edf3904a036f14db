import Dataflow
import Kafka

/// Headers of messages in dead-letter topics (docs/formats.md).
enum LetterHeader {
  static let cause = "millrace.cause"
  static let step = "millrace.step"
  static let topic = "millrace.topic"
  static let partition = "millrace.partition"
  static let offset = "millrace.offset"
  /// The time of the row, in milliseconds.
  static let timestamp = "millrace.timestamp"
  /// Bytes of key and value, of a letter that has neither.
  static let size = "millrace.size"
  static let code = "millrace.code"
  /// Of a receipt: the letter's offset in the same partition.
  static let replayed = "millrace.replayed"
  /// Of what was replayed: the letter's place.
  static let letter = "millrace.letter"

  /// Those of a message's headers that are not about a letter.
  static func ofRow(_ headers: [HeaderList.Header]) -> [HeaderList.Header] { headers.filter(isOfRow) }

  static func isOfRow(_ header: HeaderList.Header) -> Bool { !header.name.hasPrefix("millrace.") }
}

/// A row that could not be used, on its way to a dead-letter topic.
struct DeadLetter {
  /// The dead-letter topic.
  var topic: String
  var key: [UInt8]?
  var value: [UInt8]?
  /// The row's own.
  var rowHeaders: [HeaderList.Header] = []
  /// Microseconds; Int64.min for none.
  var timestamp_us: Int64
  /// The headers that say what is wrong, and where (docs/formats.md).
  var about: [HeaderList.Header]

  var headers: [HeaderList.Header] { rowHeaders + about }

  /// The same with nothing of the row but its size.
  var withoutBytes: DeadLetter {
    var letter = self
    let size = (key?.count ?? 0) + (value?.count ?? 0)
    (letter.key, letter.value, letter.rowHeaders) = (nil, nil, [])
    letter.about.append((name: LetterHeader.size, value: Array(String(size).utf8)))
    return letter
  }

  /// The letter as a topic with these limits takes it: without the row if it is too large, and with the time of
  /// writing, its own in a header, if that is too far from it.
  func fitting(_ limits: TopicLimits, now_ms: Int64) -> DeadLetter {
    var letter = self
    if let time_ms = timestamp_ms, limits.refusal(record_bytes: 0, timestamp_ms: time_ms, now_ms: now_ms) != nil {
      letter.timestamp_us = .min
      if !about.contains(where: { $0.name == LetterHeader.timestamp }) {
        letter.about.append((name: LetterHeader.timestamp, value: Array(String(time_ms).utf8)))
      }
    }
    let isTooLarge = limits.refusal(record_bytes: letter.recordSize, timestamp_ms: nil, now_ms: now_ms) != nil
    return isTooLarge ? letter.withoutBytes : letter
  }

  /// Whether it has anything of the row's bytes.
  var hasRow: Bool { key != nil || value != nil || !rowHeaders.isEmpty }

  /// Milliseconds; nil: the time of writing.
  var timestamp_ms: Int64? { timestamp_us == .min ? nil : timestamp_us / 1000 }

  private var recordSize: Int {
    TopicLimits.recordSize(
      key: key?.count, value: value?.count, headers: headers.map { ($0.name.utf8.count, $0.value?.count) })
  }

  /// Bytes of the key, the value and the headers.
  var bytes: Int {
    headers.reduce((key?.count ?? 0) + (value?.count ?? 0)) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) }
  }
}

/// The dead letters of one worker, on their way to their topics in the transaction of the epoch they belong to. Used by
/// that worker's thread only.
final class DeadLetterQueue: SideOutput, @unchecked Sendable {
  /// How many may wait before the sources pause.
  static let waitingLimit = 8192
  /// How many bytes of keys, values and headers may wait before the sources pause.
  static let waitingByteLimit = 16 << 20
  /// How many that are handed over are kept until they are let go of together.
  private static let keptLimit = 512

  private let sink: any RowSink
  private var waiting: [(letter: DeadLetter, epoch: UInt64)] = []
  private var head = 0
  private var waitingBytes = 0

  init(sink: any RowSink) { self.sink = sink }

  var isCongested: Bool { waiting.count - head > Self.waitingLimit || waitingBytes > Self.waitingByteLimit }

  /// Behind those of its epoch: a source may be an epoch ahead of the steps behind it.
  func add(_ letter: DeadLetter, epoch: UInt64) {
    var place = waiting.count
    while place > head, waiting[place - 1].epoch > epoch { place -= 1 }
    waiting.insert((letter, epoch), at: place)
    waitingBytes += letter.bytes
  }

  func holds(through epoch: UInt64) -> Bool { head < waiting.count && waiting[head].epoch <= epoch }

  func flush(gate: EpochGate) throws {
    while head < waiting.count, gate.admits(waiting[head].epoch) {
      let (letter, epoch) = waiting[head]
      guard try send(letter, epoch: epoch) else { break }
      waitingBytes -= letter.bytes
      head += 1
    }
    guard head == waiting.count || head >= Self.keptLimit else { return }
    waiting.removeFirst(head)
    head = 0
  }

  /// False if there is no room now, or the topic is still being looked up. What is too large goes without the row.
  private func send(_ original: DeadLetter, epoch: UInt64) throws -> Bool {
    let letter: DeadLetter
    switch sink.topics.look(up: original.topic, TopicNeeds(limits: true)) {
    case .waiting: return false
    case .refused(let failure): throw failure
    case .known(let facts):
      letter = original.fitting(facts.limits ?? TopicLimits(), now_ms: Clock.realtime_us() / 1000)
    }
    func taken(_ letter: DeadLetter) throws -> TransactionalSink.Taken {
      try sink.produce(
        epoch: epoch, topic: letter.topic, partition: -1, key: letter.key, value: letter.value, headers: letter.headers,
        timestamp_ms: letter.timestamp_ms)
    }
    let first = try taken(letter)
    guard let refusal = first.refusal else { return first.count == 1 }
    guard refusal.isTooLarge, letter.hasRow else { throw refusal }
    let second = try taken(letter.withoutBytes)
    if let refusal = second.refusal { throw refusal }
    return second.count == 1
  }
}

/// The dead letters of one worker: a queue for each connection that they may go to. Used by that worker's thread only.
struct WorkerDeadLetters: Sendable {
  private let byConnection: [String: DeadLetterQueue]

  init(_ sinks: KafkaSinks) {
    byConnection = Dictionary(
      uniqueKeysWithValues: sinks.connections.compactMap { name in sinks[name].map { (name, DeadLetterQueue(sink: $0)) }
      })
  }

  /// The queue of letters to topics on a connection.
  subscript(connection: String) -> DeadLetterQueue? { byConnection[connection] }

  /// All of them.
  var queues: [any SideOutput] { byConnection.sorted { $0.key < $1.key }.map(\.value) }
}
