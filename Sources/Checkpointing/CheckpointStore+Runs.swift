/// The runs of keyed state. They lie beside the checkpoints, because one checkpoint after another lists them.
extension CheckpointStore {
  static let runDirectoryName = "state"

  /// Where the runs are.
  package var runDirectory: String { "\(directory)/\(Self.runDirectoryName)" }

  /// Path of a run.
  package func runPath(_ name: String) -> String { "\(runDirectory)/\(name)" }

  /// Starts a run; it counts once a manifest lists it. `name`: a plain file name that was never used before.
  package func createRun(_ name: String) throws -> FileWriter { try files.create(runPath(name)) }

  /// Removes runs; one that is not there is no error.
  package func removeRuns(_ names: some Sequence<String>) throws {
    for name in names { try files.removeTree(runPath(name)) }
  }

  /// The runs that manifests list.
  package struct ListedRuns: Sendable {
    /// By epoch; those without a manifest that can be read are not in it.
    package var names: [UInt64: Set<String>] = [:]
    /// Whether all manifests could be read.
    package var isComplete = true

    /// All of them.
    package var all: Set<String> { names.values.reduce(into: Set()) { $0.formUnion($1) } }
  }

  /// The runs that each epoch's manifest lists.
  package func listedRuns() throws -> ListedRuns {
    var result = ListedRuns()
    for epoch in try epochs() where files.exists("\(path(of: epoch))/\(Self.manifestName)") {
      do { result.names[epoch] = try manifest(of: epoch).manifest.runNames } catch { result.isComplete = false }
    }
    return result
  }

  /// Removes the runs that no manifest lists, nor one that was set aside. Removes nothing if a manifest can't be read.
  /// For the start, when no run is being written.
  package func removeUnlistedRuns() throws {
    let listed = try listedRuns()
    guard listed.isComplete, let setAside = try? setAsideRuns() else { return }
    let needed = listed.all.union(setAside)
    try removeRuns(files.list(runDirectory).filter { !needed.contains($0) })
  }

  /// The runs that manifests of checkpoints list which were set aside.
  package func setAsideRuns() throws -> Set<String> {
    var result: Set<String> = []
    for name in try files.list(directory) where name.hasPrefix(Self.setAsidePrefix) {
      let path = "\(directory)/\(name)/\(Self.manifestName)"
      guard files.exists(path) else { continue }
      result.formUnion(try Manifest(checking: files.read(path, limit: Manifest.sizeLimit), path: path).runNames)
    }
    return result
  }
}

extension Manifest {
  /// Names of the runs that it lists.
  package var runNames: Set<String> { Set(stateFiles.filter { $0.kind == .run }.map(\.name)) }
}
