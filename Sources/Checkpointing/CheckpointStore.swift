/// The checkpoints of one job under a directory. See docs/checkpoints.md for the layout.
///
/// Calls block on the disk. They may come from any thread, but one at a time; the job's lock must be held.
package struct CheckpointStore: Sendable {
  /// `<root>/<job>`.
  package let directory: String
  package let job: String
  var files = Files()

  static let manifestName = "manifest.json"
  static let markName = "committed"
  static let trashPrefix = ".trash-"

  /// Opens the store, makes its directory if it is missing, and clears away what an earlier removal left.
  /// `location`: `file:///absolute/path`.
  package init(location: String, job: String) throws {
    try self.init(location: location, job: job, files: Files())
  }

  /// As above, with other file operations: for tests.
  package init(location: String, job: String, files: Files) throws {
    self.job = job
    self.files = files
    directory = try Self.directory(location: location, job: job)
    try files.makeDirectories(runDirectory)
    try emptyTrash()
  }

  /// Makes the directory of a job's store, where its lock lies too, and touches nothing in it.
  package static func makeDirectory(location: String, job: String) throws {
    try Files().makeDirectories(directory(location: location, job: job))
  }

  private static func directory(location: String, job: String) throws -> String {
    let prefix = "file://"
    guard location.hasPrefix(prefix), location.dropFirst(prefix.count).hasPrefix("/") else {
      throw CheckpointError(
        path: location, reason: "not a checkpoint storage that this engine has",
        remedy: "Write file:///absolute/path")
    }
    guard Manifest.isFileName(job) else {
      throw CheckpointError(
        path: location, reason: "the job's name \"\(job)\" can't be a directory's name",
        remedy: "Use at most 200 letters, digits, '-', '_' and '.', not starting with '.'")
    }
    var root = String(location.dropFirst(prefix.count))
    while root.count > 1 && root.hasSuffix("/") { root.removeLast() }
    return root == "/" ? "/\(job)" : "\(root)/\(job)"
  }

  /// The directory of an epoch.
  package func path(of epoch: UInt64) -> String { "\(directory)/\(Self.directoryName(of: epoch))" }

  package static func directoryName(of epoch: UInt64) -> String {
    let digits = String(epoch)
    return "epoch-" + String(repeating: "0", count: 20 - digits.count) + digits
  }

  static func epoch(ofDirectory name: String) -> UInt64? {
    guard name.hasPrefix("epoch-"), let epoch = UInt64(name.dropFirst(6)), directoryName(of: epoch) == name else {
      return nil
    }
    return epoch
  }

  /// The epochs that have a directory, ascending.
  package func epochs() throws -> [UInt64] { try files.list(directory).compactMap(Self.epoch(ofDirectory:)).sorted() }

  /// Whether `epoch` is marked as committed.
  package func isMarked(_ epoch: UInt64) -> Bool { files.exists("\(path(of: epoch))/\(Self.markName)") }

  // MARK: writing

  /// Makes an empty directory for an epoch; what an earlier attempt left there goes away. Refuses a committed epoch.
  package func startEpoch(_ epoch: UInt64) throws {
    let path = path(of: epoch)
    guard !isMarked(epoch) else {
      throw CheckpointError(path: path, reason: "epoch \(epoch) is committed and can't be written again")
    }
    if files.exists(path) { try trash([path]) }
    try files.makeDirectories(path)
  }

  /// Writes an instance's private bytes into the directory of an epoch that was started; they are durable on return.
  /// `name`: a plain file name, other than the store's own.
  package func writeOwn(
    _ bytes: UnsafeRawBufferPointer, epoch: UInt64, step: String, worker: Int, name: String
  ) throws -> Manifest.StateFile {
    guard Manifest.isFileName(name), name != Self.markName, !name.hasPrefix(Self.manifestName) else {
      throw CheckpointError(path: path(of: epoch), reason: "\"\(name)\" can't be a state file's name")
    }
    try files.write(bytes, to: "\(path(of: epoch))/\(name)")
    let hash = SHA256()
    hash.update(bytes)
    return .init(step: step, worker: worker, kind: .own, name: name, size: Int64(bytes.count), sha256: hash.finish())
  }

  /// Makes the state files' names and then the manifest durable: the checkpoint is prepared. Gives the manifest's
  /// digest.
  package func writeManifest(_ manifest: Manifest) throws -> String {
    let path = path(of: manifest.epoch)
    // What can't be read back must not be prepared.
    try manifest.check(path: "\(path)/\(Self.manifestName)")
    let bytes = try manifest.encoded()
    let temporary = "\(path)/\(Self.manifestName).tmp"
    try bytes.withUnsafeBytes { try files.write($0, to: temporary) }
    if manifest.stateFiles.contains(where: { $0.kind == .run }) { try files.sync(directory: runDirectory) }
    // The manifest's own name is made durable below.
    let hasOthers = manifest.stateFiles.contains { $0.kind == .own } || manifest.outboxes?.isEmpty == false
    if hasOthers { try files.sync(directory: path) }
    try files.move(temporary, to: "\(path)/\(Self.manifestName)")
    try files.sync(directory: path)
    return SHA256.hex(bytes)
  }

  /// Marks an epoch as committed; doing so again changes nothing.
  package func markCommitted(_ epoch: UInt64) throws {
    let path = path(of: epoch)
    try files.write(UnsafeRawBufferPointer(start: nil, count: 0), to: "\(path)/\(Self.markName)")
    try files.sync(directory: path)
  }

  // MARK: reading

  /// The manifest of an epoch and its digest. Checks the manifest, not the state files.
  package func manifest(of epoch: UInt64) throws -> (manifest: Manifest, digest: String) {
    let path = "\(path(of: epoch))/\(Self.manifestName)"
    let bytes = try files.read(path, limit: Manifest.sizeLimit)
    let manifest = try Manifest(checking: bytes, path: path)
    guard manifest.epoch == epoch, manifest.job == job else {
      throw CheckpointError(
        path: path, reason: "is of epoch \(manifest.epoch) of job \(manifest.job), not of epoch \(epoch) of \(job)",
        remedy: "Somebody copied it here: put the right one back")
    }
    return (manifest, SHA256.hex(bytes))
  }

  /// An instance's private bytes, checked against the manifest of `epoch` that lists them.
  package func readOwn(_ file: Manifest.StateFile, epoch: UInt64) throws -> [UInt8] {
    let path = "\(path(of: epoch))/\(file.name)"
    let bytes = try files.read(path, size: file.size, limit: .max)
    try check(SHA256.hex(bytes), file, path)
    return bytes
  }

  private func check(_ actual: String, _ file: Manifest.StateFile, _ path: String) throws {
    guard actual == file.sha256 else {
      throw CheckpointError(
        path: path, reason: "checksum mismatch: the file has \(actual), the manifest says \(file.sha256)")
    }
  }

  /// Checks that a state file is there in its full size, and all of one with private bytes. The rest of a run is
  /// checked as it is read: it may be large.
  package func check(_ file: Manifest.StateFile, epoch: UInt64) throws {
    switch file.kind {
    case .own: _ = try readOwn(file, epoch: epoch)
    case .run: try files.check(runPath(file.name), size: file.size)
    }
  }

  /// The manifest of an epoch after its state files were found there.
  package func load(_ epoch: UInt64) throws -> (manifest: Manifest, digest: String) {
    let result = try manifest(of: epoch)
    for file in result.manifest.stateFiles { try check(file, epoch: epoch) }
    for box in result.manifest.outboxes ?? [] { try checkSize(box, epoch: epoch) }
    return result
  }

  /// Everything there is, checked with its private bytes and that its runs are there, for `Recovery.decide`. Ascending.
  package func list() throws -> [FoundCheckpoint] {
    try epochs().map { epoch in
      let marked = isMarked(epoch)
      guard marked || files.exists("\(path(of: epoch))/\(Self.manifestName)") else {
        return FoundCheckpoint(epoch: epoch, condition: .unfinished, isMarked: false)
      }
      do {
        let (manifest, digest) = try load(epoch)
        return FoundCheckpoint(
          epoch: epoch, condition: .intact(digest: digest, commitPoint: manifest.commitPoint), isMarked: marked)
      } catch {
        return FoundCheckpoint(epoch: epoch, condition: .damaged(reason: "\(error)"), isMarked: marked)
      }
    }
  }
}
