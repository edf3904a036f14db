import Checkpointing

/// How the simulated engine is broken on purpose, to see that the simulation notices.
package enum SimulationFault: String, CaseIterable, Sendable {
  /// Rows of the next epoch go out before those of the last are acknowledged.
  case noWaitForAcknowledgements
  /// The commit record is read before the producers are fenced.
  case recordReadBeforeFencing
  /// The manifest gets its name only after the commit.
  case manifestRenamedAfterCommit
  /// Only one of the two transactional ids is fenced.
  case oneProducerFenced
  /// A restart goes on from the newest manifest, committed or not.
  case newestManifestRestored
  /// A restart sends the last epoch's rows to the other cluster whatever that cluster's record says.
  case outboxSentAgain
  /// The checkpoint is marked before its rows are at the other cluster.
  case markedBeforeOutbox
  /// The other cluster's transactional id is not fenced.
  case otherClusterNotFenced
}

/// What a run saw.
package struct SimulationResult: Sendable {
  package var seed: UInt64
  /// What was wrong; nil if nothing was.
  package var failure: String?
  package var steps = 0
  package var epochs = 0
  package var crashes = 0
  package var recoveries = 0
  package var fenced = 0
  package var timeouts = 0
  package var unknownOutcomes = 0
  package var retries = 0
  package var stops = 0
  package var forgottenRecords = 0
  package var choices = 0
  package var marksMadeUp = 0
  package var discards = 0
  /// Rows that a restart sent to the other cluster, and records that it wrote there.
  package var outboxesSentLate = 0
  package var otherRecordsWritten = 0

  package init(seed: UInt64) { self.seed = seed }
}

/// Runs a job's epochs through a model of brokers, disk, workers and network in which anything may fail at any step,
/// with the engine's own `EpochProtocol` and `Recovery` in charge. The seed decides everything.
package enum Simulation {
  /// One run: the job ends when all its input is through; then its output must be exactly what the input gives.
  package static func run(
    seed: UInt64, commitPoint: CommitPoint = .transaction, fault: SimulationFault? = nil
  ) -> SimulationResult {
    var world = SimulationWorld(seed: seed, commitPoint: commitPoint, fault: fault)
    return world.run()
  }
}
