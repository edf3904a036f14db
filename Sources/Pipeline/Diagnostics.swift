/// One thing that is wrong, or odd, in a pipeline file.
package struct Diagnostic: Error, Sendable, Equatable, CustomStringConvertible {
  /// How bad it is.
  package enum Severity: String, Sendable {
    /// The job can't run.
    case error
    /// The job can run, though likely not as meant.
    case warning
  }
  package var severity: Severity
  /// The file, as the user named it.
  package var file: String
  package var position: Position
  /// What was found, what was expected and, where there is one, the nearest valid name.
  package var message: String

  package init(severity: Severity, file: String, position: Position, message: String) {
    self.severity = severity
    self.file = file
    self.position = position
    self.message = message
  }

  /// `file:line:column: severity: message`.
  package var description: String {
    "\(file):\(position.line):\(position.column): \(severity.rawValue): \(message)"
  }
}

/// Collects what is wrong while a file is read.
final class Diagnostics {
  /// More than this many help nobody; the rest is counted.
  static let limit = 100

  private let file: String
  private var collected: [Diagnostic] = []
  private var dropped = 0
  private(set) var hasErrors = false

  init(file: String) { self.file = file }

  /// One that starts with what `other` has collected.
  init(copying other: Diagnostics) {
    file = other.file
    collected = other.collected
    dropped = other.dropped
    hasErrors = other.hasErrors
  }

  func error(_ position: Position, _ message: String) {
    hasErrors = true
    add(.error, position, message)
  }

  func warning(_ position: Position, _ message: String) { add(.warning, position, message) }

  private func add(_ severity: Diagnostic.Severity, _ position: Position, _ message: String) {
    guard collected.count < Self.limit else {
      dropped += 1
      return
    }
    collected.append(Diagnostic(severity: severity, file: file, position: position, message: message))
  }

  /// All of them, by place in the file.
  var sorted: [Diagnostic] {
    var all = collected.enumerated().sorted {
      ($0.element.position, $0.offset) < ($1.element.position, $1.offset)
    }.map(\.element)
    if dropped > 0, let last = all.last {
      all.append(
        Diagnostic(
          severity: .error, file: file, position: last.position, message: "and \(dropped) more; mend these first"))
    }
    return all
  }
}
