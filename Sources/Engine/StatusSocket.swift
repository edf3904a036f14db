import Glibc

/// A call on a status socket that failed.
struct StatusSocketError: Error, CustomStringConvertible {
  var path: String
  var reason: String
  /// errno; 0 if no call failed.
  var code: Int32 = 0

  var description: String { "\(path): \(reason)" }

  static func failed(_ what: String, _ path: String) -> StatusSocketError {
    StatusSocketError(path: path, reason: "can't \(what): \(String(cString: strerror(errno)))", code: errno)
  }
}

/// The Unix socket in a job's directory that a running job answers on.
///
/// The kernel has room for 107 bytes of a socket's path. Where the path is longer, the directory is opened and the socket
/// named through it.
struct StatusSocket {
  /// Name of the socket in the job's directory.
  static let fileName = "status.sock"

  let directory: String
  var path: String { "\(directory)/\(Self.fileName)" }

  /// Bytes of a path, without the zero at its end.
  static let pathLimit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  /// A socket that listens, of mode 0600. One that a dead owner has left is replaced: the caller holds the job's lock.
  /// The caller closes it.
  func listen() throws(StatusSocketError) -> Int32 {
    try removeLeftover()
    let file = try open()
    // Linux makes the socket's file with the mode of its descriptor: it is never there with another one.
    guard fchmod(file, 0o600) == 0 else { throw fail("set the socket's mode", closing: file) }
    guard try call(bind, file) == 0 else { throw fail("bind a socket", closing: file) }
    guard Glibc.listen(file, 16) == 0 else {
      let failure = fail("listen", closing: file)
      unlink(path)
      throw failure
    }
    return file
  }

  /// A connection to the job that listens; the caller closes it. `timeout_s` is for this and for each call that reads.
  func connect(timeout_s: Int) throws(StatusSocketError) -> Int32 {
    let file = try open()
    var timeout = timeval(tv_sec: timeout_s, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(file, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }
    guard try call(Glibc.connect, file) == 0 else { throw fail("connect", closing: file) }
    return file
  }

  private func removeLeftover() throws(StatusSocketError) {
    var found = stat()
    guard lstat(path, &found) == 0 else { return }
    guard found.st_mode & S_IFMT == S_IFSOCK else {
      throw StatusSocketError(path: path, reason: "is there and is no socket; remove it")
    }
    guard unlink(path) == 0 || errno == ENOENT else { throw .failed("remove what a dead owner left", path) }
  }

  private func open() throws(StatusSocketError) -> Int32 {
    let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard file >= 0 else { throw .failed("make a socket", path) }
    return file
  }

  private func fail(_ what: String, closing file: Int32) -> StatusSocketError {
    let failure = StatusSocketError.failed(what, path)
    close(file)
    return failure
  }

  /// Calls `bind` or `connect` with the socket's address; closes `file` if there is no address.
  private func call(
    _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ file: Int32
  ) throws(StatusSocketError) -> Int32 {
    guard path.utf8.count > Self.pathLimit else { return Self.call(function, file, path) }
    let opened = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0 else { throw fail("open the directory", closing: file) }
    let result = Self.call(function, file, "/proc/self/fd/\(opened)/\(Self.fileName)")
    let code = errno
    close(opened)
    errno = code
    return result
  }

  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ file: Int32, _ path: String
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(pathLimit)) }
    return withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        function(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
