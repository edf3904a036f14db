import Checkpointing
import Pipeline
import PluginHost

/// Which plugin versions a job starts with: the newest that can go on with what the last checkpoint was written by.
/// Versions that would not be taken over while the job runs are not taken over by a restart either.
struct VersionChoice {
  let store: CheckpointStore

  /// `resolved`, or the plan of the same file with older versions in `catalog`. Throws `JobError` if there is none that
  /// the file is right with.
  func fit(
    _ document: PipelineDocument, _ resolved: ResolvedPlan, _ catalog: inout PluginCatalog
  ) throws -> ResolvedPlan {
    guard let manifest = newestManifest() else { return resolved }
    exclude(manifest, resolved, &catalog)
    guard !catalog.excluded.isEmpty else { return resolved }
    let result = document.plan(catalog: catalog)
    guard let plan = result.plan else {
      throw JobError(.usage, "pipeline", "with the plugin versions that fit the checkpoint: \(result.text)")
    }
    return ResolvedPlan(plan, catalog: catalog)
  }

  /// Only a hint to what ran last: what is restored is decided later, and its states are checked then.
  private func newestManifest() -> Manifest? {
    guard let epochs = try? store.epochs() else { return nil }
    return epochs.reversed().lazy.compactMap { try? store.manifest(of: $0).manifest }.first
  }

  private func exclude(_ manifest: Manifest, _ resolved: ResolvedPlan, _ catalog: inout PluginCatalog) {
    for (index, newest) in resolved.operators {
      let step = resolved.plan.steps[index].id
      guard let recorded = manifest.plugins.last(where: { $0.step == step && $0.id == newest.descriptor.id }),
        let version = SemanticVersion(recorded.version),
        let ran = catalog.registry.operators[recorded.id]?.first(where: { $0.descriptor.version == version })
      else { continue }
      while let next = catalog.operatorType(recorded.id), next.descriptor.version > version,
        let difference = PluginOperator.difference(of: next.descriptor, from: ran.descriptor)
      {
        catalog.excluded.insert(.init(kind: .operator, id: recorded.id, version: next.descriptor.version))
        Log.write(
          .warning, "plugins",
          "\(recorded.id) \(next.descriptor.version) can't go on with the state of \(version): \(difference); "
            + "starting with \(version)")
      }
    }
  }
}
