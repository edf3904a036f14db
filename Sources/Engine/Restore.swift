import Checkpointing
import Columnar
import Dataflow
import Pipeline
import PluginHost
import State

/// Deals a checkpoint's state out to the workers.
struct Restore {
  /// The keyed state of a step on a worker.
  struct Place: Hashable {
    var step: String
    var worker: Int
  }
  let plan: LogicalPlan
  /// The steps with the states that the running versions declare.
  let steps: [Manifest.Step]
  let manifest: Manifest
  let store: CheckpointStore

  /// What each worker starts from. Reads what is small; the runs are read by the workers. Throws `CheckpointError`,
  /// `StateError` or `JobError`.
  func workers() throws -> [Worker.Restored] {
    try check()
    var workers = Array(repeating: Worker.Restored(), count: plan.parallelism)
    for file in manifest.stateFiles where file.kind == .own { try dealOwn(file, to: &workers) }
    for (place, chain) in chains() { try deal(chain, of: place, to: &workers) }
    return workers
  }

  private func check() throws {
    guard manifest.keyGroups == plan.keyGroups else {
      throw JobError(
        .usage, "key-groups-changed",
        "key_groups is \(plan.keyGroups), but this job was born with \(manifest.keyGroups) and its state is cut by them: "
          + "set key_groups to \(manifest.keyGroups), or start a new job under another name")
    }
    for step in Set(manifest.stateFiles.map(\.step)) { try checkStates(of: step) }
  }

  private func checkStates(of step: String) throws {
    guard let now = steps.first(where: { $0.id == step }) else {
      throw JobError(
        .usage, "step-gone",
        "the checkpoint of epoch \(manifest.epoch) has state of step \"\(step)\", which the pipeline file does not "
          + "have: give the step its id back, or start a new job under another name")
    }
    guard let then = manifest.steps.first(where: { $0.id == step }), then != now else { return }
    throw JobError(
      .failed, "states-changed",
      "step \"\(step)\": the checkpoint's state is (\(Self.text(then))), the operator declares (\(Self.text(now))): run "
        + "a version of the operator with the same states, or give the step the same key back")
  }

  private static func text(_ step: Manifest.Step) -> String {
    let states = step.states.map {
      "\($0.name) kind \($0.kind) \($0.schema)\($0.mapKeySchema.map { " by \($0)" } ?? "") version \($0.version)"
    }
    return "key \(step.key ?? "none"); " + states.joined(separator: "; ")
  }

  // MARK: - Chains

  /// The chains that the workers go on with: if there are now other workers, each has the parts of all old chains
  /// that hold key groups of its own. Chains of different old workers have no key in common, so their order does not
  /// matter.
  func chains() -> [Place: StateChain] {
    var result: [Place: StateChain] = [:]
    for file in manifest.stateFiles {
      guard let groups = file.keyGroups, file.kind == .run else { continue }
      for worker in 0..<plan.parallelism {
        let mine = keyGroups(ofWorker: worker, keyGroups: plan.keyGroups, workers: plan.parallelism)
          .clamped(to: groups.range)
        guard !mine.isEmpty else { continue }
        var file = file
        file.worker = worker
        file.keyGroups = .init(mine)
        result[Place(step: file.step, worker: worker), default: StateChain()].append(file)
      }
    }
    return result
  }

  private func deal(_ chain: StateChain, of place: Place, to workers: inout [Worker.Restored]) throws {
    guard let node = plan.steps.firstIndex(where: { $0.id == place.step }) else { return }
    let runs = try RunFiles(store: store, keyGroupCount: plan.keyGroups).open(chain.files)
    workers[place.worker].operators[node, default: []].append((OperatorSnapshot(keyed: runs), version: ""))
  }

  private func dealOwn(_ file: Manifest.StateFile, to workers: inout [Worker.Restored]) throws {
    guard let node = plan.steps.firstIndex(where: { $0.id == file.step }) else { return }
    let version = manifest.plugins.last { $0.step == file.step }?.version ?? ""
    // Private bytes belong to no key: each goes to one instance.
    workers[file.worker % workers.count].operators[node, default: []].append(
      (OperatorSnapshot(own: try store.readOwn(file, epoch: manifest.epoch)), version: version))
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
