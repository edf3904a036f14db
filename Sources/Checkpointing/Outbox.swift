import Glibc

/// Outboxes: an epoch's rows for clusters other than the one whose transaction commits the epoch. See
/// docs/checkpoints.md.
extension Manifest {
  /// A file in the epoch's own directory with rows that are sent once the epoch counts.
  package struct Outbox: Codable, Equatable, Sendable {
    /// The cluster that they are for.
    package var connection: String
    /// File name, without a directory.
    package var name: String
    package var rowCount: Int64
    package var size: Int64
    /// Of all its bytes.
    package var sha256: String

    package init(connection: String, name: String, rowCount: Int64, size: Int64, sha256: String) {
      self.connection = connection
      self.name = name
      self.rowCount = rowCount
      self.size = size
      self.sha256 = sha256
    }
    enum CodingKeys: String, CodingKey {
      case connection, name, size, sha256
      case rowCount = "rows"
    }
  }

  /// The outbox for a cluster; nil if the epoch has no rows for it.
  package func outbox(for connection: String) -> Outbox? { outboxes?.first { $0.connection == connection } }

  /// What is wrong with the outboxes; nil if nothing.
  var outboxFault: String? {
    var seen: Set<String> = []
    for box in outboxes ?? [] {
      if !Self.isFileName(box.name) { return "outbox name \"\(box.name)\" is not a plain file name" }
      if !SHA256.isHex(box.sha256) { return "outbox \(box.name): \"\(box.sha256)\" is not a SHA-256" }
      if box.size < 0 || box.size > Self.fileSizeLimit { return "outbox \(box.name): \(box.size) bytes can't be" }
      if box.rowCount < 0 || box.rowCount > box.size { return "outbox \(box.name): \(box.rowCount) rows can't be" }
      if !seen.insert(box.connection).inserted { return "outbox of connection \(box.connection) is listed twice" }
    }
    return nil
  }
}

extension CheckpointStore {
  /// Path of an outbox.
  package func outboxPath(_ name: String, epoch: UInt64) -> String { "\(path(of: epoch))/\(name)" }

  /// Starts an outbox of an epoch whose other files come later: the directory is made if need be, and
  /// `startEpoch(keeping:)` has to be told the name. May be called while another thread works on other epochs.
  package func createOutbox(_ name: String, epoch: UInt64) throws -> FileWriter {
    guard !isMarked(epoch) else {
      throw CheckpointError(path: path(of: epoch), reason: "epoch \(epoch) is committed and can't be written again")
    }
    try files.makeDirectories(path(of: epoch))
    return try files.create(outboxPath(name, epoch: epoch))
  }

  /// Makes an epoch's directory ready as `startEpoch` does, but for files that are there already and stay.
  package func startEpoch(_ epoch: UInt64, keeping names: Set<String>) throws {
    guard !names.isEmpty else { return try startEpoch(epoch) }
    let path = path(of: epoch)
    guard !isMarked(epoch) else {
      throw CheckpointError(path: path, reason: "epoch \(epoch) is committed and can't be written again")
    }
    // The manifest first: without its files it would be a damaged checkpoint.
    let others = try files.list(path).filter { !names.contains($0) }.sorted { left, _ in left == Self.manifestName }
    for name in others { try files.removeTree("\(path)/\(name)") }
    try files.sync(directory: Files.parent(path))  // that may have failed when the outbox was made
  }

  /// Checks that an outbox is there in its full size.
  func checkSize(_ box: Manifest.Outbox, epoch: UInt64) throws {
    try files.check(outboxPath(box.name, epoch: epoch), size: box.size)
  }

  /// Reads all of an outbox and checks it. Throws `CheckpointError`.
  package func check(_ box: Manifest.Outbox, epoch: UInt64) throws {
    let path = outboxPath(box.name, epoch: epoch)
    try checkSize(box, epoch: epoch)
    let reader = try FileReader(path)
    let hash = SHA256()
    while try reader.read({ hash.update($0) }) {}
    let actual = hash.finish()
    guard actual == box.sha256 else {
      throw CheckpointError(
        path: path, reason: "checksum mismatch: the file has \(actual), the manifest says \(box.sha256)")
    }
  }
}

/// A file that is read from its beginning in pieces. One thread at a time.
package final class FileReader {
  /// Bytes of a piece at most.
  package static let pieceSize = 1 << 18

  private let path: String
  private let file: Int32
  private let buffer = UnsafeMutableRawPointer.allocate(byteCount: pieceSize, alignment: 64)

  /// Throws `CheckpointError`.
  package init(_ path: String) throws {
    self.path = path
    file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw Files.failure(path, "open it") }
  }

  deinit {
    close(file)
    buffer.deallocate()
  }

  /// Gives the next piece to `body`, which must not keep it; false at the end of the file. Throws `CheckpointError`.
  package func read(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
    while true {
      let count = Glibc.read(file, buffer, Self.pieceSize)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Files.failure(path, "read it") }
      try body(UnsafeRawBufferPointer(start: buffer, count: count))
      return count > 0
    }
  }
}
