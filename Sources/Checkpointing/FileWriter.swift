import Glibc

/// A file that is written in pieces; without `finish` nothing of it counts. A call of `write` or
/// `flush` that throws has changed nothing and may be made again, when there is space again say. One thread at a time.
package final class FileWriter {
  /// Pieces are gathered until there are so many bytes.
  private static let bufferSize = 1 << 18

  private let path: String
  private let file: Int32
  private let buffer = UnsafeMutableRawPointer.allocate(byteCount: bufferSize, alignment: 64)
  private var buffered = 0
  /// Bytes that are written out.
  private var size: off_t = 0

  init(path: String) throws {
    self.path = path
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Files.failure(path, "create it") }
  }

  deinit {
    close(file)
    buffer.deallocate()
  }

  /// Adds bytes. Throws `CheckpointError`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard let base = bytes.baseAddress else { return }
    if buffered + bytes.count > Self.bufferSize { try flush() }
    if bytes.count > Self.bufferSize { return try writeOut(base, bytes.count) }
    (buffer + buffered).copyMemory(from: base, byteCount: bytes.count)
    buffered += bytes.count
  }

  /// Hands all bytes to the system. Throws `CheckpointError`.
  package func flush() throws {
    try writeOut(buffer, buffered)
    buffered = 0
  }

  private func writeOut(_ bytes: UnsafeRawPointer, _ count: Int) throws {
    var done = 0
    while done < count {
      let step = pwrite(file, bytes + done, count - done, size + off_t(done))
      if step < 0 && errno == EINTR { continue }
      guard step > 0 else { throw Files.failure(path, "write it") }
      done += step
    }
    size += off_t(count)
  }

  /// All bytes are durable on return; the directory entry is so only after a sync of the directory. If the sync throws, the
  /// system may have dropped bytes: the file is of no use any more.
  package func finish() throws {
    try flush()
    guard fsync(file) == 0 else { throw Files.failure(path, "sync it") }
  }
}
