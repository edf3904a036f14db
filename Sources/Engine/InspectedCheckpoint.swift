import Checkpointing
import State

/// A checkpoint that somebody looks at.
struct InspectedCheckpoint {
  /// How far a checkpoint has come.
  enum Condition: String {
    /// It counts: a job goes on from it.
    case committed
    /// It has a manifest; whether it counts only the job's commit record says.
    case prepared
    /// It has no manifest: it is being written, or was left behind.
    case unfinished
    /// Its manifest can't be read.
    case damaged
  }

  let store: CheckpointStore
  let manifest: Manifest
  let digest: String
  let condition: Condition

  var epoch: UInt64 { manifest.epoch }

  init(_ epoch: UInt64, _ store: CheckpointStore) throws {
    self.store = store
    (manifest, digest) = try store.manifest(of: epoch)
    condition = store.isMarked(epoch) || manifest.commitPoint == .manifest ? .committed : .prepared
  }

  /// The newest that counts; nil if there is none.
  static func newestCommitted(in store: CheckpointStore) throws -> InspectedCheckpoint? {
    // A running job may mark the next one and remove this one while they are looked at, the newest first.
    var seen: [UInt64] = []
    while true {
      let epochs = try store.epochs()
      guard epochs != seen else { return nil }
      seen = epochs
      if let found = try newestCommitted(of: epochs, store) { return found }
    }
  }

  private static func newestCommitted(of epochs: [UInt64], _ store: CheckpointStore) throws -> InspectedCheckpoint? {
    for epoch in epochs.reversed() where store.isPrepared(epoch) {
      do {
        let checkpoint = try InspectedCheckpoint(epoch, store)
        if checkpoint.condition == .committed { return checkpoint }
      } catch { if store.exists(epoch) { throw error } }
    }
    return nil
  }
}

/// What the commands that look at checkpoints have in common.
enum Inspection {
  /// How often a checkpoint may be removed under a reader's hands before he gives up.
  private static let attempts = 5

  /// Opens the store, with errors as the end of a command.
  static func store(_ directory: String) throws -> CheckpointStore {
    do { return try CheckpointStore(inspecting: directory) } catch {
      throw JobError(.usage, "no-checkpoints", "\(error)")
    }
  }

  /// What `body` makes of a checkpoint: of `epoch`, or of the newest that counts, and then of a newer one if a running
  /// job removes it meanwhile. Throws `JobError`.
  static func reading<Result>(
    _ directory: String, epoch: UInt64?, _ body: (InspectedCheckpoint) throws -> Result
  ) throws -> Result {
    let store = try store(directory)
    var attempt = 0
    while true {
      attempt += 1
      let checkpoint = try open(epoch, store)
      do { return try body(checkpoint) } catch {
        let isRemoved = !store.exists(checkpoint.epoch)
        guard isRemoved, epoch == nil, attempt < attempts else { throw asJobError(error) }
      }
    }
  }

  private static func open(_ epoch: UInt64?, _ store: CheckpointStore) throws -> InspectedCheckpoint {
    do {
      if let epoch {
        guard store.exists(epoch) else {
          let there = try store.epochs().map { String($0) }.joined(separator: ", ")
          throw JobError(
            .usage, "no-such-epoch",
            "\(store.directory) has no epoch \(epoch); there are: \(there.isEmpty ? "none" : there)")
        }
        return try InspectedCheckpoint(epoch, store)
      }
      if let newest = try InspectedCheckpoint.newestCommitted(in: store) { return newest }
    } catch { throw asJobError(error) }
    throw JobError(
      .failed, "no-checkpoints",
      "\(store.directory) has no committed checkpoint yet; one that is only prepared is shown with --epoch")
  }

  /// An error of reading as the end of a command.
  static func asJobError(_ error: any Error) -> JobError {
    switch error {
    case let error as JobError: error
    case let error as CheckpointError where !error.isRetriable: JobError(.recovery, "checkpoint-damaged", "\(error)")
    case let error as RunError where error.isDamage: JobError(.recovery, "checkpoint-damaged", "\(error)")
    default: JobError(wrapping: error)
    }
  }
}
