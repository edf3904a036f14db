import Checkpointing
import Columnar
import Dataflow
import Glibc
import PluginHost
import State

/// Puts the workers' state into checkpoints: what changed becomes a run each, runs become chains, chains are kept
/// short. [control]
final class StateKeeper {
  /// After a failure, compaction waits so many microseconds.
  private static let failurePause_us: Int64 = 10_000_000

  private let store: CheckpointStore
  private let runs: RunFiles
  private let compactor: Compactor
  private let stepIDs: [String]
  private let names: RunNames
  private var chains: [Restore.Place: StateChain]
  /// What the epoch under way adds.
  private var added: [Restore.Place: [Manifest.StateFile]] = [:]
  /// Those of them that this object has written.
  private var written: [Manifest.StateFile] = []
  /// The runs that each kept manifest lists.
  private var listed: CheckpointStore.ListedRuns
  /// Runs that checkpoints list which were set aside.
  private var setAside: Set<String>
  /// Runs that are in no chain any more, but in manifests.
  private var replaced: Set<String> = []
  private var nextCompaction_us = Int64.min
  /// Chains with a damaged run, which merging can't mend.
  private var damaged: Set<Restore.Place> = []
  private let metrics = StateMetrics(registry: .shared)

  /// Removes runs that no checkpoint lists. Throws `CheckpointError`.
  init(
    store: CheckpointStore, keyGroupCount: Int, parallelism: Int, stepIDs: [String],
    chains: [Restore.Place: StateChain]
  ) throws {
    self.store = store
    self.stepIDs = stepIDs
    self.chains = chains
    names = RunNames(keyGroupCount: keyGroupCount, parallelism: parallelism)
    runs = RunFiles(store: store, keyGroupCount: keyGroupCount)
    compactor = Compactor(runs: runs)
    try store.removeUnlistedRuns()
    listed = try store.listedRuns()
    setAside = try store.setAsideRuns()
    replaced = listed.all.subtracting(chains.values.flatMap { $0.files.map(\.name) })
  }

  // MARK: - An epoch

  /// Writes what `snapshots` (by worker) have, durably but for the directory entries; gives the files for the
  /// manifest. May be called again if the manifest could not be written.
  func write(epoch: UInt64, _ snapshots: [WorkerSnapshot]) throws -> [Manifest.StateFile] {
    adoptCompaction()
    try store.removeRuns(written.map(\.name))
    (added, written) = ([:], [])
    var files: [Manifest.StateFile] = []
    for (worker, snapshot) in snapshots.enumerated() {
      for (node, state) in snapshot.operators.sorted(by: { $0.key < $1.key }) {
        let place = Restore.Place(step: stepIDs[node], worker: worker)
        if let delta = state.keyed as? KeyedDelta {
          metrics.keys(place, delta.keyCount)
          added[place] = try write(delta, place, epoch)
        }
        if !state.own.isEmpty { files.append(try write(state.own, place, epoch)) }
      }
    }
    let places = Set(chains.keys).union(added.keys).sorted { ($0.step, $0.worker) < ($1.step, $1.worker) }
    for place in places { files += (chains[place]?.files ?? []) + (added[place] ?? []) }
    return files
  }

  /// The runs of an epoch's changes, oldest first.
  private func write(_ delta: KeyedDelta, _ place: Restore.Place, _ epoch: UInt64) throws -> [Manifest.StateFile] {
    let early = delta.overflow.compactMap { $0 as? Manifest.StateFile }
    guard !delta.isEmpty else { return early }
    written.append(try runs.write(delta, into: names.next(place, String(epoch))))
    FaultPoint.afterRun.reach(epoch: epoch)
    return early + written.suffix(1)
  }

  private func write(_ own: [UInt8], _ place: Restore.Place, _ epoch: UInt64) throws -> Manifest.StateFile {
    try own.withUnsafeBytes {
      try store.writeOwn(
        $0, epoch: epoch, step: place.step, worker: place.worker, name: "own-\(place.step)-\(place.worker)")
    }
  }

  /// The manifest that lists `files` is durable. Gives how many bytes of them were written for this epoch.
  func prepared(epoch: UInt64, _ files: [Manifest.StateFile]) -> Int64 {
    let sizes = added.values.joined().map(\.size) + files.filter { $0.kind == .own }.map(\.size)
    for (place, files) in added { for file in files { chains[place, default: StateChain()].append(file) } }
    metrics.written(added.values.joined().map(\.size), chains: chains.values)
    (added, written) = ([:], [])
    listed.names[epoch] = Set(files.filter { $0.kind == .run }.map(\.name))
    compact(epoch)
    return sizes.reduce(0, +)
  }

  /// The checkpoints of `epochs` are gone: removes the runs that nothing needs any more.
  func dropped(_ epochs: [UInt64]) throws {
    for epoch in epochs { listed.names[epoch] = nil }
    let gone = replaced.subtracting(setAside).subtracting(listed.all)
      .subtracting(chains.values.flatMap { $0.files.map(\.name) })
    try store.removeRuns(gone)
    replaced.subtract(gone)
  }

  // MARK: - Compaction

  private func compact(_ epoch: UInt64) {
    guard compactor.isIdle, Clock.monotonic_us() >= nextCompaction_us else { return }
    let longest = chains.filter { $0.value.compaction != nil && !damaged.contains($0.key) }
      .max { $0.value.files.count < $1.value.files.count }
    guard let (place, chain) = longest, let range = chain.compaction else { return }
    FaultPoint.beforeCompaction.reach(epoch: epoch)
    compactor.start(
      Compactor.Order(
        place: place, files: Array(chain.files[range]), result: names.next(place, String(epoch)),
        isWhole: range.lowerBound == 0))
  }

  private func adoptCompaction() {
    guard let done = compactor.take() else { return }
    if let failure = done.failure {
      if failure is RunFiles.Cancelled { return }
      nextCompaction_us = Clock.monotonic_us() + Self.failurePause_us
      if (failure as? RunError)?.isDamage == true { damaged.insert(done.order.place) }
      try? store.removeRuns([done.order.result.name])
      return Log.write(.warning, "compaction", "step \(done.order.place.step): \(failure)", [:])
    }
    let names = done.order.files.map(\.name)
    guard chains[done.order.place]?.replace(done.order.files, by: done.file) == true else { return }
    replaced.formUnion(names)
    metrics.compacted(done)
    if done.file == nil { try? store.removeRuns([done.order.result.name]) }
    Log.write(
      .debug, "compaction", "\(names.count) runs of \(done.order.place.step) became one",
      ["bytes": String(done.file?.size ?? 0), "duration_ms": String(done.duration_us / 1000)])
  }

  /// Checkpoints after `epoch` are gone or were set aside: the runs of the latter stay.
  func discarded(after epoch: UInt64) throws {
    listed.names = listed.names.filter { $0.key <= epoch }
    setAside = try store.setAsideRuns()
  }

  /// Ends the work in the background; nothing is written afterwards.
  func stop() {
    compactor.stop()
    if let done = compactor.take() { try? store.removeRuns([done.order.result.name]) }
  }
}
