import Columnar
import Kafka
import Pipeline

/// A row that a sink can't write, and why.
struct RefusedRow: Equatable {
  var row: Int
  var cause: String
}

/// Chooses the partitions of the rows that one worker writes to a topic, where that is not left to their keys.
struct SinkPlacement {
  /// Asks for a topic's facts, none older than so many milliseconds.
  typealias LookUp = (_ topic: String, _ maxAge_ms: Int64) -> TopicDirectory.Answer

  /// Where the rows of a batch go.
  struct Places {
    /// By row; -1: by its key.
    var partitions: [Int32]
    /// Rows that can go nowhere, ascending.
    var refused: [RefusedRow] = []
  }
  /// A topic is looked up again before a row is refused for a partition that it lacks, in milliseconds.
  private static let doubtAfter_ms: Int64 = 5_000

  private let topic: String
  private let column: (index: Int, type: DataType)?
  private let lookUp: LookUp
  private var turn: Int

  /// Nil if the rows of `use` go by their keys alone. `worker`: workers take turns from different partitions on.
  init?(_ use: TopicSink, worker: Int, lookUp: @escaping LookUp) {
    switch use.topic.partition {
    case .key: return nil
    case .roundRobin: column = nil
    case .field:
      guard let index = use.partitionColumn else { return nil }
      column = (index, use.valueSchema.fields[index].type)
    }
    topic = use.topic.name
    turn = worker
    self.lookUp = lookUp
  }

  /// Where the rows of a batch go, those of `bad` left aside, which is ascending; nil while the brokers are being asked.
  mutating func places(_ batch: RecordBatch, without bad: [Int]) -> Places? {
    switch lookUp(topic, .max) {
    case .waiting: return nil
    case .refused(let failure):
      return Places(partitions: [], refused: Self.good(batch, bad).map { RefusedRow(row: $0, cause: "\(failure)") })
    case .known(let facts):
      guard let column else { return inTurn(batch, bad, facts.partitionCount) }
      let values = IntegerColumn(batch, column.index, type: column.type)
      let rows = Self.good(batch, bad)
      return byColumn(batch, rows, values, facts.partitionCount)
    }
  }

  private static func good(_ batch: RecordBatch, _ bad: [Int]) -> [Int] {
    guard !bad.isEmpty else { return Array(0..<batch.rowCount) }
    let bad = Set(bad)
    return (0..<batch.rowCount).filter { !bad.contains($0) }
  }

  private mutating func inTurn(_ batch: RecordBatch, _ bad: [Int], _ count: Int32) -> Places {
    var places = Places(partitions: Array(repeating: -1, count: batch.rowCount))
    for row in Self.good(batch, bad) {
      places.partitions[row] = Int32(turn % Int(count))
      turn = (turn + 1) % Int(Int32.max)
    }
    return places
  }

  private func byColumn(_ batch: RecordBatch, _ rows: [Int], _ values: IntegerColumn, _ count: Int32) -> Places? {
    var count = count
    let greatest = rows.reduce(Int64(-1)) { max($0, values[$1] ?? -1) }
    if greatest >= count {
      // It may have grown since it was looked up.
      guard case .known(let facts) = lookUp(topic, Self.doubtAfter_ms) else { return nil }
      count = facts.partitionCount
    }
    var places = Places(partitions: Array(repeating: -1, count: batch.rowCount))
    for row in rows {
      guard let value = values[row] else { continue }
      if (0..<Int64(count)).contains(value) {
        places.partitions[row] = Int32(value)
      } else {
        places.refused.append(
          RefusedRow(row: row, cause: "topic \"\(topic)\" has partitions 0 to \(count - 1), not \(value)"))
      }
    }
    return places
  }
}
