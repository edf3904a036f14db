/// What Kafka says was committed last: offset and metadata of group `<job>.epochs`, read after both transactional ids
/// are fenced.
package struct CommitRecord: Equatable, Sendable {
  /// 0: a fresh start, no epoch is committed yet.
  package var epoch: UInt64
  /// Digest of the epoch's manifest; empty for epoch 0.
  package var digest: String

  package init(epoch: UInt64, digest: String) {
    self.epoch = epoch
    self.digest = digest
  }
}

/// A checkpoint as found in the store.
package struct FoundCheckpoint: Equatable, Sendable {
  package enum Condition: Equatable, Sendable {
    /// Complete and intact.
    case intact(digest: String, commitPoint: CommitPoint)
    /// There is a manifest, and it or a state file is not what it should be.
    case damaged(reason: String)
    /// There is no manifest: the engine died while writing it.
    case unfinished
  }
  package var epoch: UInt64
  package var condition: Condition
  /// Whether it is marked as committed.
  package var isMarked: Bool

  package init(epoch: UInt64, condition: Condition, isMarked: Bool) {
    self.epoch = epoch
    self.condition = condition
    self.isMarked = isMarked
  }
}

/// Where to start from, and what to put in order before the first epoch (which `EpochProtocol` does).
package struct RecoveryDecision: Equatable, Sendable {
  package enum Start: Equatable, Sendable {
    case fresh
    /// With exactly this epoch's state and positions.
    case restore(epoch: UInt64)
  }
  package var start: Start
  /// The digest to write into the commit record, which does not name this epoch yet; nil if it does.
  package var recordToWrite: String?
  /// The checkpoint counts but is not marked: the engine died before it could.
  package var needsMark: Bool
  /// Newer checkpoints, which do not count. Ascending.
  package var discard: [UInt64]

  package init(start: Start, recordToWrite: String? = nil, needsMark: Bool = false, discard: [UInt64] = []) {
    self.start = start
    self.recordToWrite = recordToWrite
    self.needsMark = needsMark
    self.discard = discard
  }

  /// The epoch to start from; 0 for a fresh start.
  package var lastCommitted: UInt64 {
    if case .restore(let epoch) = start { return epoch }
    return 0
  }
}

/// Why a job can't tell by itself where to start from.
package struct RecoveryError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was found, and why it is not enough.
  package var reason: String
  /// Epochs that can be started from (`--assume-epoch N`; 0: afresh), each with what that would mean.
  package var choices: [Choice]

  package struct Choice: Equatable, Sendable {
    package var epoch: UInt64
    package var meaning: String

    package init(epoch: UInt64, meaning: String) {
      self.epoch = epoch
      self.meaning = meaning
    }
  }

  package init(reason: String, choices: [Choice]) {
    self.reason = reason
    self.choices = choices
  }

  package var description: String {
    ([reason, "Start the job again with one of:"] + choices.map { "  --assume-epoch \($0.epoch)  \($0.meaning)" })
      .joined(separator: "\n")
  }
}
