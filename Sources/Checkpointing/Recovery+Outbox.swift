/// What a start has to do for a cluster that gets its rows after the epoch has counted.
package enum OutboxDecision: Equatable, Sendable {
  /// Nothing: its record names the epoch that the job starts from.
  case nothing
  /// Its rows are there, but its record has to be made to name that epoch.
  case record
  /// The outbox of that epoch has not been sent: send it, with the record.
  case send
}

extension Recovery {
  /// Decides for one other cluster. Its record is written with the rows in one transaction, and an epoch is marked only
  /// after that: so an outbox is missing there at most if its epoch is not marked and the record is behind.
  ///
  /// - Parameters:
  ///   - connection: of the other cluster, for messages.
  ///   - start: the epoch that the job starts from, with its manifest's digest; 0 and "" for a fresh start.
  ///   - isMarked: whether that epoch is marked as committed.
  ///   - hasRows: whether its manifest lists an outbox for this cluster.
  ///   - record: of the other cluster, read after its transactional id was fenced; nil if it has none.
  ///   - isAssumed: whether the user chose the epoch (`--assume-epoch`).
  /// - Throws: `RecoveryError` if the choice is the user's.
  package static func decide(
    outboxFor connection: String, start: CommitRecord, isMarked: Bool, hasRows: Bool, record: CommitRecord?,
    isAssumed: Bool
  ) throws(RecoveryError) -> OutboxDecision {
    if record == start { return .nothing }
    if isAssumed && (record?.epoch ?? .max) >= start.epoch { return .record }
    if let record, record.epoch > start.epoch || (record.epoch == start.epoch && !isMarked && hasRows) {
      throw RecoveryError(
        reason:
          "Connection \"\(connection)\" has a commit record of epoch \(record.epoch) that is not of this run: the "
          + "checkpoint to start from is epoch \(start.epoch). Another job of the same name wrote there, or the first sink of "
          + "the job was on that connection.",
        choices: [.init(epoch: start.epoch, meaning: "what that connection has of later epochs comes there again")])
    }
    guard !isMarked && hasRows else { return .record }
    guard record != nil else {
      throw RecoveryError(
        reason: "Connection \"\(connection)\" has no commit record of this job (Kafka forgets one after "
          + "`offsets.retention.minutes` without commits), and the rows of epoch \(start.epoch) may have been sent there "
          + "or not.",
        choices: [
          .init(epoch: start.epoch, meaning: "they are taken as sent (if they are not there, they are lost there)")
        ])
    }
    return .send
  }

  /// Refuses to go on if rows for clusters that the job does not write to any more may not have been sent. `manifest`:
  /// of the epoch that the job starts from. Throws `RecoveryError`.
  package static func checkOutboxes(
    of manifest: Manifest?, isMarked: Bool, connections: [String], isAssumed: Bool
  ) throws(RecoveryError) {
    guard let manifest, !isMarked, !isAssumed else { return }
    guard let box = manifest.outboxes?.first(where: { !connections.contains($0.connection) }) else { return }
    throw RecoveryError(
      reason: "Epoch \(manifest.epoch) has \(box.rowCount) rows for connection \"\(box.connection)\" that may not have "
        + "been sent yet, and the pipeline file does not send any there, or no more with exactly_once. Start once with the "
        + "file as it was before.",
      choices: [.init(epoch: manifest.epoch, meaning: "they are taken as sent (if they are not there, they are lost)")])
  }
}
