/// Durations as the file writes them: a whole number and a unit.
package enum DurationText {
  /// Longer ones are surely mistakes, and sums of shorter ones fit into 64 bits of microseconds.
  private static let limit_days: Int64 = 36_500

  /// Units, in milliseconds, longest first.
  private static let units: [(name: String, length_ms: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("ms", 1), ("m", 60_000), ("s", 1000),
  ]

  /// Reads "200ms", "1s", "5m", "1h", "2d"; nil if it is none of them or longer than 100 years.
  package static func parse(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let name = text.dropFirst(digits.count)
    guard let count = Int64(digits), let unit = units.first(where: { $0.name == name }) else { return nil }
    let (length_ms, overflow) = count.multipliedReportingOverflow(by: unit.length_ms)
    guard !overflow, length_ms <= limit_days * 86_400_000 else { return nil }
    return .milliseconds(length_ms)
  }

  /// A duration in the longest unit that it is a whole number of.
  static func text(_ duration: Duration) -> String {
    let parts = duration.components
    let length_ms = parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000
    guard length_ms != 0 else { return "0s" }
    let unit = units.sorted { $0.length_ms > $1.length_ms }.first { length_ms % $0.length_ms == 0 }
    return "\(length_ms / (unit?.length_ms ?? 1))\(unit?.name ?? "ms")"
  }
}
