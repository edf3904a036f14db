import CRocksDB
import Glibc
import State

/// Calls into RocksDB for the store at `path`: its functions report errors as strings.
struct RocksCalls {
  let path: String

  /// Calls `body` with the place for the error's text. Throws `StateError`; `doing`: what did not work then.
  func callAsFunction<Result>(
    _ doing: String, _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) throws -> Result {
    var message: UnsafeMutablePointer<CChar>?
    let result = body(&message)
    if let message { throw failure(doing, taking: message) }
    return result
  }

  /// The same for functions that make something, and return null where they could not.
  func make(
    _ doing: String, _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> OpaquePointer?
  ) throws -> OpaquePointer {
    guard let made = try self(doing, body) else { throw failure(doing, "RocksDB gave no reason") }
    return made
  }

  /// The error for `message`, which is freed.
  func failure(_ doing: String, taking message: UnsafeMutablePointer<CChar>) -> StateError {
    defer { rocksdb_free(message) }
    return failure(doing, String(cString: message))
  }

  func failure(_ doing: String, _ cause: String) -> StateError {
    StateError(
      description:
        "state on disk in \(path): \(doing) failed: \(cause); free some space there or move `state.directory`")
  }
}
