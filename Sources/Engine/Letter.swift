import Kafka

/// A message of a dead-letter topic (docs/dead-letters.md): a dead letter, or the receipt of one that was replayed.
struct Letter {
  let message: TopicScan.Message

  var place: PartitionOffset { message.place }
  /// The letter that this is the receipt of; nil: it is none.
  var replayed: PartitionOffset? {
    self[LetterHeader.replayed].flatMap(Int64.init).map {
      PartitionOffset(topic: place.topic, partition: place.partition, offset: $0)
    }
  }
  /// Whether it tells of a bad row. Others may write to the topic, too.
  var isLetter: Bool { self[LetterHeader.replayed] == nil && cause != nil }

  var cause: String? { self[LetterHeader.cause] }
  var step: String? { self[LetterHeader.step] }
  var topic: String? { self[LetterHeader.topic] }
  var code: String? { self[LetterHeader.code] }
  var partition: Int32? { self[LetterHeader.partition].flatMap(Int32.init) }
  var offset: Int64? { self[LetterHeader.offset].flatMap(Int64.init) }

  /// When the row was, in milliseconds since 1970: its own time, or the letter's; nil: none.
  var timestamp_ms: Int64? {
    guard let text = self[LetterHeader.timestamp] else { return message.timestamp_ms }
    return Int64(text).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// Where the row came from or was going to, as far as it is known.
  var origin: String? {
    guard let topic else { return nil }
    guard let partition, let offset else { return topic }
    return PartitionOffset(topic: topic, partition: partition, offset: offset).description
  }

  /// Bytes of key and value, also of those that the letter does not have.
  var size: Int64 {
    self[LetterHeader.size].flatMap(Int64.init) ?? Int64((message.key?.count ?? 0) + (message.value?.count ?? 0))
  }

  /// Whether it has the row's bytes. A message without key and value is one too; a row of a step is not.
  var hasRow: Bool {
    if message.key != nil || message.value != nil { return true }
    return partition != nil && self[LetterHeader.size] == nil
  }

  /// The text of the last header of a name; nil if there is none.
  subscript(header: String) -> String? {
    guard let value = message.headers.last(where: { $0.name == header })?.value else { return nil }
    return String(validating: value, as: UTF8.self)
  }
}

extension TopicScan {
  /// The letters that receipts name. Reads all; throws as `forEach`.
  func receipts() throws -> Set<PartitionOffset> {
    var found: Set<PartitionOffset> = []
    try forEach { message in
      if let place = Letter(message: message).replayed { found.insert(place) }
      return true
    }
    return found
  }
}

/// Which letters are meant.
package struct LetterChoice: Sendable {
  /// Only those of this step.
  package var step: String?
  /// Only those whose cause has this in it.
  package var cause: String?
  /// Only those in these places; empty: in any.
  var places: Set<PartitionOffset> = []

  /// `places`: as `millrace dead-letters list` names them. Throws `JobError` if one is none.
  package init(step: String? = nil, cause: String? = nil, places: [String] = []) throws {
    self.step = step
    self.cause = cause
    self.places = try Set(places.map(Self.place))
  }

  func takes(_ letter: Letter) -> Bool {
    guard letter.isLetter, places.isEmpty || places.contains(letter.place) else { return false }
    return (step == nil || letter.step == step) && (cause.map { letter.cause?.contains($0) ?? false } ?? true)
  }

  /// The place that a text such as `flights.dead-0@12` names. Throws `JobError`.
  static func place(_ text: String) throws -> PartitionOffset {
    if let place = PartitionOffset(text) { return place }
    throw JobError(.usage, "no-place", "expected a letter's place such as flights.dead-0@12, found \"\(text)\"")
  }
}
