import Columnar

/// Decides when to tell that one split holds a step's event time back: when it has not moved for ten seconds although others
/// have, then every minute.
struct WatermarkWatch: Sendable {
  /// A split that holds event time back.
  struct Finding: Equatable, Sendable, CustomStringConvertible {
    var step: String
    var split: String
    /// Microseconds since 1970; nil for none yet.
    var watermark_us: Int64?
    /// For how long it has not moved.
    var duration_us: Int64
    /// How far the furthest is that counts too.
    var furthest_us: Int64

    var description: String {
      let time = DataType.timestamp(.microsecond, zone: "UTC")
      let own = watermark_us.map { "its event time is \(Scalar.integer($0).text(time))" } ?? "it has no event time yet"
      return "step \"\(step)\": \(split) holds the watermark back: \(own), and has not moved for "
        + "\(duration_us / 1_000_000) s, others are at up to \(Scalar.integer(furthest_us).text(time)). Look at who writes "
        + "there; a partition that may be silent needs a shorter `idle_after`"
    }
  }

  static let patience_us: Int64 = 10_000_000
  static let repeat_us: Int64 = 60_000_000

  private struct Stuck: Sendable {
    var split: String
    var watermark_us: Int64?
    var since_us: Int64
    /// How far the furthest was then.
    var furthest_us: Int64
    var lastTold_us: Int64?
  }
  /// By step.
  private var stuck: [String: Stuck] = [:]

  /// Looks at the splits of all steps at `now_us`, of a monotonic clock; gives what should be told now.
  mutating func note(_ splits: [JobStatus.Split], now_us: Int64) -> [Finding] {
    Dictionary(grouping: splits, by: \.step).sorted { $0.key < $1.key }.compactMap { step, splits in
      note(step, splits.filter { $0.condition == .active || $0.condition == .paused }, now_us)
    }
  }

  private mutating func note(_ step: String, _ active: [JobStatus.Split], _ now_us: Int64) -> Finding? {
    guard let holder = active.first(where: \.holdsWatermark), let furthest_us = active.compactMap(\.watermark_us).max(),
      holder.watermark_us != furthest_us
    else {
      stuck[step] = nil
      return nil
    }
    var known = stuck[step] ?? Stuck(split: "", since_us: now_us, furthest_us: furthest_us)
    if known.split != holder.split || known.watermark_us != holder.watermark_us {
      known = Stuck(
        split: holder.split, watermark_us: holder.watermark_us, since_us: now_us, furthest_us: furthest_us,
        lastTold_us: known.lastTold_us)
    }
    // Those that wait for it would have moved.
    let haveOthersMoved = furthest_us > known.furthest_us || active.contains { $0.condition == .paused }
    let isDue = now_us - known.since_us >= Self.patience_us && haveOthersMoved
    let isTold = known.lastTold_us.map { now_us - $0 < Self.repeat_us } ?? false
    if isDue && !isTold { known.lastTold_us = now_us }
    stuck[step] = known
    guard isDue && !isTold else { return nil }
    return Finding(
      step: step, split: holder.split, watermark_us: holder.watermark_us, duration_us: now_us - known.since_us,
      furthest_us: furthest_us)
  }
}
