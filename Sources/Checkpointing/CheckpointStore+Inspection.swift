import Glibc

/// Opening a store only to look at it: nothing in it is changed, and no lock is needed, so it works beside a running
/// job and without write access. What a running job removes meanwhile is missing when it is read.
extension CheckpointStore {
  /// `path`: the directory of a job, or the storage above it if it has one job only; `file://` may stand before it.
  /// Throws if there is no job, or more than one.
  package init(inspecting path: String) throws(CheckpointError) {
    let files = Files()
    let directory = try Self.existing(path)
    if try Self.isJob(directory, files) {
      self.init(inspected: directory, files)
      return
    }
    var jobs: [String] = []
    for name in try Self.names(in: directory, files) {
      let isJob = try? Self.isJob("\(directory)/\(name)", files)
      if isJob == true { jobs.append(name) }
    }
    guard let job = jobs.first else {
      throw CheckpointError(
        path: directory, reason: "no checkpoints of a job are here",
        remedy: "Name the directory of a job, <storage>/<job>, or the storage")
    }
    guard jobs.count == 1 else {
      throw CheckpointError(
        path: directory, reason: "\(jobs.count) jobs are here: \(jobs.sorted().joined(separator: ", "))",
        remedy: "Name the directory of one")
    }
    self.init(inspected: "\(directory)/\(job)", files)
  }

  private init(inspected directory: String, _ files: Files) {
    self.directory = directory
    self.files = files
    // A copy may lie under another name than the job's.
    job = Self.jobName(in: directory, files) ?? directory.split(separator: "/").last.map(String.init) ?? ""
  }

  /// The job that the newest manifest which can be read names.
  private static func jobName(in directory: String, _ files: Files) -> String? {
    let epochs = (try? files.list(directory))?.compactMap(epoch(ofDirectory:)) ?? []
    for epoch in epochs.sorted(by: >) {
      let path = "\(directory)/\(directoryName(of: epoch))/\(manifestName)"
      guard let bytes = try? files.read(path, limit: Manifest.sizeLimit) else { continue }
      if let manifest = try? Manifest(checking: bytes, path: path) { return manifest.job }
    }
    return nil
  }

  private static func existing(_ path: String) throws(CheckpointError) -> String {
    let prefix = "file://"
    let plain = path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    guard let resolved = realpath(plain, nil) else { throw Files.failure(path, "find it") }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func isJob(_ directory: String, _ files: Files) throws(CheckpointError) -> Bool {
    try names(in: directory, files).contains { epoch(ofDirectory: $0) != nil || $0 == "owner.lock" }
  }

  private static func names(in directory: String, _ files: Files) throws(CheckpointError) -> [String] {
    do { return try files.list(directory) } catch let error as CheckpointError { throw error } catch {
      throw CheckpointError(path: directory, reason: "\(error)")
    }
  }

  /// Whether `epoch` has a manifest: it is prepared, at least.
  package func isPrepared(_ epoch: UInt64) -> Bool { files.exists("\(path(of: epoch))/\(Self.manifestName)") }

  /// Whether `epoch` has a directory still.
  package func exists(_ epoch: UInt64) -> Bool { files.exists(path(of: epoch)) }
}
