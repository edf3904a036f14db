import Checkpointing
import Columnar
import Dataflow
import Pipeline

/// Deals a checkpoint's state out to the workers.
struct Restore {
  let plan: LogicalPlan
  let manifest: Manifest
  let store: CheckpointStore

  /// What each worker starts from. Reads the state files. Throws `CheckpointError` or `JobError`.
  func workers() throws -> [Worker.Restored] {
    guard manifest.keyGroups == plan.keyGroups else {
      throw JobError(
        .usage, "key-groups-changed",
        "key_groups is \(plan.keyGroups), but this job was born with \(manifest.keyGroups) and its state is cut by them: "
          + "set key_groups to \(manifest.keyGroups), or start a new job under another name")
    }
    var workers = Array(repeating: Worker.Restored(), count: plan.parallelism)
    for file in manifest.stateFiles { try deal(file, to: &workers) }
    return workers
  }

  private func deal(_ file: Manifest.StateFile, to workers: inout [Worker.Restored]) throws {
    guard let node = plan.steps.firstIndex(where: { $0.id == file.step }) else {
      throw JobError(
        .usage, "step-gone",
        "the checkpoint of epoch \(manifest.epoch) has state of step \"\(file.step)\", which the pipeline file does not "
          + "have: give the step its id back, or start a new job under another name")
    }
    guard let snapshot = SnapshotFile.decode(try store.readState(file, epoch: manifest.epoch)) else {
      throw CheckpointError(
        path: "\(store.path(of: file.epoch ?? manifest.epoch))/\(file.name)", reason: "is not a state file")
    }
    let version = manifest.plugins.last { $0.step == file.step }?.version ?? ""
    let written = groups(file.worker, of: manifest.parallelism)
    for worker in workers.indices {
      var part = snapshot
      // Private bytes belong to no key: each goes to one instance.
      if file.worker % workers.count != worker { part.own = [] }
      if !groups(worker, of: workers.count).overlaps(written) { part.keyed = [] }
      guard !part.keyed.isEmpty || !part.own.isEmpty else { continue }
      workers[worker].operators[node, default: []].append((part, version: version))
    }
  }

  private func groups(_ worker: Int, of count: Int) -> Range<Int> {
    keyGroups(ofWorker: worker, keyGroups: plan.keyGroups, workers: count)
  }

  /// Where each split of a plugin source step goes on, by step.
  static func splitPositions(_ plan: LogicalPlan, _ manifest: Manifest?) -> [Int: [SplitPosition]] {
    var result: [Int: [SplitPosition]] = [:]
    for (index, step) in plan.steps.enumerated() {
      guard case .pluginSource(let source) = step.kind else { continue }
      let known = (manifest?.splits ?? []).filter { $0.step == step.id }
      result[index] = (0..<source.splitCount).map { number in
        let name = "split-\(number)"
        let found = known.first { $0.split == name }
        return SplitPosition(split: name, next: found?.next ?? 0, watermark_us: found?.watermark_us ?? .min)
      }
    }
    return result
  }
}
