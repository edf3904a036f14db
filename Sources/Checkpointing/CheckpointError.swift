/// What went wrong with a checkpoint, a lock or the store.
package struct CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file or directory.
  package var path: String
  /// What happened there.
  package var reason: String
  /// What to do about it; empty if that is plain.
  package var remedy: String
  /// Whether the same call may succeed later (the disk was full, say).
  package var isRetriable: Bool

  package init(path: String, reason: String, remedy: String = "", isRetriable: Bool = false) {
    self.path = path
    self.reason = reason
    self.remedy = remedy
    self.isRetriable = isRetriable
  }

  package var description: String { "\(path): \(reason)" + (remedy.isEmpty ? "" : ". \(remedy)") }
}
