import Checkpointing

/// What checkpoints of keyed state count. [control]
struct StateMetrics {
  let registry: MetricsRegistry

  /// A step has so many keys on a worker.
  func keys(_ place: Restore.Place, _ count: Int) {
    registry.gauge(
      "millrace_state_keys", help: "Keys with state or timers, at the last barrier.",
      ["step": place.step, "worker": String(place.worker)]
    ).set(count)
  }

  /// A checkpoint is prepared, with new runs of these sizes.
  func written(_ sizes: [Int64], chains: some Collection<StateChain>) {
    registry.counter("millrace_checkpoint_written_bytes_total", help: "Changes of keyed state that were written.")
      .add(Double(sizes.reduce(0, +)))
    registry.gauge("millrace_checkpoint_runs", help: "Runs that the last checkpoint lists.")
      .set(chains.reduce(0) { $0 + $1.files.count })
    registry.gauge("millrace_checkpoint_bytes", help: "Bytes of the runs that the last checkpoint lists.")
      .set(chains.reduce(0) { sum, chain in sum + chain.files.reduce(0) { $0 + Int($1.size) } })
  }

  /// Runs were merged.
  func compacted(_ done: Compactor.Done) {
    registry.counter("millrace_compactions_total", help: "Merges of runs.").add(1)
    registry.counter("millrace_compaction_written_bytes_total", help: "Bytes of runs that merging wrote.")
      .add(Double(done.file?.size ?? 0))
    registry.counter("millrace_compaction_seconds_total", help: "Time spent merging.")
      .add(Double(done.duration_us) / 1_000_000)
  }
}
