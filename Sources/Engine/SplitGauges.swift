/// How far the splits of sources are, as metrics.
enum SplitGauges {
  /// Fills `registry` with the splits of the attempt that runs whenever it is read.
  static func register(in registry: MetricsRegistry, _ board: StatusBoard) {
    registry.collect("splits") {
      guard let view = board.current.view else { return }
      let sample = CounterSample(view, attempt: 0, time_us: 0)
      for split in CounterReport(view: view, sample: sample, base: nil).splits { set(split, registry) }
    }
  }

  private static func set(_ split: JobStatus.Split, _ registry: MetricsRegistry) {
    let labels: MetricsRegistry.Labels = ["step": split.step, "split": split.split]
    registry.gauge("millrace_split_next", help: "The offset that is read next.", labels).set(split.next)
    if let lag = split.lag {
      registry.gauge("millrace_split_lag", help: "Offsets from the next to the end that is known.", labels).set(lag)
    }
    if let watermark_us = split.watermark_us {
      registry.gauge("millrace_split_watermark_seconds", help: "Event time of a split, since 1970.", labels)
        .set(Double(watermark_us) / 1_000_000)
    }
    registry.gauge(
      "millrace_split_holds_watermark", help: "1 for the split that its step's event time waits for, else 0.", labels
    ).set(split.holdsWatermark ? 1 : 0)
    registry.gauge(
      "millrace_split_paused", help: "1 for a split that is not read, since it is too far ahead of others, else 0.",
      labels
    ).set(split.condition == .paused ? 1 : 0)
    registry.counter(
      "millrace_split_paused_seconds_total", help: "How long a split was paused, of this attempt.", labels
    ).set(Double(split.paused_us) / 1_000_000)
  }
}
