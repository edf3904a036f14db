import Checkpointing
import PluginHost
import State

/// The runs of a job in its checkpoint store: reading, writing, merging.
struct RunFiles: Sendable {
  let store: CheckpointStore
  let keyGroupCount: Int

  /// Opens the runs of a chain, given oldest first. Throws `CheckpointError` or `StateError` if one is not what the
  /// manifest says.
  func open(_ files: [Manifest.StateFile]) throws -> KeyedRuns {
    let parts = try files.reversed().map { file in
      KeyedRuns.Part(reader: try reader(file), keyGroups: file.keyGroups?.range ?? 0..<keyGroupCount)
    }
    return KeyedRuns(parts, keyGroupCount: keyGroupCount, onProgress: { FaultPoint.inRestore.reach(epoch: 0) })
  }

  /// Opens a run. Throws as `open` does.
  func reader(_ file: Manifest.StateFile) throws -> RunReader {
    try store.check(file, epoch: 0)
    let path = store.runPath(file.name)
    let reader = try RunReader(path: path)
    let actual = reader.tail.withUnsafeBytes { bytes in
      let hash = SHA256()
      hash.update(bytes)
      return hash.finish()
    }
    guard actual == file.sha256 else {
      throw RunError(
        path: path, reason: "checksum mismatch: the file's index has \(actual), the manifest says \(file.sha256)",
        isDamage: true)
    }
    return reader
  }

  /// Writes the changes of an epoch.
  func write(_ delta: KeyedDelta, into file: Manifest.StateFile) throws -> Manifest.StateFile {
    try write(file) { writer in try delta.forEachSorted { try writer.add($0) } }.file
  }

  /// Writes a run: `fill` adds its entries, in order. `file`: what is known of it already. Gives the file with size
  /// and digest. Nothing is left of it if this throws.
  func write(
    _ file: Manifest.StateFile, fill: (inout RunWriter) throws -> Void
  ) throws -> (file: Manifest.StateFile, entryCount: Int) {
    do { return try writeAll(file, fill) } catch {
      try? store.removeRuns([file.name])
      throw error
    }
  }

  private func writeAll(
    _ file: Manifest.StateFile, _ fill: (inout RunWriter) throws -> Void
  ) throws -> (file: Manifest.StateFile, entryCount: Int) {
    let output = try store.createRun(file.name)
    var writer = RunWriter { try output.write($0) }
    try fill(&writer)
    let summary = try writer.finish()
    try output.finish()
    var file = file
    file.size = Int64(summary.size)
    file.sha256 = SHA256.hex(summary.tail)
    return (file, Int(summary.entryCount))
  }

  /// Merges neighbouring runs of a chain, oldest first, into `file`; nil if nothing is left of them.
  /// - Parameters:
  ///   - isWhole: the oldest run of the chain is among them: what was removed, or expired by `now_us`, is forgotten.
  ///   - goesOn: asked now and then; when false the work is given up.
  func merge(
    _ files: [Manifest.StateFile], into file: Manifest.StateFile, isWhole: Bool, now_us: Int64, goesOn: () -> Bool
  ) throws -> Manifest.StateFile? {
    var merger = try open(files).merger(isWhole: isWhole, now_us: now_us)
    let (written, count) = try write(file) { writer in
      var entries = 0
      while let entry = try merger.next() {
        try writer.add(entry)
        entries += 1
        if entries & 0xfff == 0 && !goesOn() { throw Cancelled() }
      }
    }
    return count > 0 ? written : nil
  }

  /// The work was given up as asked.
  struct Cancelled: Error {}
}
