import Glibc
import Synchronization

/// The engine's log: one line an event on standard error, `time level component: message key=value …`.
///
/// Quiet by default: what an operator of a pipeline must know, no more. Thread-safe.
package enum Log {
  package enum Level: Int, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error

    package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

    /// As lines and `--log-level` have it.
    var name: String {
      switch self {
      case .debug: "debug"
      case .info: "info"
      case .warning: "warning"
      case .error: "error"
      }
    }

    /// Nil if no level is called so.
    package init?(name: String) {
      guard let level = Level.allCases.first(where: { $0.name == name }) else { return nil }
      self = level
    }
  }

  private static let threshold = Atomic<Int>(Level.info.rawValue)

  /// Lines below `level` are dropped from now on.
  package static func setLevel(_ level: Level) { threshold.store(level.rawValue, ordering: .relaxed) }

  /// Writes one line, without the pipeline file's secrets. Values with spaces are quoted. [any]
  package static func write(
    _ level: Level, _ component: String, _ message: String, _ fields: KeyValuePairs<String, String> = [:]
  ) {
    guard level.rawValue >= threshold.load(ordering: .relaxed) else { return }
    var words = message
    for (key, value) in fields { words += " \(key)=\(quoted(value))" }
    var bytes = Array("\(timestamp()) \(level.name) \(component): \(Redaction.redact(words))\n".utf8)
    // One write call per line keeps lines of several threads whole.
    _ = bytes.withUnsafeMutableBytes { Glibc.write(2, $0.baseAddress, $0.count) }
  }

  private static func quoted(_ value: String) -> String {
    guard value.contains(where: { $0 == " " || $0 == "\"" || $0 == "\n" }) || value.isEmpty else { return value }
    var text = "\""
    for character in value {
      switch character {
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
    return text + "\""
  }

  /// Now, as RFC 3339 in UTC with milliseconds.
  static func timestamp() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    func pad(_ value: Int32, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(pad(parts.tm_year + 1900, 4))-\(pad(parts.tm_mon + 1, 2))-\(pad(parts.tm_mday, 2))"
      + "T\(pad(parts.tm_hour, 2)):\(pad(parts.tm_min, 2)):\(pad(parts.tm_sec, 2))"
      + ".\(pad(Int32(now.tv_nsec / 1_000_000), 3))Z"
  }
}
