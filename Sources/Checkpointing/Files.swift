import Glibc

/// The few file operations that checkpoints need, durable where it says so.
package struct Files: Sendable {
  /// Called before anything in the file system changes, with what is about to; tests throw from it in place of a kill.
  package var beforeChange: (@Sendable (String) throws -> Void)?

  package init(beforeChange: (@Sendable (String) throws -> Void)? = nil) { self.beforeChange = beforeChange }

  /// The error for what `errno` says now.
  static func failure(_ path: String, _ what: String) -> CheckpointError {
    let code = errno
    var remedy = ""
    if code == EACCES || code == EPERM || code == EROFS { remedy = "Give the engine's user write access there" }
    if code == ENOSPC || code == EDQUOT { remedy = "Free some space" }
    return CheckpointError(
      path: path, reason: "can't \(what): \(String(cString: strerror(code)))", remedy: remedy,
      isRetriable: [ENOSPC, EDQUOT, EIO, EMFILE, ENFILE, EAGAIN, ENOMEM].contains(code))
  }

  func makeDirectories(_ path: String) throws {
    var isDirectory = stat()
    if stat(path, &isDirectory) == 0 && isDirectory.st_mode & S_IFMT == S_IFDIR { return }
    let parent = Self.parent(path)
    if parent != path && !parent.isEmpty { try makeDirectories(parent) }
    try beforeChange?("mkdir \(path)")
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Self.failure(path, "make the directory") }
    try sync(directory: parent)
  }

  static func parent(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Writes a file whose bytes are durable on return; the directory entry is so only after `sync(directory:)`.
  func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
    try beforeChange?("write \(path)")
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Self.failure(path, "create it") }
    defer { close(file) }
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(file, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw Self.failure(path, "write it") }
      done += count
    }
    // What has no bytes has none to lose.
    guard bytes.isEmpty || fsync(file) == 0 else { throw Self.failure(path, "sync it") }
  }

  /// Starts a file that is written in pieces.
  func create(_ path: String) throws -> FileWriter {
    try beforeChange?("write \(path)")
    return try FileWriter(path: path)
  }

  func sync(directory path: String) throws {
    let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { throw Self.failure(path, "open the directory") }
    defer { close(file) }
    guard fsync(file) == 0 else { throw Self.failure(path, "sync the directory") }
  }

  func move(_ path: String, to target: String) throws {
    try beforeChange?("rename \(path)")
    guard rename(path, target) == 0 else { throw Self.failure(path, "rename it to \(target)") }
  }

  /// Names in a directory, but for "." and "..".
  func list(_ path: String) throws -> [String] {
    guard let directory = opendir(path) else { throw Self.failure(path, "list the directory") }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Removes a directory and all in it. What is gone already is no error.
  func removeTree(_ path: String) throws {
    try beforeChange?("unlink \(path)")
    // Linux says so of a directory; looking first would be another call for each file.
    if unlink(path) == 0 || errno == ENOENT { return }
    guard errno == EISDIR else { throw Self.failure(path, "remove it") }
    for name in try list(path) { try removeTree("\(path)/\(name)") }
    try beforeChange?("rmdir \(path)")
    guard rmdir(path) == 0 || errno == ENOENT else { throw Self.failure(path, "remove the directory") }
  }

  /// All bytes of a regular file of exactly `size` bytes, or of at most `limit` if no size is expected.
  func read(_ path: String, size: Int64? = nil, limit: Int) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      if errno == ENOENT { throw CheckpointError(path: path, reason: "the file is missing") }
      throw Self.failure(path, "open it")
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(path: path, reason: "not a regular file")
    }
    if let size, Int64(status.st_size) != size {
      throw CheckpointError(path: path, reason: "has \(status.st_size) bytes instead of \(size)")
    }
    guard status.st_size <= limit else {
      throw CheckpointError(path: path, reason: "has \(status.st_size) bytes, more than the limit of \(limit)")
    }
    return try readAll(file, count: Int(status.st_size), path: path)
  }

  /// Throws unless there is a regular file of so many bytes.
  func check(_ path: String, size: Int64) throws {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { throw CheckpointError(path: path, reason: "the file is missing") }
      throw Self.failure(path, "look at it")
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw CheckpointError(path: path, reason: "not a regular file") }
    guard Int64(status.st_size) == size else {
      throw CheckpointError(path: path, reason: "has \(status.st_size) bytes instead of \(size)")
    }
  }

  private func readAll(_ file: Int32, count: Int, path: String) throws -> [UInt8] {
    var failure: CheckpointError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while initialized < count, let base = buffer.baseAddress {
        let got = Glibc.read(file, base + initialized, count - initialized)
        if got < 0 && errno == EINTR { continue }
        guard got > 0 else {
          failure = got < 0 ? Self.failure(path, "read it") : CheckpointError(path: path, reason: "shrank while read")
          return
        }
        initialized += got
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
