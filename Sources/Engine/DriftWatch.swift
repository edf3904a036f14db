/// Decides when to tell that splits of a step wait for others: when the first has, once in an attempt.
struct DriftWatch: Sendable {
  /// Steps of which it is told.
  private var told: Set<String> = []

  /// Looks at the splits of all steps; gives what should be told now.
  mutating func note(_ splits: [JobStatus.Split]) -> [String] {
    splits.filter { $0.paused_us > 0 && told.insert($0.step).inserted }.map { split in
      "step \"\(split.step)\": \(split.split) has been paused: its event time is further ahead of the step's slowest than "
        + "`max_drift` allows. Others may follow; `millrace status` shows them"
    }
  }
}
