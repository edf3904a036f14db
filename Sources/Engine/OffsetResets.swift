import Kafka

/// Makes known that partitions of a step are read on from other offsets than they were to be. [any]
struct OffsetResets: Sendable {
  let step: String
  var registry = MetricsRegistry.shared

  /// Warns and counts.
  func note(_ reset: OffsetReset) {
    let labels: MetricsRegistry.Labels = [
      "step": step, "topic": reset.place.topic, "partition": String(reset.place.partition),
    ]
    registry.counter(
      "millrace_offset_resets_total",
      help: "Times that a partition did not have the next offset and was read on elsewhere.",
      labels
    ).add(1)
    registry.counter("millrace_offsets_skipped_total", help: "Offsets that were passed over by that.", labels)
      .add(Double(reset.to - reset.from))
    Log.write(
      .warning, "source", "\(reset.place)@\(reset.from) is gone, reading on at offset \(reset.to)",
      ["step": step, "skipped": String(reset.to - reset.from)])
  }
}
