import Checkpointing

/// A model of a cluster that gets an epoch's rows after the epoch has counted: what its readers see, and its commit
/// record. Its transactions are simpler than `SimulationBroker`'s: one producer, one epoch at a time.
struct SimulationOtherCluster {
  private(set) var rows: [Int64] = []
  var record: CommitRecord?
  private var producerEpoch = 0

  /// `init_transactions`: what was sent before does not get in any more. Gives the producer's epoch.
  mutating func fence() -> Int {
    producerEpoch += 1
    return producerEpoch
  }

  /// The epoch of whoever fenced last.
  var currentEpoch: Int { producerEpoch }

  /// A transaction arrives as a whole or, if its producer was fenced, not at all: false.
  mutating func deliver(_ record: CommitRecord, _ rows: [Int64], producerEpoch: Int) -> Bool {
    guard producerEpoch == self.producerEpoch else { return false }
    self.rows += rows
    self.record = record
    return true
  }
}
