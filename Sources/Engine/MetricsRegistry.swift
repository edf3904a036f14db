import Synchronization

/// One time series: a name, labels, and a number that any thread may change.
final class Metric: Sendable {
  private let bits = Atomic<UInt64>(0)

  /// The number; to be set for gauges, and for counters that are counted elsewhere.
  var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
  func set(_ value: some BinaryInteger) { set(Double(value)) }

  /// Counts on.
  func add(_ amount: Double) {
    var old = bits.load(ordering: .relaxed)
    while true {
      let new = (Double(bitPattern: old) + amount).bitPattern
      let (exchanged, found) = bits.compareExchange(expected: old, desired: new, ordering: .relaxed)
      if exchanged { return }
      old = found
    }
  }
}

/// The metrics of a process, by name and labels. Any thread.
///
/// Who changes a metric often keeps the `Metric`; what is known elsewhere already is copied by a collector just before
/// the metrics are read.
final class MetricsRegistry: Sendable {
  /// What a number may do.
  enum Kind: String, Sendable {
    /// Only grows while the process, or an attempt to run the job, lives.
    case counter
    case gauge
  }
  /// Labels, in the order in which they are written.
  typealias Labels = KeyValuePairs<String, String>

  private struct Family: Sendable {
    var kind: Kind
    var help: String
    /// By the labels' text: `{step="a",worker="0"}`, or "".
    var series: [String: Metric] = [:]
  }
  private struct State {
    var families: [String: Family] = [:]
    var collectors: [String: @Sendable () -> Void] = [:]
  }
  private let state = Mutex(State())

  /// The process's registry, which the metrics file is written from.
  static let shared = MetricsRegistry()

  init() {}

  /// The metric of a name and labels; made if there is none, with the value 0. `name` is Prometheus' way: letters, digits and `_`,
  /// units last, `_total` for counters.
  func metric(_ kind: Kind, _ name: String, help: String, _ labels: Labels = [:]) -> Metric {
    let text = MetricsText.labels(labels)
    return state.withLock { state in
      if let known = state.families[name]?.series[text] { return known }
      let made = Metric()
      state.families[name, default: Family(kind: kind, help: help)].series[text] = made
      return made
    }
  }

  func gauge(_ name: String, help: String, _ labels: Labels = [:]) -> Metric {
    metric(.gauge, name, help: help, labels)
  }

  func counter(_ name: String, help: String, _ labels: Labels = [:]) -> Metric {
    metric(.counter, name, help: help, labels)
  }

  /// `body` is run before the metrics are read. One of the same `name` before it is forgotten.
  func collect(_ name: String, _ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.collectors[name] = body }
  }

  /// All metrics as Prometheus' text format 0.0.4 has them, by name, then labels.
  func text() -> String {
    let collectors = state.withLock { $0.collectors }
    for (_, collector) in collectors.sorted(by: { $0.key < $1.key }) { collector() }
    let families = state.withLock { $0.families }
    var text = ""
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      text += "# HELP \(name) \(MetricsText.help(family.help))\n# TYPE \(name) \(family.kind.rawValue)\n"
      for (labels, metric) in family.series.sorted(by: { $0.key < $1.key }) {
        text += "\(name)\(labels) \(MetricsText.number(metric.value))\n"
      }
    }
    return text
  }
}

/// Prometheus' text format 0.0.4, piece by piece.
enum MetricsText {
  /// Labels in braces; "" for none.
  static func labels(_ labels: MetricsRegistry.Labels) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.map { "\($0.key)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
  }

  static func help(_ text: String) -> String { escaped(text, quotes: false) }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.append(character)
      }
    }
    return result
  }

  /// A number; whole ones without a point.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if value == value.rounded(), value.magnitude < 1e15 { return String(Int64(value)) }
    return "\(value)"
  }
}
