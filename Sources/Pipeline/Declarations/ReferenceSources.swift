import Glibc

/// Where references in values find what they name.
package struct ReferenceSources: Sendable {
  /// A file that can't be used; `description` says why.
  package struct Unreadable: Error, CustomStringConvertible {
    package var description: String

    package init(_ reason: String) { description = reason }
  }
  /// The largest file that is read, in bytes.
  static let sizeLimit = 64 << 10

  /// The value of an environment variable; nil if it is not set.
  let environment: @Sendable (String) -> String?
  /// The bytes of the file at an absolute path, at most `sizeLimit`. Throws `Unreadable`.
  let file: @Sendable (String) throws -> [UInt8]

  /// The process's environment, and the file system.
  package static let process = ReferenceSources(
    environment: { name in getenv(name).flatMap { String(validatingCString: $0) } }, file: read)

  /// Other sources, for tests.
  package init(
    environment: @escaping @Sendable (String) -> String?, file: @escaping @Sendable (String) throws -> [UInt8]
  ) {
    self.environment = environment
    self.file = file
  }

  private static func read(_ path: String) throws -> [UInt8] {
    // A pipe or a terminal would have the start wait for somebody: not opened for good, and refused.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw Unreadable(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Unreadable("it is no regular file")
    }
    var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
    var size = 0
    while size < bytes.count {
      let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + size, $0.count - size) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Unreadable(String(cString: strerror(errno))) }
      guard count > 0 else { break }
      size += count
    }
    guard size <= sizeLimit else { throw Unreadable("it has more than \(sizeLimit) bytes") }
    return Array(bytes.prefix(size))
  }
}
