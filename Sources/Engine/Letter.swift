import Kafka

/// A message of a dead-letter topic (docs/dead-letters.md): a dead letter, or the receipt of one that was replayed.
struct Letter {
  /// The header of a receipt: the letter's offset in the same partition.
  static let replayedHeader = "millrace.replayed"
  /// The header of what was replayed: the letter's place.
  static let letterHeader = "millrace.letter"

  let message: TopicScan.Message

  var place: PartitionOffset { message.place }
  var name: String { Self.name(place) }
  /// The offset, in the same partition, of the letter that this is the receipt of; nil: it is none.
  var replayedOffset: Int64? { self[Self.replayedHeader].flatMap(Int64.init) }
  /// Whether it tells of a bad row, in this project's terms.
  var isLetter: Bool { replayedOffset == nil && cause != nil }

  var cause: String? { self["millrace.cause"] }
  var step: String? { self["millrace.step"] }
  var topic: String? { self["millrace.topic"] }
  var code: String? { self["millrace.code"] }
  var partition: Int32? { self["millrace.partition"].flatMap(Int32.init) }
  var offset: Int64? { self["millrace.offset"].flatMap(Int64.init) }

  /// How a letter is named by its place.
  static func name(_ place: PartitionOffset) -> String { "\(place.topic)-\(place.partition)@\(place.offset)" }

  /// When the row was, in milliseconds since 1970: its own time, or the letter's; nil: none.
  var timestamp_ms: Int64? {
    guard let text = self["millrace.timestamp"] else { return message.timestamp_ms }
    return Int64(text).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// Where the row came from or was going to, as far as it is known.
  var origin: String? {
    guard let topic else { return nil }
    guard let partition, let offset else { return topic }
    return "\(topic)-\(partition)@\(offset)"
  }

  /// Bytes of key and value, also of those that the letter does not have.
  var size: Int64 {
    self["millrace.size"].flatMap(Int64.init) ?? Int64((message.key?.count ?? 0) + (message.value?.count ?? 0))
  }

  /// Whether it has the row's bytes. A message without key and value is one too; a row of a step is not.
  var hasRow: Bool {
    if message.key != nil || message.value != nil { return true }
    return partition != nil && self["millrace.size"] == nil
  }

  /// The text of the last header of a name; nil if there is none.
  subscript(header: String) -> String? {
    guard let value = message.headers.last(where: { $0.name == header })?.value else { return nil }
    return String(validating: value, as: UTF8.self)
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
    guard let at = text.lastIndex(of: "@"), let partition = TopicPartition(text[..<at]),
      let offset = Int64(text[text.index(after: at)...]), offset >= 0
    else {
      throw JobError(.usage, "no-place", "expected a letter's place such as flights.dead-0@12, found \"\(text)\"")
    }
    return PartitionOffset(topic: partition.topic, partition: partition.partition, offset: offset)
  }
}
