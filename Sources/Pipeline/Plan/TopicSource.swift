import Columnar

/// `from_topic`.
package struct TopicSource: Sendable, Equatable {
  /// Offsets by topic, then partition.
  package typealias Offsets = [String: [Int32: Int64]]

  /// Where reading starts if no checkpoint says so.
  package enum Start: Sendable, Equatable {
    /// What a partition does in which the group has committed nothing.
    package enum Fallback: String, Sendable, CaseIterable {
      /// Its oldest message.
      case earliest
      /// Messages that come after the start.
      case latest
      /// The job does not start.
      case fail
    }
    /// The oldest message.
    case earliest
    /// Messages that come after the start.
    case latest
    /// The offset that group `<job>` has committed. The default, with `earliest`.
    case committed(orElse: Fallback)
    /// The first message with a timestamp of at least so many milliseconds since 1970; where there is none, what comes
    /// after the start.
    case timestamp(ms: Int64)
    /// These offsets; every partition is named.
    case offsets(Offsets)
  }

  /// Where reading ends.
  package enum Stop: Sendable, Equatable {
    /// Nowhere. The default.
    case never
    /// Where each partition ended when the job started.
    case end
    /// Before the first message with a timestamp of at least so many milliseconds since 1970; where there was none when
    /// the job started, as `end`.
    case timestamp(ms: Int64)
    /// Before these offsets; every partition is named.
    case offsets(Offsets)
    /// Before the offsets that another group had committed when the job started.
    case committed(group: String)
  }

  /// What is done about a partition that does not have the offset that is to be read next.
  package enum OnOffsetOutOfRange: String, Sendable, CaseIterable {
    /// The job ends. The default.
    case fail
    /// Reading goes on at the oldest message.
    case earliest
    /// Reading goes on at the end.
    case latest
  }

  /// The topics that are read, at least one, all on one connection and with the same fields and event time.
  package var topics: [Topic]
  /// Nil: exactly `topics` are read. Else all topics of the connection whose names match, but for those that the job
  /// writes; `topics` has one, which says how their messages are to be understood.
  package var pattern: TopicPattern?
  package var start: Start
  package var stop: Stop
  package var onOffsetOutOfRange: OnOffsetOutOfRange
  /// How often new partitions, and with a pattern new topics, are looked for; nil: never, as for a step that stops.
  package var discoveryInterval: Duration?
  /// What the value's serde decodes into: the first columns of the step's output.
  package var valueSchema: Schema
  /// What the key's serde decodes into: the column after the value's; nil if keys are not read.
  package var keySchema: Schema?
  /// The columns after those.
  package var messageColumns: [MessageColumn] = []
  /// Index in the step's output of the event time; nil if rows have none.
  package var eventTimeColumn: Int?

  /// The connection of all topics.
  package var connection: String { topics[0].connection }
  /// How event time is told from the rows of all topics.
  package var eventTime: EventTime? { topics[0].eventTime }
}

extension TopicSource {
  /// How the file writes a time: `2013-01-05T10:15:00Z`, or milliseconds since 1970.
  static let timeField = Field("timestamp", .timestamp(.millisecond, zone: "UTC"))

  /// Where reading starts and stops, in words.
  var bounds: String { "from \(start)\(stop == .never ? "" : ", stops \(stop)")" }

  /// What differs from the defaults about what comes and goes, in words.
  var changes: [String] {
    var lines: [String] = []
    if onOffsetOutOfRange != .fail { lines.append("an offset that is gone: \(onOffsetOutOfRange.rawValue)") }
    if stop == .never, discoveryInterval != TopicReadDeclaration.discoveryInterval {
      let interval = discoveryInterval.map { "every \(DurationText.text($0))" } ?? "never"
      lines.append("new partitions are looked for: \(interval)")
    }
    return lines
  }
}

extension TopicSource.Start: CustomStringConvertible {
  package var description: String {
    switch self {
    case .earliest: "earliest"
    case .latest: "latest"
    case .committed(.fail): "committed"
    case .committed(let fallback): "committed_or_\(fallback.rawValue)"
    case .timestamp(let ms): "timestamp \(Scalar.integer(ms).text(TopicSource.timeField.type))"
    case .offsets(let offsets): "offsets \(TopicSource.text(offsets))"
    }
  }
}

extension TopicSource.Stop: CustomStringConvertible {
  package var description: String {
    switch self {
    case .never: "never"
    case .end: "at the end"
    case .timestamp(let ms): "at timestamp \(Scalar.integer(ms).text(TopicSource.timeField.type))"
    case .offsets(let offsets): "at offsets \(TopicSource.text(offsets))"
    case .committed(let group): "where group \(group) has committed"
    }
  }
}

extension TopicSource {
  /// `orders-0@17, orders-1@3`.
  fileprivate static func text(_ offsets: Offsets) -> String {
    offsets.sorted { $0.key < $1.key }.flatMap { topic, partitions in
      partitions.sorted { $0.key < $1.key }.map { "\(topic)-\($0.key)@\($0.value)" }
    }.joined(separator: ", ")
  }
}
