import Checkpointing

/// What dies with the engine's process, or with an attempt within it.
struct SimulationProcess {
  enum Reply {
    case produced(_ producer: Int, _ taken: Bool)
    case ended(_ taken: Bool)
    case delivered(_ taken: Bool)
  }

  /// An action under way.
  struct Operation {
    var action: EpochAction
    var phase = 0
    /// Of a mark.
    var delivery = Delivery.due
  }

  /// How far the other cluster is with an epoch's rows.
  enum Delivery { case due, sent, done }

  /// A start that waits for the other cluster.
  struct Settling {
    var decision: RecoveryDecision
    var request: (record: CommitRecord, rows: [Int64])
    var isSent = false
  }

  struct Client {
    var epoch = 0
    /// The transaction begun, and for which epoch of the job.
    var transaction: Int?
    var jobEpoch: UInt64 = 0
    var unacknowledged = 0
    var isFenced = false
  }

  struct Row {
    var epoch: UInt64
    var index: Int
    var sum: Int64
  }

  struct Snapshot {
    var epoch: UInt64
    var position: Int
    var sum: Int64
    var digest = ""
    /// Whether its manifest was written, and its record sent, while rows were on their way.
    var isAhead = false
    var isRecordSent = false
  }

  var epochs: EpochProtocol
  var isRunning = false
  var isStopping = false
  var recoveryPhase = 0
  var record: CommitRecord?
  /// Of the other cluster: the producer's epoch, what was read there, the epoch that it has, and rows for it by epoch.
  var otherEpoch = 0
  var otherRecord: CommitRecord?
  var otherHas: UInt64 = 0
  var outboxes: [UInt64: [Int64]] = [:]
  var settling: Settling?
  var clients = [Client(), Client()]
  var replies: [Reply] = []
  var operations: [Operation] = []
  var snapshots: [Snapshot] = []
  /// The epoch that the attempt started from.
  var startEpoch: UInt64 = 0
  var gate: UInt64 = 0
  /// The worker: where it reads, its state, and rows not handed over yet.
  var position = 0
  var sum: Int64 = 0
  var sourceEpoch: UInt64 = 0
  var ring: [Row] = []
  var endTold = false

  init(settings: EpochProtocol.Settings) { epochs = EpochProtocol(settings: settings) }

  /// Forgets the attempt, not the protocol.
  mutating func reset() {
    let (kept, stopping) = (epochs, isStopping)
    self = SimulationProcess(settings: .init(commitPoint: .none, interval_us: 0))
    epochs = kept
    isStopping = stopping
  }
}
