import Checkpointing
import Columnar
import Dataflow
import Foundation

/// What `millrace checkpoints …` does. Reads only; works beside a running job. All throw `JobError`, and what
/// `output`, which gets the bytes to print, throws. [control]
package enum CheckpointCommands {
  private static let listFields = [
    Field("epoch", .uint64), Field("condition", .utf8),
    Field("created", .timestamp(.microsecond, zone: "UTC"), nullable: true), Field("age_s", .int64, nullable: true),
    Field("files", .int64, nullable: true), Field("size_bytes", .int64, nullable: true),
    Field("guarantee", .utf8, nullable: true), Field("problem", .utf8, nullable: true),
  ]

  /// A row for each checkpoint of a job, ascending.
  package static func list(
    directory: String, format: InspectFormat, output: @escaping ([UInt8]) throws -> Void
  ) throws {
    let store = try Inspection.store(directory)
    let epochs: [UInt64]
    do { epochs = try store.epochs() } catch { throw Inspection.asJobError(error) }
    let printer = try RowPrinter(listFields, format: format, output: output)
    let now_us = Clock.realtime_us()
    for epoch in epochs { if let row = row(of: epoch, store, now_us: now_us) { try printer.add(row) } }
    try printer.finish()
  }

  /// Nil if a running job has removed it meanwhile.
  private static func row(of epoch: UInt64, _ store: CheckpointStore, now_us: Int64) -> [Scalar]? {
    func row(_ condition: InspectedCheckpoint.Condition, _ rest: [Scalar]) -> [Scalar] {
      [.unsigned(epoch), .text(condition.rawValue)] + rest
    }
    guard store.isPrepared(epoch) || store.isMarked(epoch) else {
      return store.exists(epoch) ? row(.unfinished, Array(repeating: .null, count: 6)) : nil
    }
    do {
      let checkpoint = try InspectedCheckpoint(epoch, store)
      let manifest = checkpoint.manifest
      return row(
        checkpoint.condition,
        [
          .integer(manifest.createdAt_us), .integer((now_us - manifest.createdAt_us) / 1_000_000),
          .integer(Int64(manifest.fileCount)), .integer(manifest.totalSize), .text(manifest.guarantee.rawValue), .null,
        ])
    } catch {
      guard store.exists(epoch) else { return nil }
      return row(.damaged, Array(repeating: .null, count: 5) + [.text("\(error)")])
    }
  }

  /// A checkpoint's manifest: for people, or the manifest itself as a line of JSON. `epoch`: nil for the newest that
  /// counts.
  package static func show(
    directory: String, epoch: UInt64?, asJSON: Bool, output: ([UInt8]) throws -> Void
  ) throws {
    let text = try Inspection.reading(directory, epoch: epoch) { checkpoint in
      guard asJSON else {
        return CheckpointDescription(checkpoint, now_us: Clock.realtime_us()).text
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(checkpoint.manifest), as: UTF8.self) + "\n"
    }
    try output(Array(text.utf8))
  }

  /// Reads every byte of a checkpoint, or of all for nil, and says what is damaged. Gives whether nothing is.
  package static func verify(
    directory: String, epoch: UInt64?, output: ([UInt8]) throws -> Void
  ) throws -> Bool {
    let store = try Inspection.store(directory)
    let epochs: [UInt64]
    do { epochs = try store.epochs() } catch { throw Inspection.asJobError(error) }
    if let epoch, !epochs.contains(epoch) {
      throw JobError(.usage, "no-such-epoch", "\(store.directory) has no epoch \(epoch)")
    }
    var verification = CheckpointVerification(store: store)
    for chosen in epochs where epoch == nil || chosen == epoch {
      try output(Array(verification.verify(chosen).utf8))
    }
    try output(Array(verification.summary.utf8))
    return verification.isClean
  }
}

extension Scalar {
  /// A value of type utf8.
  static func text(_ text: String) -> Scalar { .bytes(Array(text.utf8)) }
}

extension Manifest {
  /// The state files, each once.
  private var distinctFiles: [StateFile] {
    var seen: Set<String> = []
    return stateFiles.filter { seen.insert("\($0.kind)/\($0.name)").inserted }
  }
  var fileCount: Int { distinctFiles.count + (outboxes?.count ?? 0) }
  /// Bytes of all state files and outboxes.
  var totalSize: Int64 {
    distinctFiles.reduce(0) { $0 + $1.size } + (outboxes ?? []).reduce(0) { $0 + $1.size }
  }
}
