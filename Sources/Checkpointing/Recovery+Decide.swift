/// Decides where an attempt starts from. Pure.
package enum Recovery {
  /// Decides from the checkpoints found in the store and the commit record.
  ///
  /// - Parameters:
  ///   - commitPoint: that of the job as it is to run now.
  ///   - found: every checkpoint in the store, in any order. How each of them was taken counts, not only how the job
  ///     runs now: a job's guarantee may be changed.
  ///   - record: the commit record, read after fencing; nil if Kafka has none. A job with no Kafka sink has none.
  ///   - assumed: the user's choice (`--assume-epoch`); 0: start afresh.
  /// - Throws: `RecoveryError` if the choice is the user's.
  package static func decide(
    commitPoint: CommitPoint, found: [FoundCheckpoint], record: CommitRecord?, assumed: UInt64? = nil
  ) throws(RecoveryError) -> RecoveryDecision {
    guard commitPoint != .none else { return RecoveryDecision(start: .fresh) }
    let evidence = Evidence(commitPoint: commitPoint, found: found, record: record)
    if let assumed { return try evidence.assume(assumed) }
    return try evidence.decide()
  }
}

/// What there is to decide by.
private struct Evidence {
  let commitPoint: CommitPoint
  let found: [FoundCheckpoint]
  let record: CommitRecord?

  init(commitPoint: CommitPoint, found: [FoundCheckpoint], record: CommitRecord?) {
    self.commitPoint = commitPoint
    self.found = found.sorted { $0.epoch < $1.epoch }
    self.record = record
  }

  func decide() throws(RecoveryError) -> RecoveryDecision {
    try refuseDamagedNewest()
    // Taken under the rule that the manifest's rename commits: these count by being there.
    let renamed = found.last { $0.isIntact && $0.commitPoint == .manifest }?.epoch ?? 0
    let marked = found.last { $0.isMarked && $0.condition != .unfinished }?.epoch ?? 0
    guard let record else { return try decideWithoutRecord(newest: max(renamed, marked)) }
    if record.epoch > renamed || (record.epoch == renamed && record.epoch == 0) {
      return try restore(record: record, marked: marked)
    }
    return try restore(epoch: renamed)
  }

  /// A manifest that commits by its rename and can't be read now may have counted.
  private func refuseDamagedNewest() throws(RecoveryError) {
    guard let newest = found.last(where: { $0.condition != .unfinished }) else { return }
    guard case .damaged(let reason) = newest.condition else { return }
    // The record knows better: it names another epoch, or this one and then says so itself.
    if record != nil && !newest.isMarked && commitPoint == .transaction { return }
    throw error("The newest checkpoint, epoch \(newest.epoch), is damaged: \(reason).")
  }

  private func restore(record: CommitRecord, marked: UInt64) throws(RecoveryError) -> RecoveryDecision {
    guard marked <= record.epoch else {
      throw error(
        "The commit record in Kafka names epoch \(record.epoch), but epoch \(marked) is marked as committed in the "
          + "checkpoint store: the record is from another cluster, or was changed or lost.")
    }
    guard record.epoch > 0 else { return plan(epoch: 0) }
    let named = "The commit record in Kafka names epoch \(record.epoch)"
    guard let checkpoint = found.first(where: { $0.epoch == record.epoch }) else {
      throw error("\(named), of which the checkpoint store has nothing: is `storage` the place that the job used?")
    }
    switch checkpoint.condition {
    case .unfinished: throw error("\(named), of which the checkpoint store has no manifest.")
    case .damaged(let reason): throw error("\(named), whose checkpoint is damaged: \(reason).")
    case .intact(let digest, _):
      guard digest == record.digest else {
        throw error(
          "\(named) with a manifest of digest \(record.digest), but the manifest in the checkpoint store has "
            + "\(digest): it is another run's.")
      }
      return plan(epoch: record.epoch)
    }
  }

  /// Kafka forgets the offsets of groups that are idle for long.
  private func decideWithoutRecord(newest: UInt64) throws(RecoveryError) -> RecoveryDecision {
    if let prepared = found.last(where: { $0.isIntact && $0.epoch > newest })?.epoch {
      throw error(
        "Kafka has no commit record of this job (it forgets one after `offsets.retention.minutes` without commits), "
          + "and epoch \(prepared) is prepared but not marked as committed: its output may be visible or not.")
    }
    return try restore(epoch: newest)
  }

  private func restore(epoch: UInt64) throws(RecoveryError) -> RecoveryDecision {
    guard epoch > 0 else { return plan(epoch: 0) }
    if case .damaged(let reason) = found.first(where: { $0.epoch == epoch })?.condition {
      throw error("Epoch \(epoch) is marked as committed, but damaged: \(reason).")
    }
    return plan(epoch: epoch)
  }

  func assume(_ epoch: UInt64) throws(RecoveryError) -> RecoveryDecision {
    if epoch > 0 && found.first(where: { $0.epoch == epoch })?.isIntact != true {
      throw error("There is no intact checkpoint of epoch \(epoch) to start from.")
    }
    return plan(epoch: epoch)
  }

  private func plan(epoch: UInt64) -> RecoveryDecision {
    let checkpoint = found.first { $0.epoch == epoch }
    let wanted = CommitRecord(epoch: epoch, digest: checkpoint?.digest ?? "")
    return RecoveryDecision(
      start: epoch == 0 ? .fresh : .restore(epoch: epoch),
      recordToWrite: commitPoint == .transaction && record != wanted ? wanted.digest : nil,
      needsMark: checkpoint.map { !$0.isMarked } ?? false,
      discard: found.map(\.epoch).filter { $0 > epoch })
  }

  private func error(_ reason: String) -> RecoveryError {
    var choices: [RecoveryError.Choice] = found.reversed().filter(\.isIntact).map { checkpoint in
      let counts = checkpoint.isMarked || checkpoint.commitPoint == .manifest
      return .init(
        epoch: checkpoint.epoch,
        meaning: counts
          ? "committed: right unless results of a later epoch are visible (those would repeat)"
          : "only prepared: right if this epoch's results are visible (else they are lost)")
    }
    choices.append(.init(epoch: 0, meaning: "afresh: results that are visible already may repeat"))
    return RecoveryError(reason: reason, choices: choices)
  }
}

extension FoundCheckpoint {
  fileprivate var isIntact: Bool { digest != nil }
  fileprivate var digest: String? {
    if case .intact(let digest, _) = condition { return digest }
    return nil
  }
  fileprivate var commitPoint: CommitPoint? {
    if case .intact(_, let commitPoint) = condition { return commitPoint }
    return nil
  }
}
