import Dataflow
import Kafka

/// Steps and splits of an attempt, from what its workers count: `sample`, compared with `base`, which is older.
struct CounterReport {
  let view: AttemptView
  let sample: CounterSample
  let base: CounterSample?

  /// Over which rates are taken; nil if there are none.
  var window_us: Int64? { base.map { sample.time_us - $0.time_us } }

  /// A rate with a digit after the point; nil if there is nothing to compare with.
  private func perSecond(_ now: Int64, _ before: Int64?) -> Double? {
    guard let window_us, let before else { return nil }
    return (Double(now - before) * 10_000_000 / Double(window_us)).rounded() / 10
  }

  /// Part of all workers' time, with three digits after the point; nil if there is nothing to compare with.
  private func share(_ now_us: Int64, _ before_us: Int64?) -> Double? {
    guard let window_us, let before_us else { return nil }
    let share = Double(now_us - before_us) / Double(window_us) / Double(view.workers.count)
    return (min(1, share) * 1000).rounded() / 1000
  }

  // MARK: - Steps

  var steps: [JobStatus.Step] {
    view.steps.enumerated().map { node, step in
      JobStatus.Step(
        step: step.id, kind: step.kind, rowsIn: view.workers.reduce(0) { $0 + $1.rowsIn(node: node) },
        rowsOut: view.workers.reduce(0) { $0 + $1.rowsOut(node: node) },
        rowsPerS: perSecond(sample.rows[node], base?.rows[node]),
        busyShare: share(sample.busy_us[node], base?.busy_us[node]),
        backPressureShare: step.waits ? share(sample.backPressure_us[node], base?.backPressure_us[node]) : nil,
        watermark_us: watermark_us(node))
    }
  }

  /// The least of the workers that have one: a worker that nothing comes to has none.
  private func watermark_us(_ node: NodeIndex) -> Int64? {
    let least = view.workers.map { $0.watermark_us(node: node) }.filter { $0 != .min }.min()
    return least == .max ? nil : least
  }

  // MARK: - Splits

  /// By step, then as the topics' names and partitions' numbers go.
  var splits: [JobStatus.Split] {
    view.steps.indices.flatMap { node -> [JobStatus.Split] in
      var splits = view.workers.enumerated().flatMap { worker, metrics in
        metrics.splits(node: node).map { split($0, node, worker) }
      }
      splits.sort { ($0.topic ?? $0.split, $0.partition ?? 0) < ($1.topic ?? $1.split, $1.partition ?? 0) }
      Self.markHolder(&splits)
      return splits
    }
  }

  private func split(_ metrics: SplitMetrics, _ node: NodeIndex, _ worker: Int) -> JobStatus.Split {
    let topics = view.topics[node]
    let place = topics.flatMap { _ in TopicPartition(metrics.split) }
    let end = place.flatMap { topics?.end($0) }
    let next = metrics.next
    let key = CounterSample.Split(node: node, name: metrics.split)
    return JobStatus.Split(
      step: view.steps[node].id, split: metrics.split, topic: place?.topic, partition: place?.partition, worker: worker,
      next: next, end: end, lag: end.map { max(0, $0 - next) },
      rowsPerS: perSecond(sample.rowsOfSplits[key] ?? 0, base?.rowsOfSplits[key]),
      watermark_us: metrics.watermark_us == .min ? nil : metrics.watermark_us,
      condition: Self.condition(metrics.condition), paused_us: metrics.paused_us)
  }

  private static func condition(_ condition: SplitCondition) -> JobStatus.Split.Condition {
    switch condition {
    case .active: .active
    case .idle: .idle
    case .ended: .ended
    case .paused: .paused
    }
  }

  /// Marks the split of a step that its event time waits for: of the active ones the one furthest behind; one that has no
  /// event time yet is behind all that do. None if no split has any.
  static func markHolder(_ splits: inout [JobStatus.Split]) {
    guard splits.contains(where: { $0.watermark_us != nil }) else { return }
    let slowest = splits.indices.filter { splits[$0].condition == .active }.min {
      (splits[$0].watermark_us ?? .min) < (splits[$1].watermark_us ?? .min)
    }
    if let slowest { splits[slowest].holdsWatermark = true }
  }
}
