import Checkpointing
import Columnar
import Synchronization

/// Names of the runs that one attempt writes. None was ever used before: a run that a manifest lists must never be
/// written again. Any thread.
final class RunNames: Sendable {
  private let keyGroupCount: Int
  private let parallelism: Int
  private let attempt = String(UInt32.random(in: 0...UInt32.max), radix: 36)
  private let count = Atomic<Int>(0)

  init(keyGroupCount: Int, parallelism: Int) {
    self.keyGroupCount = keyGroupCount
    self.parallelism = parallelism
  }

  /// A run of `place` that is not written yet. `part`: of what, for whoever looks at the directory.
  func next(_ place: Restore.Place, _ part: String) -> Manifest.StateFile {
    let number = count.add(1, ordering: .relaxed).newValue
    let groups = keyGroups(ofWorker: place.worker, keyGroups: keyGroupCount, workers: parallelism)
    return Manifest.StateFile(
      step: place.step, worker: place.worker, kind: .run,
      name: "\(place.step)-\(place.worker)-\(part)-\(attempt)-\(number).run", size: 0, sha256: "",
      keyGroups: .init(groups))
  }
}
