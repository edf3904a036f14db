import Columnar
import Pipeline

/// A row that a sink can't write, and why.
struct RefusedRow: Equatable {
  var row: Int
  /// Where it was to go.
  var topic: String
  var cause: String
  /// Whether the row has been encoded, so that its bytes can be kept.
  var isEncoded = true
}

/// Finds the topic of each row of a sink.
struct SinkRouter {
  /// The topics of some rows.
  struct Targets {
    /// The topics, each once; the step's own is the first.
    var names: [String]
    /// Index in `names` by row, -1 for rows left aside; empty: all rows go to the first.
    var byRow: [Int32] = []
    /// Rows that name a topic they may not go to, ascending.
    var refused: [RefusedRow] = []

    /// Index in `names` of a row's topic; of one left aside, the first.
    func index(_ row: Int) -> Int { byRow.isEmpty ? 0 : Int(max(0, byRow[row])) }
    func name(_ row: Int) -> String { names[index(row)] }

    /// The first row of `range` after `row` that goes to another topic, or the range's end.
    func endOfRun(from row: Int, in range: Range<Int>) -> Int {
      guard !byRow.isEmpty else { return range.upperBound }
      return range[(row + 1)...].first { byRow[$0] != byRow[row] } ?? range.upperBound
    }
  }
  /// How much of a wrong name is shown, in characters.
  private static let shownLimit = 80

  private let own: String
  private let route: Route?

  init(_ use: TopicSink) {
    own = use.topic.name
    route = use.columns.route
  }

  /// Where all rows go; nil if they name their topics.
  var onlyTopic: String? { route == nil ? own : nil }

  /// The topics of `rows`, ascending, of a batch.
  func targets(_ batch: RecordBatch, _ rows: [Int]) -> Targets {
    guard let route else { return Targets(names: [own]) }
    var targets = Targets(names: [own], byRow: Array(repeating: -1, count: batch.rowCount))
    let column = ViewColumn(batch, route.column)
    // What was found for each name: its index, or -1.
    var found: [String: Int32] = [own: 0]
    for row in rows {
      guard let bytes = column[row] else {
        targets.byRow[row] = 0
        continue
      }
      let name = String(decoding: bytes, as: UTF8.self)
      let index = found[name] ?? (route.allows(name) ? Int32(targets.names.count) : -1)
      if index == targets.names.count { targets.names.append(name) }
      found[name] = index
      targets.byRow[row] = index
      if index < 0 { targets.refused.append(refusal(row, name, route)) }
    }
    return targets
  }

  private func refusal(_ row: Int, _ name: String, _ route: Route) -> RefusedRow {
    let shown = Scalar.quoted(String(name.prefix(Self.shownLimit)))
    return RefusedRow(
      row: row, topic: own, cause: "rows may not go to topic \(shown); allowed: \(route.topics.joined(separator: ", "))"
    )
  }
}
