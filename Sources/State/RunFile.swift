import Glibc

/// A run's file that can't be read, or is not what it should be.
package struct RunError: Error, Sendable, CustomStringConvertible {
  package var path: String
  /// What is wrong, and at which byte.
  package var reason: String
  /// Whether the bytes are wrong; false: the system could not read them, and another attempt may.
  package var isDamage: Bool

  package init(path: String, reason: String, isDamage: Bool) {
    self.path = path
    self.reason = reason
    self.isDamage = isDamage
  }

  package var description: String { "\(path): \(reason)" }
}

/// A regular file to read at any place, from any thread; closed when this goes.
final class RunFile: Sendable {
  let path: String
  /// Bytes when it was opened.
  let size: Int
  private let descriptor: Int32

  init(path: String) throws {
    self.path = path
    // Without O_NONBLOCK a pipe of this name would block.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      size = 0
      if errno == ENOENT { throw RunError(path: path, reason: "the file is missing", isDamage: true) }
      throw Self.failure(path, "open it")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      size = 0
      throw RunError(path: path, reason: "not a regular file", isDamage: true)
    }
    size = Int(status.st_size)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Reads `count` bytes at `offset` into `target`. Throws `RunError`.
  func read(_ target: UnsafeMutableRawPointer, count: Int, at offset: Int) throws {
    var done = 0
    while done < count {
      let got = pread(descriptor, target + done, count - done, off_t(offset + done))
      if got < 0 && errno == EINTR { continue }
      if got < 0 { throw Self.failure(path, "read it at byte \(offset + done)") }
      guard got > 0 else { throw damage("ends at byte \(offset + done), was longer when it was opened") }
      done += got
    }
  }

  func damage(_ reason: String) -> RunError { RunError(path: path, reason: reason, isDamage: true) }

  private static func failure(_ path: String, _ what: String) -> RunError {
    RunError(path: path, reason: "can't \(what): \(String(cString: strerror(errno)))", isDamage: false)
  }
}
