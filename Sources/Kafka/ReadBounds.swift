/// Where reading a partition starts when no checkpoint says so.
package enum KafkaStart: Sendable, Equatable {
  /// What is done about a partition in which the group has committed nothing.
  package enum Fallback: Sendable, Equatable {
    case earliest, latest, fail
  }
  /// The oldest message.
  case earliest
  /// Messages that come after the start.
  case latest
  /// The offset that the consumer's own group has committed.
  case committed(orElse: Fallback)
  /// The first message with a timestamp of at least so many milliseconds since 1970; where there is none, the end.
  case timestamp(ms: Int64)
  /// These offsets, of every partition.
  case offsets([TopicPartition: Int64])
}

/// Where reading a partition ends.
package enum KafkaStop: Sendable, Equatable {
  /// Where it ends now, open transactions included.
  case end
  /// Before the first message with a timestamp of at least so many milliseconds since 1970; where there is none, as `end`.
  case timestamp(ms: Int64)
  /// Before these offsets, of every partition.
  case offsets([TopicPartition: Int64])
  /// Before the offset that a group has committed, in every partition.
  case committed(group: String)
}

/// What the rules of starting and ending ask brokers. Each answer is in the order of the places. Calls may block, with
/// bounds, and throw `KafkaFailure`.
package protocol OffsetLookup {
  /// The group whose offsets are meant when none is named.
  var group: String { get }
  /// The first offset.
  func beginnings(of places: [TopicPartition]) throws -> [Int64]
  /// The offset after the last message that can be read now; under read_committed, before the first open transaction.
  func visibleEnds(of places: [TopicPartition]) throws -> [Int64]
  /// The offset after the last message, open transactions included.
  func ends(of places: [TopicPartition]) throws -> [Int64]
  /// What a group has committed; nil where there is nothing.
  func committedOffsets(of places: [TopicPartition], group: String) throws -> [Int64?]
  /// The first offset whose message has a timestamp of `timestamp_ms` or later, open transactions included; nil where
  /// there is none.
  func offsets(of places: [TopicPartition], since timestamp_ms: Int64) throws -> [Int64?]
}

extension OffsetLookup {
  /// Where to start reading each partition. Throws `KafkaFailure`, also if a rule says nothing of a partition.
  package func startOffsets(_ places: [TopicPartition], from start: KafkaStart) throws -> [Int64] {
    guard !places.isEmpty else { return [] }
    switch start {
    case .earliest: return try beginnings(of: places)
    case .latest: return try visibleEnds(of: places)
    case .committed(let fallback):
      return try filled(committedOffsets(of: places, group: group), places) { lacking in
        switch fallback {
        case .earliest: try beginnings(of: lacking)
        case .latest: try visibleEnds(of: lacking)
        case .fail: throw KafkaFailure.nothingCommitted("start", lacking, group)
        }
      }
    case .timestamp(let ms): return try filled(offsets(of: places, since: ms), places, ends)
    case .offsets(let given): return try named(given, places, "start")
    }
  }

  /// Where to end reading each partition. Throws `KafkaFailure`, also if a rule says nothing of a partition.
  package func stopOffsets(_ places: [TopicPartition], at stop: KafkaStop) throws -> [Int64] {
    guard !places.isEmpty else { return [] }
    switch stop {
    case .end: return try ends(of: places)
    case .timestamp(let ms): return try filled(offsets(of: places, since: ms), places, ends)
    case .offsets(let given): return try named(given, places, "stop")
    case .committed(let group):
      return try filled(committedOffsets(of: places, group: group), places) {
        throw KafkaFailure.nothingCommitted("stop", $0, group)
      }
    }
  }

  /// `found`, with what `others` says of the places that it lacks.
  private func filled(
    _ found: [Int64?], _ places: [TopicPartition], _ others: ([TopicPartition]) throws -> [Int64]
  ) throws -> [Int64] {
    let lacking = zip(places, found).filter { $0.1 == nil }.map(\.0)
    var more = (lacking.isEmpty ? [] : try others(lacking))[...]
    return found.compactMap { $0 ?? more.popFirst() }
  }

  /// The offsets that the pipeline file gives: of these partitions, no more and no fewer.
  private func named(_ given: [TopicPartition: Int64], _ places: [TopicPartition], _ key: String) throws -> [Int64] {
    let lacking = places.filter { given[$0] == nil }
    let unknown = Set(given.keys).subtracting(places)
    guard lacking.isEmpty else {
      throw KafkaFailure(
        "`\(key)`", name: "NO_OFFSET", "`offsets` does not name \(KafkaFailure.list(lacking))", .fatal,
        remedy: "Name every partition of the topics")
    }
    guard unknown.isEmpty else {
      throw KafkaFailure(
        "`\(key)`", name: "NO_PARTITION", "there is no partition \(KafkaFailure.list(Array(unknown)))", .fatal,
        remedy: "Take it out of `offsets`")
    }
    return places.compactMap { given[$0] }
  }
}

extension KafkaFailure {
  fileprivate static func nothingCommitted(_ key: String, _ places: [TopicPartition], _ group: String) -> KafkaFailure {
    KafkaFailure(
      "`\(key)`", name: "NO_OFFSET", "group \"\(group)\" has committed no offset in \(list(places))", .fatal,
      remedy: key == "start"
        ? "Write `committed_or_earliest` or `committed_or_latest`, or commit offsets for the group"
        : "Check the group's name, or give `offsets`")
  }

  /// Some partitions, the first few by name.
  fileprivate static func list(_ places: [TopicPartition]) -> String {
    let sorted = places.sorted { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
    let shown = sorted.prefix(8).map(\.description).joined(separator: ", ")
    return shown + (places.count > 8 ? ", … (\(places.count) in all)" : "")
  }
}
