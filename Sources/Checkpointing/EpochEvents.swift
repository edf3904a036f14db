/// What the runner has to do next. It carries actions out in the order given, without waiting for one before it
/// starts the next, and reports each by the event that the action's comment names (or by `failed`).
package enum EpochAction: Equatable, Sendable {
  /// Begin the transaction of `epoch` on producer `EpochProtocol.producer(of: epoch)`. → `transactionBegun`
  case beginTransaction(epoch: UInt64)
  /// Rows of epochs up to `epoch` may be handed to the sinks from now on. No event.
  case openGate(epoch: UInt64)
  /// Sources end `epoch`. After a final barrier they need not read on. → `barrierPassed` once all rows of `epoch` are
  /// handed to the sinks and all snapshots are taken.
  case injectBarrier(epoch: UInt64, isFinal: Bool)
  /// Wait until every row of `epoch` is acknowledged. → `acknowledged`
  case flush(epoch: UInt64)
  /// Make the epoch's state and then its manifest durable; a leftover of that number is replaced. → `prepared`
  case writeManifest(epoch: UInt64)
  /// Put the source offsets of `epoch` and the commit record (`epoch`, `digest`) into its transaction and commit that.
  /// For an epoch that a restart begins with there are no offsets to put in: the record only. → `committed`
  case commit(epoch: UInt64, digest: String)
  /// What follows a commit: commit other sinks (idempotent, by epoch) and offsets that only monitors read, then mark
  /// the checkpoint as committed. May come again for the same epoch after a restart. → `marked`
  case markCommitted(epoch: UInt64)
  /// Checkpoints before `epoch` are no longer needed but for retention. No event; a failure is no reason to stop.
  case dropBefore(epoch: UInt64)
  /// Remove every checkpoint newer than `epoch`: leftovers of epochs that never counted. → `discarded`
  case discardAfter(epoch: UInt64)
  /// Give this attempt up: end the workers, wait for the store's writes under way, fence both transactional ids, read
  /// the commit record, `Recovery.decide`, and start again. Nothing more comes out until `started`.
  case recover(EpochFailure)
  /// The job is through. The transaction of a later epoch may have been begun: it is empty and may be aborted.
  case finished
}

/// What happened. Events of an attempt that was given up must not reach the next attempt.
package enum EpochEvent: Equatable, Sendable {
  /// Workers run (or can), from the epoch that `Recovery` decided on. First event of every attempt.
  case started(RecoveryDecision)
  /// Time has passed; see `EpochProtocol.nextDeadline_us`.
  case tick
  /// Take an epoch as soon as possible (a swap, a savepoint, a checkpoint by hand).
  case epochRequested
  /// End the job after one more epoch.
  case stopRequested
  /// All sources have ended and no more rows will come: one more epoch, then the end.
  case sourcesEnded
  case transactionBegun(epoch: UInt64)
  case barrierPassed(epoch: UInt64)
  case acknowledged(epoch: UInt64)
  /// The manifest is durable under its final name; `digest` is its digest.
  case prepared(epoch: UInt64, digest: String)
  case committed(epoch: UInt64)
  case marked(epoch: UInt64)
  case discarded(epoch: UInt64)
  case failed(EpochFailure)
}

/// A step of an epoch's life that may fail.
package enum EpochStep: String, Sendable {
  /// The start of an attempt, before its first epoch.
  case start
  case begin, barrier, flush, manifest, commit, mark, discard, retention
}

/// Why a step did not succeed.
package struct EpochFailure: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Kind: String, Sendable {
    /// The same action may be tried again at once or later.
    case retriable
    /// Another producer has this transactional id, or the transaction timed out on the broker.
    case fenced
    /// Trying again makes no sense within this attempt (an aborted transaction, a worker's error, a full disk).
    case fatal
    /// It is not allowed, and will not be before somebody allows it: the job ends.
    case refused
    /// The request was sent and its reply is lost: it may have taken effect.
    case unknownOutcome = "unknown_outcome"
    /// The protocol waited longer than the timeout.
    case timedOut = "timed_out"
  }
  package var step: EpochStep
  package var epoch: UInt64
  package var kind: Kind
  package var message: String

  package init(step: EpochStep, epoch: UInt64, kind: Kind, message: String) {
    self.step = step
    self.epoch = epoch
    self.kind = kind
    self.message = message
  }

  package var description: String { "epoch \(epoch), \(step.rawValue) (\(kind.rawValue)): \(message)" }
}
