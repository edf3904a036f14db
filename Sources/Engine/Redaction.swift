import Pipeline
import Synchronization

/// Keeps the pipeline file's secrets out of all that the process writes for people: its log, its errors, what libraries
/// and plugins say. Thread-safe.
package enum Redaction {
  private static let redactor = Mutex(Redactor())

  /// Hides `secrets` from now on, to the process's end.
  package static func hide(_ secrets: [String]) { redactor.withLock { $0.add(secrets) } }

  /// `text` without the secrets that are hidden. [any]
  package static func redact(_ text: String) -> String { redactor.withLock { $0 }.redact(text) }
}
