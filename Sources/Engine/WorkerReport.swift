import Dataflow

/// What the workers of an attempt count, for the metrics. [any]
struct WorkerReport: Sendable {
  /// By worker.
  var metrics: [WorkerMetrics]
  /// Ids of the steps, by node.
  var steps: [String]

  /// Copies the workers' counters into `registry` whenever it is read, in place of those of an attempt before.
  func register(in registry: MetricsRegistry) {
    registry.collect("workers") { collect(in: registry) }
  }

  private func collect(in registry: MetricsRegistry) {
    for (node, step) in steps.enumerated() {
      for (worker, counters) in metrics.enumerated() {
        collect(counters, node, ["step": step, "worker": String(worker)], registry)
      }
      collectWatermark(node, step, registry)
    }
    for (worker, counters) in metrics.enumerated() {
      registry.counter(
        "millrace_sources_held_back_seconds_total", help: "How long lack of memory has kept sources from reading.",
        ["worker": String(worker)]
      ).set(Double(counters.heldBack_us) / 1_000_000)
    }
  }

  private func collect(
    _ counters: WorkerMetrics, _ node: NodeIndex, _ labels: MetricsRegistry.Labels, _ registry: MetricsRegistry
  ) {
    registry.counter("millrace_rows_in_total", help: "Rows that came into a step, of this attempt.", labels)
      .set(counters.rowsIn(node: node))
    registry.counter("millrace_rows_out_total", help: "Rows that left a step, of this attempt.", labels)
      .set(counters.rowsOut(node: node))
    registry.counter(
      "millrace_step_busy_seconds_total", help: "How long a worker has worked for a step, of this attempt.", labels
    ).set(Double(counters.busy_us(node: node)) / 1_000_000)
    registry.counter(
      "millrace_step_back_pressure_seconds_total",
      help: "How long a step could not go on because there was no room after it, of this attempt.", labels
    ).set(Double(counters.backPressure_us(node: node)) / 1_000_000)
  }

  /// The least watermark of all workers that have one; not there while there is none, or after the end of all rows.
  private func collectWatermark(_ node: NodeIndex, _ step: String, _ registry: MetricsRegistry) {
    let least = metrics.map { $0.watermark_us(node: node) }.filter { $0 != .min }.min() ?? .max
    guard least != .max else { return }
    registry.gauge(
      "millrace_watermark_seconds", help: "Event time of a step, since 1970; the least of its workers.", ["step": step]
    ).set(Double(least) / 1_000_000)
  }
}
