import Checkpointing
import Columnar

/// A manifest for people.
struct CheckpointDescription {
  private let checkpoint: InspectedCheckpoint
  private let now_us: Int64
  private var manifest: Manifest { checkpoint.manifest }

  init(_ checkpoint: InspectedCheckpoint, now_us: Int64) {
    self.checkpoint = checkpoint
    self.now_us = now_us
  }

  private static let time = DataType.timestamp(.microsecond, zone: "UTC")

  var text: String {
    let sections = [plugins, sources, splits, states, files, outboxes].filter { !$0.isEmpty }
    return ([head] + sections).joined(separator: "\n")
  }

  private var head: String {
    let age_s = (now_us - manifest.createdAt_us) / 1_000_000
    let commit =
      switch manifest.commitPoint {
      case .transaction: "its Kafka transaction"
      case .manifest: "its manifest"
      case .none: "nothing"
      }
    return """
      epoch \(checkpoint.epoch) of job \(manifest.job), \(checkpoint.condition.rawValue)
        created      \(Scalar.integer(manifest.createdAt_us).text(Self.time)), \(age_s) s ago, by engine \(manifest.engineVersion)
        guarantee    \(manifest.guarantee.rawValue), committed by \(commit)
        key groups   \(manifest.keyGroups), parallelism \(manifest.parallelism)
        state        \(manifest.fileCount) files, \(manifest.totalSize) bytes
        digest       \(checkpoint.digest)

      """
  }

  private static func section(_ name: String, _ fields: [Field], _ rows: [[Scalar]]) -> String {
    guard !rows.isEmpty else { return "" }
    let lines = TextTable(fields, rows).text.split(separator: "\n")
    return name + "\n" + lines.map { "  \($0)\n" }.joined()
  }

  private var plugins: String {
    Self.section(
      "plugins",
      [
        Field("step", .utf8), Field("id", .utf8), Field("version", .utf8), Field("from_epoch", .uint64),
        Field("sha256", .utf8),
      ],
      manifest.plugins.map {
        [.text($0.step), .text($0.id), .text($0.version), .unsigned($0.fromEpoch), .text("\($0.sha256.prefix(16))…")]
      })
  }

  private static func watermark(_ time_us: Int64) -> Scalar { time_us == .min ? .null : .integer(time_us) }

  private var sources: String {
    Self.section(
      "sources",
      [
        Field("step", .utf8), Field("topic", .utf8), Field("partition", .int32), Field("next_offset", .int64),
        Field("watermark", Self.time),
      ],
      manifest.sources.map {
        [
          .text($0.step), .text($0.topic), .integer(Int64($0.partition)), .integer($0.nextOffset),
          Self.watermark($0.watermark_us),
        ]
      })
  }

  private var splits: String {
    Self.section(
      "splits",
      [Field("step", .utf8), Field("split", .utf8), Field("next", .int64), Field("watermark", Self.time)],
      manifest.splits.map {
        [.text($0.step), .text($0.split), .integer($0.next), Self.watermark($0.watermark_us)]
      })
  }

  private var states: String {
    Self.section(
      "states",
      [
        Field("step", .utf8), Field("key", .utf8), Field("state", .utf8), Field("kind", .utf8),
        Field("version", .int64), Field("type", .utf8),
      ],
      manifest.steps.flatMap { step in
        step.states.map { state in
          [
            .text(step.id), step.key.map { .text($0) } ?? .null, .text(state.name), .text(state.kind),
            .integer(Int64(state.version)), .text(state.typeText),
          ]
        }
      })
  }

  private var files: String {
    Self.section(
      "state files",
      [
        Field("step", .utf8), Field("worker", .int64), Field("kind", .utf8), Field("key_groups", .utf8),
        Field("size_bytes", .int64), Field("file", .utf8),
      ],
      manifest.stateFiles.map { file in
        let groups = file.keyGroups.map { "\($0.first)-\($0.first + $0.count - 1)" }
        return [
          .text(file.step), .integer(Int64(file.worker)), .text(file.kind.rawValue),
          groups.map { .text($0) } ?? .null, .integer(file.size), .text(file.name),
        ]
      })
  }
}

extension CheckpointDescription {
  private var outboxes: String {
    Self.section(
      "rows for other clusters",
      [
        Field("connection", .utf8), Field("rows", .int64), Field("size_bytes", .int64), Field("file", .utf8),
      ],
      (manifest.outboxes ?? []).map {
        [.text($0.connection), .integer($0.rowCount), .integer($0.size), .text($0.name)]
      })
  }
}

extension Manifest.State {
  /// The type, of a map with its keys'.
  var typeText: String { mapKeySchema.map { "\($0) to \(schema)" } ?? schema }
}
