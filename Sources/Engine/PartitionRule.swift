import Columnar
import Kafka
import Pipeline

/// Chooses the partition of each row, as a topic's `partition` says.
struct PartitionRule {
  /// The partitions of some rows.
  struct Chosen {
    /// By row, -1: by its key; empty: all by their keys.
    var byRow: [Int32] = []
    var refused: [RefusedRow] = []
  }
  /// A topic is looked up again before a row is refused for a partition that it lacks, in milliseconds.
  private static let doubtAfter_ms: Int64 = 5_000

  private let rule: Topic.Partition
  private let column: (index: Int, type: DataType)?
  private let firstTurn: Int
  /// Whose turn it is, by topic.
  private var turns: [String: Int] = [:]

  /// Whether all rows go by their keys.
  var isByKey: Bool { rule == .key }

  init(_ use: TopicSink, worker: Int) {
    rule = use.topic.partition
    column = use.columns.partition.map { ($0, use.schema.fields[$0].type) }
    firstTurn = worker
  }

  /// The partitions of `rows`, of topics that have as many as `counts` says; nil while the brokers are being asked.
  mutating func partitions(
    _ batch: RecordBatch, _ rows: [Int], _ targets: SinkRouter.Targets, _ counts: [Int32],
    _ lookUp: SinkPlacement.LookUp
  ) -> Chosen? {
    switch rule {
    case .key: return Chosen()
    case .roundRobin: return inTurn(batch, rows, targets, counts)
    case .field:
      guard let column else { return Chosen() }
      let values = IntegerColumn(batch, column.index, type: column.type)
      return Self.byColumn(batch, rows, values, targets, counts, lookUp)
    }
  }

  private mutating func inTurn(
    _ batch: RecordBatch, _ rows: [Int], _ targets: SinkRouter.Targets, _ counts: [Int32]
  ) -> Chosen {
    var chosen = Chosen(byRow: Array(repeating: -1, count: batch.rowCount))
    for row in rows {
      let target = targets.index(row)
      let turn = turns[targets.names[target], default: firstTurn]
      chosen.byRow[row] = Int32(turn % Int(counts[target]))
      turns[targets.names[target]] = (turn + 1) % Int(Int32.max)
    }
    return chosen
  }

  private static func byColumn(
    _ batch: RecordBatch, _ rows: [Int], _ values: IntegerColumn, _ targets: SinkRouter.Targets, _ counts: [Int32],
    _ lookUp: SinkPlacement.LookUp
  ) -> Chosen? {
    for target in Set(rows.filter { (values[$0] ?? -1) >= counts[targets.index($0)] }.map(targets.index)) {
      // It may have grown since it was looked up: then all is looked up again.
      guard case .known(let facts) = lookUp(targets.names[target], doubtAfter_ms),
        facts.partitionCount == counts[target]
      else { return nil }
    }
    var chosen = Chosen(byRow: Array(repeating: -1, count: batch.rowCount))
    for row in rows {
      guard let value = values[row] else { continue }
      let (count, name) = (counts[targets.index(row)], targets.name(row))
      if (0..<Int64(count)).contains(value) {
        chosen.byRow[row] = Int32(value)
      } else {
        let cause = "topic \"\(name)\" has partitions 0 to \(count - 1), not \(value)"
        chosen.refused.append(RefusedRow(row: row, topic: name, cause: cause))
      }
    }
    return chosen
  }
}
