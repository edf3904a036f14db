import Columnar
import Dataflow
import Glibc
import Pipeline
import PluginHost

/// Newer versions could not take over on one worker: the attempt ends, and the next one runs without them.
struct SwapError: Error, CustomStringConvertible {
  /// The step where it failed. Its own version need not be a new one: it may be the rows of a new one before it.
  var step: String
  var reason: String
  var description: String { "step \"\(step)\" can't go on with a newer version: \(reason)" }
}

/// Looks for newer versions of what runs, and gets them ready to take over at a barrier. [control]
final class SwapManager {
  /// Newer versions that are ready.
  struct Prepared {
    var resolved: ResolvedPlan
    var replacements: Replacements
    /// What takes over, e.g. "examples.knock_on_delay 2.0.0", and from which version.
    var changes: [(what: String, from: String)]
  }

  private let document: PipelineDocument
  private let settings: PluginSettings
  private(set) var catalog: PluginCatalog
  /// What runs now.
  private(set) var resolved: ResolvedPlan
  private var parts: AttemptParts?
  private var prepared: Prepared?
  /// What workers have been told to go over to.
  private var taking: Prepared?
  private var nextScan_us: Int64 = 0

  init(document: PipelineDocument, resolved: ResolvedPlan, catalog: PluginCatalog) {
    self.document = document
    self.resolved = resolved
    self.catalog = catalog
    settings = resolved.plan.plugins
  }

  /// A new attempt begins; what was ready for the last one is not for this.
  func attach(_ parts: AttemptParts) {
    self.parts = parts
    (prepared, taking) = (nil, nil)
    if settings.onNewVersion == .swap { prepare() }
  }

  var hasPrepared: Bool { prepared != nil }

  /// Hands over what is ready, for the barrier that is about to be injected.
  func take() -> Prepared? {
    (taking, prepared) = (prepared, nil)
    return taking
  }

  /// All workers have gone over to `done`, from `epoch` on.
  func finish(_ done: Prepared, fromEpoch epoch: UInt64) {
    taking = nil
    resolved = done.resolved
    for (what, from) in done.changes {
      Log.write(.info, "swap", "\(what) takes over from \(from)", ["from_epoch": String(epoch)])
    }
  }

  /// The versions that are taking over failed to: they are not tried again.
  func giveUp(_ error: SwapError) {
    guard let failed = taking else { return }
    for version in PlanChange(from: resolved, to: failed.resolved).versions {
      refuse(version.offered, error.description)
    }
    taking = nil
  }

  /// Looks into the directories if it is time to.
  func scan(now_us: Int64) {
    guard now_us >= nextScan_us else { return }
    nextScan_us = now_us &+ settings.scanInterval.microseconds
    let findings = catalog.registry.scan()
    var isNew = false
    for finding in findings {
      PluginLog.write(finding)
      if case .loaded = finding { isNew = true }
    }
    if isNew && settings.onNewVersion == .swap { prepare() }
  }

  // MARK: - Preparing

  private func prepare() {
    guard let parts else { return }
    refuseUnfit()
    guard let next = plan(), let prepared = prepared(next, parts) else { return }
    self.prepared = prepared
  }

  private func refuse(_ version: OfferedVersion, _ reason: String) {
    catalog.excluded.insert(version)
    Log.write(
      .warning, "swap", "\(version.id) \(version.version) is refused, the running version goes on: \(reason)", [:])
  }

  /// Leaves out versions that can't take over. Sources and sinks are never swapped: what a position means, and what is
  /// prepared, is theirs.
  private func refuseUnfit() {
    for running in resolved.operators.values {
      while let newest = catalog.operatorType(running.descriptor.id),
        newest.descriptor.version > running.descriptor.version,
        let difference = PluginOperator.difference(of: newest.descriptor, from: running.descriptor)
      {
        refuse(.init(kind: .operator, id: newest.descriptor.id, version: newest.descriptor.version), difference)
      }
    }
    for running in resolved.sources.values.map(\.descriptor) {
      refuseNewer(than: running, .source) { catalog.sourceType(running.id)?.descriptor }
    }
    for running in resolved.sinks.values.map(\.descriptor) {
      refuseNewer(than: running, .sink) { catalog.sinkType(running.id)?.descriptor }
    }
  }

  /// Leaves out versions of a source or sink that runs.
  private func refuseNewer(
    than running: SimpleDescriptor, _ kind: PluginKind, _ newest: () -> SimpleDescriptor?
  ) {
    while let newer = newest(), newer.version > running.version {
      refuse(
        .init(kind: kind, id: newer.id, version: newer.version), "\(kind.rawValue)s are taken over at a restart only")
    }
  }

  /// The plan with the newest versions; nil, and they are refused, if the file is not right with them.
  private func plan() -> ResolvedPlan? {
    let result = document.plan(catalog: catalog)
    if let plan = result.plan, plan.steps.map(\.id) == resolved.plan.steps.map(\.id) {
      return ResolvedPlan(plan, catalog: catalog)
    }
    let reason = result.diagnostics.first.map(\.description) ?? "the pipeline file is not right with it"
    for version in newerVersions() { refuse(version, reason) }
    return nil
  }

  private func newerVersions() -> [OfferedVersion] {
    resolved.operators.values.compactMap { running in
      catalog.operatorType(running.descriptor.id).flatMap {
        $0.descriptor.version > running.descriptor.version
          ? OfferedVersion(kind: .operator, id: $0.descriptor.id, version: $0.descriptor.version) : nil
      }
    }
      + resolved.serdes.values.compactMap { running in
        catalog.serdeType(running.descriptor.id).flatMap {
          $0.descriptor.version > running.descriptor.version
            ? OfferedVersion(kind: .serde, id: $0.descriptor.id, version: $0.descriptor.version) : nil
        }
      }
  }

  /// What to put in place to get from what runs to `next`; nil if nothing changes, or it can't be made.
  private func prepared(_ next: ResolvedPlan, _ parts: AttemptParts) -> Prepared? {
    let changes = PlanChange(from: resolved, to: next)
    guard !changes.versions.isEmpty else { return nil }
    do {
      try StartSchemas.register(next, parts.registries)
      let replacements = try changes.replacements(NodeFactory(resolved: next, parts: parts))
      return Prepared(
        resolved: next, replacements: replacements,
        changes: changes.versions.map { ("\($0.id) \($0.to)", $0.from.description) })
    } catch {
      for version in newerVersions() { refuse(version, "\(error)") }
      return nil
    }
  }
}

/// What the log says of plugins that were found.
enum PluginLog {
  static func write(_ finding: PluginFinding) {
    switch finding {
    case .loaded(let path, let offers):
      Log.write(.info, "plugins", "loaded \(offers.joined(separator: ", "))", ["file": path])
    case .refused(let error):
      Log.write(.warning, "plugins", "refused: \(error)", ["code": error.code])
    }
  }
}
