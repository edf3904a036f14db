import Columnar

/// A job's status for people.
struct StatusText {
  private let status: JobStatus

  init(_ status: JobStatus) { self.status = status }

  private static let time = DataType.timestamp(.microsecond, zone: "UTC")
  /// The phases of an epoch, in their order.
  private static let phases = ["barrier", "flush", "manifest", "commit", "mark"]

  /// Lines, each with a newline.
  var text: String {
    ([head] + [retries, steps, splits, plugins].filter { !$0.isEmpty }).joined(separator: "\n")
  }

  // MARK: - The head

  private var head: String {
    let lines: [(name: String, value: String?)] = [
      ("process", process), ("guarantee", "\(status.guarantee), parallelism \(status.parallelism)"),
      ("epochs", epochs), ("last", lastEpoch), ("under way", epochUnderWay),
    ]
    return "job \(status.job), \(phase)\n"
      + lines.compactMap { name, value in
        value.map { "  \(name)\(String(repeating: " ", count: 11 - name.count))\($0)\n" }
      }.joined()
  }

  private var phase: String {
    let doing = status.activity.map { ": \($0)" } ?? ""
    return "\(status.phase.rawValue) for \(Self.duration(status.phaseAge_us))\(doing)"
  }

  private var process: String? {
    let started = Scalar.integer(status.startedAt_us / 1_000_000 * 1_000_000).text(Self.time)
    let attempts = status.attempts > 1 ? ", attempt \(status.attempts)" : ""
    return
      "pid \(status.pid), engine \(status.engineVersion), since \(started) (\(Self.duration(status.age_us)))\(attempts)"
  }

  private var epochs: String? {
    status.committedEpoch == 0 ? "none is committed yet" : "\(status.committedEpoch) counts"
  }

  private var lastEpoch: String? {
    guard let last = status.lastEpoch else { return nil }
    let phases = Self.phases.compactMap { name in last.phases_us[name].map { "\(name) \(Self.duration($0))" } }
    let size = last.size.map { ", \($0.written) bytes written, \($0.total) in all" } ?? ""
    return "\(last.epoch), \(Self.duration(last.age_us)) ago, took \(Self.duration(last.duration_us)): "
      + phases.joined(separator: ", ") + size
  }

  private var epochUnderWay: String? {
    status.epochUnderWay.map {
      "\($0.epoch), for \(Self.duration($0.age_us)): \($0.phase) for \(Self.duration($0.phaseAge_us))"
    }
  }

  // MARK: - Tables

  private static func section(_ name: String, _ fields: [Field], _ rows: [[Scalar]]) -> String {
    guard !rows.isEmpty else { return "" }
    return name + "\n" + TextTable(fields, rows).text.split(separator: "\n").map { "  \($0)\n" }.joined()
  }

  private func optional(_ value: Int64?) -> Scalar { value.map { .integer($0) } ?? .null }
  private func rounded(_ value: Double?) -> Scalar { optional(value.flatMap { Int64(exactly: $0.rounded()) }) }
  private func percent(_ share: Double?) -> Scalar { rounded(share.map { $0 * 100 }) }

  private var retries: String {
    Self.section(
      "failing, tried again",
      [
        Field("what", .utf8), Field("for", .utf8), Field("failures", .int64), Field("last", .utf8),
        Field("last error", .utf8),
      ],
      status.retries.map {
        [
          .text($0.what), .text(Self.duration($0.age_us)), .integer(Int64($0.count)),
          .text("\(Self.duration($0.lastAge_us)) ago"), .text(Self.oneLine($0.lastError)),
        ]
      })
  }

  private var steps: String {
    Self.section(
      "steps",
      [
        Field("step", .utf8), Field("kind", .utf8), Field("rows in", .int64), Field("rows out", .int64),
        Field("rows/s", .int64), Field("busy %", .int64), Field("back-pressure %", .int64),
        Field("watermark", Self.time),
      ],
      status.steps.map {
        [
          .text($0.step), .text($0.kind), optional($0.kind == "source" ? nil : $0.rowsIn),
          optional($0.kind == "sink" ? nil : $0.rowsOut), rounded($0.rowsPerS), percent($0.busyShare),
          percent($0.backPressureShare), optional($0.watermark_us),
        ]
      })
  }

  private var splits: String {
    Self.section(
      "splits",
      [
        Field("step", .utf8), Field("split", .utf8), Field("worker", .int64), Field("next", .int64),
        Field("end", .int64), Field("lag", .int64), Field("rows/s", .int64), Field("watermark", Self.time),
        Field("note", .utf8),
      ],
      status.splits.map {
        [
          .text($0.step), .text($0.split), .integer(Int64($0.worker)), .integer($0.next), optional($0.end),
          optional($0.lag), rounded($0.rowsPerS), optional($0.watermark_us), Self.note($0),
        ]
      })
  }

  private static func note(_ split: JobStatus.Split) -> Scalar {
    if split.holdsWatermark { return .text("holds the watermark back") }
    return split.condition == .active ? .null : .text(split.condition.rawValue)
  }

  private var plugins: String {
    Self.section(
      "plugins",
      [
        Field("step", .utf8), Field("id", .utf8), Field("version", .utf8), Field("from epoch", .uint64),
        Field("sha256", .utf8),
      ],
      status.plugins.map {
        [
          .text($0.step), .text($0.id), .text($0.version), .unsigned($0.fromEpoch), .text("\($0.sha256.prefix(16))…"),
        ]
      })
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// A duration with the two units that matter: `3 ms`, `4.2 s`, `7 m 12 s`, `5 h 3 m`, `12 d 5 h`.
  static func duration(_ time_us: Int64) -> String {
    let seconds = time_us / 1_000_000
    switch time_us {
    case ..<1000: return "\(max(0, time_us)) us"
    case ..<1_000_000: return "\(time_us / 1000) ms"
    case ..<60_000_000: return "\(seconds).\(time_us / 100_000 % 10) s"
    case ..<3_600_000_000: return "\(seconds / 60) m \(seconds % 60) s"
    case ..<86_400_000_000: return "\(seconds / 3600) h \(seconds / 60 % 60) m"
    default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
    }
  }
}
