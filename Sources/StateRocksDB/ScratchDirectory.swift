import Glibc
import State

/// A directory for scratch files.
struct ScratchDirectory {
  let path: String

  /// Makes the directory anew, and those above it. Throws `StateError`.
  func create() throws {
    remove()
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      prefix += (prefix.isEmpty || prefix == "/" ? "" : "/") + part
      guard mkdir(prefix, 0o777) == 0 || errno == EEXIST else {
        throw RocksCalls(path: path).failure("making the directory", String(cString: strerror(errno)))
      }
    }
  }

  /// Deletes the directory with all that is in it, as far as that works: what stays is deleted at the next start.
  func remove() { Self.remove(path) }

  private static func remove(_ path: String) {
    guard unlink(path) != 0, let entries = opendir(path) else { return }
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { remove(path + "/" + name) }
    }
    closedir(entries)
    rmdir(path)
  }
}
