import Checkpointing
import Kafka
import PluginHost
import State

/// Reads checkpoints byte by byte and gathers what is wrong.
struct CheckpointVerification {
  let store: CheckpointStore
  private var intact = 0
  private var damaged = 0
  private var unfinished = 0
  /// What is wrong with runs that were read; nothing if they are intact. Several checkpoints share them.
  private var runs: [String: String?] = [:]

  init(store: CheckpointStore) { self.store = store }

  var isClean: Bool { damaged == 0 }

  var summary: String {
    "\(intact) intact, \(damaged) damaged" + (unfinished > 0 ? ", \(unfinished) unfinished" : "") + "\n"
  }

  /// Reads all of one checkpoint; says in lines what came of it.
  mutating func verify(_ epoch: UInt64) -> String {
    guard store.isPrepared(epoch) || store.isMarked(epoch) else {
      unfinished += 1
      return "epoch \(epoch): unfinished: it has no manifest\n"
    }
    var problems: [String] = []
    do {
      let manifest = try store.manifest(of: epoch).manifest
      problems = problemsOfFiles(manifest)
      if problems.isEmpty {
        intact += 1
        return "epoch \(epoch): intact: \(manifest.fileCount) files, \(manifest.totalSize) bytes\n"
      }
    } catch { problems = ["\(error)"] }
    guard store.exists(epoch) else { return "epoch \(epoch): removed by the job while it was read\n" }
    damaged += 1
    return "epoch \(epoch): damaged\n" + problems.map { "  \($0)\n" }.joined()
  }

  private mutating func problemsOfFiles(_ manifest: Manifest) -> [String] {
    var problems: [String] = []
    for file in manifest.stateFiles {
      let problem =
        file.kind == .run ? problemOfRun(file, manifest) : Self.problem { try store.check(file, epoch: manifest.epoch) }
      if let problem, !problems.contains(problem) { problems.append(problem) }
    }
    problems += (manifest.outboxes ?? []).compactMap { box in
      Self.problem {
        try store.check(box, epoch: manifest.epoch)
        try OutboxReader(store.outboxPath(box.name, epoch: manifest.epoch)).verify(rowCount: box.rowCount)
      }
    }
    if problems.isEmpty { problems = problemsOfRecords(manifest) }
    return problems
  }

  private static func problem(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return "\(error)" }
  }

  private mutating func problemOfRun(_ file: Manifest.StateFile, _ manifest: Manifest) -> String? {
    // Manifests may list one with different digests, of which only one can be right.
    let identity = "\(file.name) \(file.size) \(file.sha256)"
    if let known = runs[identity] { return known }
    let files = RunFiles(store: store, keyGroupCount: manifest.keyGroups)
    let problem = Self.problem { try files.reader(file).verify() }
    runs[identity] = .some(problem)
    return problem
  }

  /// Whether the records are such of the declared states. The checksums say already that they are as they were written.
  private func problemsOfRecords(_ manifest: Manifest) -> [String] {
    Set(manifest.stateFiles.filter { $0.kind == .run }.map(\.step)).sorted().compactMap { step in
      Self.problem {
        let state = try InspectedState(step, manifest, store)
        try state.forEach(state.open(0..<manifest.keyGroups)) { key, _ in
          _ = try state.step.keyValues(key)
          return true
        }
      }
    }
  }
}
