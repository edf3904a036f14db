import Checkpointing
import Dataflow
import Glibc

/// Tells how a running job gets on: one line on standard output every so often, if asked to.
final class ProgressReporter {
  private let interval_us: Int64?
  private let metrics: [WorkerMetrics]
  private let sourceNodes: [NodeIndex]
  private let timedNodes: [NodeIndex]
  private let lag: () -> Int64?
  private var last_us: Int64
  private var lastRows: Int64 = 0
  private var lastRetry_us: Int64 = .min
  private var lastKeeping_us: Int64 = .min
  private var hasToldFirst = false
  private let registry: MetricsRegistry
  private let lastEpoch: Metric
  /// To hear of the protocol's actions and events.
  var epochs: EpochMetrics

  /// - Parameters:
  ///   - interval_us: from line to line; nil for none.
  ///   - timedNodes: nodes whose watermark is shown, the least of them.
  ///   - lag: rows in the topics that are not read yet, if known.
  ///   - steps: ids of the steps, by node; the workers' counters go into `registry` under them.
  init(
    interval_us: Int64?, metrics: [WorkerMetrics], sourceNodes: [NodeIndex], timedNodes: [NodeIndex],
    lag: @escaping () -> Int64?, steps: [String] = [], registry: MetricsRegistry = .shared
  ) {
    self.interval_us = interval_us
    self.metrics = metrics
    self.sourceNodes = sourceNodes
    self.timedNodes = timedNodes
    self.lag = lag
    last_us = Clock.monotonic_us()
    self.registry = registry
    lastEpoch = registry.gauge("millrace_epoch", help: "The last epoch that counts.")
    epochs = EpochMetrics(registry: registry)
    WorkerReport(metrics: metrics, steps: steps).register(in: registry)
  }

  /// Retries of one thing are logged once in so many microseconds.
  private static let retryLogInterval_us: Int64 = 5_000_000

  /// A step of an epoch is tried again.
  func retrying(_ failure: EpochFailure) {
    registry.counter(
      "millrace_epoch_retries_total", help: "Steps of epochs that were tried again.", ["phase": failure.step.rawValue]
    ).add(1)
    guard Self.isDue(&lastRetry_us) else { return }
    Log.write(.warning, "epoch", "trying again: \(failure)")
  }

  /// Checkpoints that are not needed any more can't be removed, which is tried again after the next epoch.
  func keepsOldCheckpoints(_ failure: EpochFailure) {
    guard Self.isDue(&lastKeeping_us) else { return }
    Log.write(.warning, "epoch", "old checkpoints can't be removed, and take space: \(failure)")
  }

  private static func isDue(_ last_us: inout Int64) -> Bool {
    let now_us = Clock.monotonic_us()
    guard last_us == .min || now_us - last_us >= retryLogInterval_us else { return false }
    last_us = now_us
    return true
  }

  /// Prints a line if one is due.
  func turn(epoch: UInt64) {
    tellFirst()
    lastEpoch.set(epoch)
    guard let interval_us else { return }
    let now = Clock.monotonic_us()
    guard now - last_us >= interval_us else { return }
    let rows = totalRows
    let rate = Double(rows - lastRows) * 1_000_000 / Double(now - last_us)
    last_us = now
    lastRows = rows
    let waiting = lag().map { Self.grouped($0) } ?? "?"
    print(
      "rows \(Self.grouped(rows)) (\(Self.grouped(Int64(rate)))/s)  lag \(waiting)  watermark \(watermark)  "
        + "epoch \(epoch)")
    fflush(nil)
  }

  private func tellFirst() {
    guard !hasToldFirst, totalRows > 0 else { return }
    hasToldFirst = true
    Log.write(.debug, "job", "first rows read")
  }

  /// Rows that the sources have read in this attempt.
  var totalRows: Int64 { metrics.reduce(0) { sum, one in sum + sourceNodes.reduce(0) { $0 + one.rowsOut(node: $1) } } }

  private var watermark: String {
    let least = metrics.flatMap { one in timedNodes.map { one.watermark_us(node: $0) } }.min() ?? .min
    switch least {
    case .min: return "none"
    case .max: return "end"
    default: return Self.time(least)
    }
  }

  /// Microseconds since 1970 as `2013-01-01T10:15Z`.
  static func time(_ time_us: Int64) -> String {
    var seconds = time_t((time_us - ((time_us % 1_000_000) + 1_000_000) % 1_000_000) / 1_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func pad(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return
      "\(parts.tm_year + 1900)-\(pad(parts.tm_mon + 1))-\(pad(parts.tm_mday))T\(pad(parts.tm_hour)):\(pad(parts.tm_min))Z"
  }

  /// Digits in groups of three: 1,234,567.
  static func grouped(_ number: Int64) -> String {
    var digits = Array(String(number.magnitude))
    var index = digits.count - 3
    while index > 0 {
      digits.insert(",", at: index)
      index -= 3
    }
    return (number < 0 ? "-" : "") + String(digits)
  }
}
