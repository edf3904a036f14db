import Columnar
import Kafka
import Pipeline

/// Chooses topic and partition of the rows that one worker writes, where that takes more than the hash of a key.
struct SinkPlacement {
  /// Asks for a topic's facts, none older than so many milliseconds.
  typealias LookUp = (_ topic: String, _ maxAge_ms: Int64) -> TopicDirectory.Answer

  /// Where the rows of a batch go.
  struct Places {
    var targets: SinkRouter.Targets
    /// By row, -1: by its key; empty: all by their keys.
    var partitions: [Int32] = []
    /// Rows that can go nowhere, ascending.
    var refused: [RefusedRow] = []
  }

  private let router: SinkRouter
  private let lookUp: LookUp
  private var rule: PartitionRule

  /// Nil if all rows of `use` go to its topic, by their keys. `worker`: workers take turns from different partitions on.
  init?(_ use: TopicSink, worker: Int, lookUp: @escaping LookUp) {
    guard use.columns.route != nil || use.topic.partition != .key else { return nil }
    router = SinkRouter(use)
    rule = PartitionRule(use, worker: worker)
    self.lookUp = lookUp
  }

  /// Where the rows of a batch go, those of `bad` left aside, which is ascending; nil while the brokers are being asked.
  mutating func places(_ batch: RecordBatch, without bad: [Int]) -> Places? {
    let rows = Self.good(batch, bad)
    let targets = router.targets(batch, rows)
    guard let counts = partitionCounts(targets.names) else { return nil }
    var places = Places(targets: targets, refused: targets.refused)
    var placed: [Int] = []
    for row in rows where targets.byRow.isEmpty || targets.byRow[row] >= 0 {
      let target = targets.index(row)
      switch counts[target] {
      case .success: placed.append(row)
      case .failure(let failure):
        places.refused.append(RefusedRow(row: row, topic: targets.names[target], cause: "\(failure)"))
      }
    }
    let known = counts.map { (try? $0.get()) ?? 1 }
    guard let partitions = rule.partitions(batch, placed, targets, known, lookUp) else { return nil }
    places.partitions = partitions.byRow
    places.refused = (places.refused + partitions.refused).sorted { $0.row < $1.row }
    return places
  }

  private static func good(_ batch: RecordBatch, _ bad: [Int]) -> [Int] {
    guard !bad.isEmpty else { return Array(0..<batch.rowCount) }
    let bad = Set(bad)
    return (0..<batch.rowCount).filter { !bad.contains($0) }
  }

  /// How many partitions each topic has, or why rows can't go there; nil while one is being asked about. All are looked
  /// up before anyone waits.
  private func partitionCounts(_ names: [String]) -> [Result<Int32, KafkaFailure>]? {
    var isWhole = true
    let counts = names.map { name -> Result<Int32, KafkaFailure> in
      switch lookUp(name, .max) {
      case .waiting:
        isWhole = false
        return .success(1)
      case .known(let facts): return .success(facts.partitionCount)
      case .refused(let failure): return .failure(failure)
      }
    }
    return isWhole ? counts : nil
  }
}
