import Dataflow

/// What an attempt has counted up to one moment.
struct CounterSample: Sendable {
  struct Split: Hashable, Sendable {
    var node: NodeIndex
    var name: String
  }
  /// By a monotonic clock.
  var time_us: Int64
  var attempt: Int
  /// By node, over all workers: rows in, of a source rows out.
  var rows: [Int64]
  /// By node, over all workers.
  var busy_us: [Int64] = []
  /// By node, over all workers.
  var backPressure_us: [Int64] = []
  var rowsOfSplits: [Split: Int64]
}

extension CounterSample {
  init(_ view: AttemptView, attempt: Int, time_us: Int64) {
    self.init(time_us: time_us, attempt: attempt, rows: [], rowsOfSplits: [:])
    for (node, step) in view.steps.enumerated() {
      rows.append(
        view.workers.reduce(0) { $0 + (step.kind == "source" ? $1.rowsOut(node: node) : $1.rowsIn(node: node)) })
      busy_us.append(view.workers.reduce(0) { $0 + $1.busy_us(node: node) })
      backPressure_us.append(view.workers.reduce(0) { $0 + $1.backPressure_us(node: node) })
      for split in view.workers.flatMap({ $0.splits(node: node) }) {
        rowsOfSplits[Split(node: node, name: split.split)] = split.rows
      }
    }
  }
}

/// Samples of the last ten seconds, for rates.
struct CounterHistory: Sendable {
  /// How far a sample to compare with lies back, if there is one.
  static let window_us: Int64 = 10_000_000
  /// From one sample to the next, at least.
  private static let step_us: Int64 = 500_000
  /// Over a shorter time no rate is told.
  private static let shortest_us: Int64 = 200_000

  private var samples: [CounterSample] = []

  /// Keeps `sample`, if it is not too close to the one before. Those of an attempt before are forgotten.
  mutating func add(_ sample: CounterSample) {
    if samples.last?.attempt != sample.attempt { samples = [] }
    if let last = samples.last, sample.time_us - last.time_us < Self.step_us { return }
    samples.append(sample)
    while samples.count > 1, sample.time_us - samples[1].time_us >= Self.window_us { samples.removeFirst() }
  }

  /// What to compare `sample` with: the youngest that is ten seconds older, or else the attempt's first. Nil if there is none
  /// that is old enough to tell.
  func base(of sample: CounterSample) -> CounterSample? {
    let older = samples.filter {
      $0.attempt == sample.attempt && sample.time_us - $0.time_us >= Self.shortest_us
    }
    return older.last { sample.time_us - $0.time_us >= Self.window_us } ?? older.first
  }
}
