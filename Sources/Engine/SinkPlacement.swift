import Columnar
import Kafka
import Pipeline

/// Chooses topic and partition of the rows that one worker writes.
struct SinkPlacement {
  /// Asks for a topic's facts, none older than so many milliseconds.
  typealias LookUp = (_ topic: String, _ maxAge_ms: Int64) -> TopicDirectory.Answer

  /// Where the rows of a batch go.
  struct Places {
    var targets: SinkRouter.Targets
    /// How many partitions each of the targets has.
    var counts: [Int32]
    /// What each of the targets takes.
    var limits: [TopicLimits]
    /// By row, -1: by its key; empty: all by their keys.
    var partitions: [Int32] = []
    /// Rows that can go nowhere, ascending.
    var refused: [RefusedRow] = []
  }

  private let router: SinkRouter
  private let lookUp: LookUp
  private var rule: PartitionRule

  /// `worker`: workers take turns from different partitions on.
  init(_ use: TopicSink, worker: Int, lookUp: @escaping LookUp) {
    router = SinkRouter(use)
    rule = PartitionRule(use, worker: worker)
    self.lookUp = lookUp
  }

  /// Where the rows of a batch go, those of `bad` left aside, which is ascending; nil while the brokers are being asked.
  mutating func places(_ batch: RecordBatch, without bad: [Int]) -> Places? {
    if rule.isByKey, let name = router.onlyTopic, case .known(let facts) = lookUp(name, .max) {
      // The usual case costs nothing per row.
      return Places(
        targets: SinkRouter.Targets(names: [name]), counts: [facts.partitionCount],
        limits: [facts.limits ?? TopicLimits()])
    }
    let rows = Self.good(batch, bad)
    let targets = router.targets(batch, rows)
    guard let found = facts(targets.names) else { return nil }
    var places = Places(
      targets: targets, counts: found.map { (try? $0.get().partitionCount) ?? 1 },
      limits: found.map { (try? $0.get().limits) ?? TopicLimits() }, refused: targets.refused)
    var placed: [Int] = []
    for row in rows where targets.byRow.isEmpty || targets.byRow[row] >= 0 {
      switch found[targets.index(row)] {
      case .success: placed.append(row)
      case .failure(let failure):
        places.refused.append(RefusedRow(row: row, topic: targets.name(row), cause: "\(failure)"))
      }
    }
    guard let chosen = rule.partitions(batch, placed, targets, places.counts, lookUp) else { return nil }
    places.partitions = chosen.byRow
    places.refused = (places.refused + chosen.refused).sorted { $0.row < $1.row }
    return places
  }

  private static func good(_ batch: RecordBatch, _ bad: [Int]) -> [Int] {
    guard !bad.isEmpty else { return Array(0..<batch.rowCount) }
    let bad = Set(bad)
    return (0..<batch.rowCount).filter { !bad.contains($0) }
  }

  /// What is known of each topic, or why rows can't go there; nil while one is being asked about. All are looked up
  /// before anyone waits.
  private func facts(_ names: [String]) -> [Result<TopicFacts, KafkaFailure>]? {
    let answers = names.map { lookUp($0, .max) }
    var facts: [Result<TopicFacts, KafkaFailure>] = []
    for answer in answers {
      switch answer {
      case .waiting: return nil
      case .known(let known): facts.append(.success(known))
      case .refused(let failure): facts.append(.failure(failure))
      }
    }
    return facts
  }
}
