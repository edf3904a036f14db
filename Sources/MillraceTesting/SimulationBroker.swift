import Checkpointing

/// A request on its way to the model's broker. Those of one attempt, producer and partition arrive in order; others
/// overtake each other. They outlive the process that sent them.
struct SimulationRequest {
  enum Kind {
    case produce(partition: Int, value: Int64)
    case endTransaction
    /// A whole transaction on the other cluster.
    case deliver(record: CommitRecord, rows: [Int64])
  }
  var attempt: Int
  var producer: Int
  var producerEpoch: Int
  var transaction: Int
  var kind: Kind

  /// What keeps its order: a partition, or the coordinator's connection (-1).
  var lane: Int {
    switch kind {
    case .produce(let partition, _): partition
    case .endTransaction: -1
    case .deliver: -2
    }
  }
}

/// A model of brokers: logs, transactions of two transactional ids, and one group's offset.
struct SimulationBroker {
  enum Status { case open, preparedCommit, committed, aborted }

  struct Transaction {
    var status = Status.open
    var record: CommitRecord?
    /// Place of the record in the group's log.
    var recordPlace = 0
    var sourceOffset = 0
  }

  struct Entry {
    var value: Int64
    var transaction: Int
  }

  struct Producer {
    var epoch = 0
    var current: Int?
  }

  /// By client-side number; a client takes a new number for each transaction.
  var transactions: [Transaction] = []
  var producers = [Producer(), Producer()]
  /// Sink A's two partitions, then sink B's one.
  var logs: [[Entry]] = [[], [], []]
  var record: CommitRecord?
  var sourceOffset = 0
  private var groupLogEnd = 0
  private var recordPlace = 0
  /// What a reader who sees all committed output would say; survives the loss of the record.
  var visible = CommitRecord(epoch: 0, digest: "")

  mutating func newTransaction() -> Int {
    transactions.append(Transaction())
    return transactions.count - 1
  }

  /// Whether a request of this producer's epoch is let in; if so, `transaction` is the producer's current one.
  private mutating func admit(_ producer: Int, epoch: Int, transaction: Int) -> Bool {
    guard producers[producer].epoch == epoch else { return false }
    if let current = producers[producer].current, current != transaction {
      // The coordinator lets nothing in before the last commit is through.
      guard transactions[current].status == .preparedCommit else { return false }
      complete(producer)
    }
    guard transactions[transaction].status == .open else { return false }
    producers[producer].current = transaction
    return true
  }

  /// False: fenced.
  mutating func produce(_ request: SimulationRequest, partition: Int, value: Int64, transactional: Bool) -> Bool {
    if transactional {
      let admitted = admit(request.producer, epoch: request.producerEpoch, transaction: request.transaction)
      guard admitted else { return false }
    }
    logs[partition].append(Entry(value: value, transaction: request.transaction))
    return true
  }

  /// Puts the record and the source offset into a transaction. False: fenced.
  mutating func addOffsets(
    producer: Int, epoch: Int, transaction: Int, record: CommitRecord, sourceOffset: Int?
  ) -> Bool {
    guard admit(producer, epoch: epoch, transaction: transaction) else { return false }
    groupLogEnd += 1
    transactions[transaction].record = record
    transactions[transaction].recordPlace = groupLogEnd
    transactions[transaction].sourceOffset = sourceOffset ?? self.sourceOffset
    return true
  }

  /// The coordinator decides to commit; the markers come later. False: fenced.
  mutating func endTransaction(_ request: SimulationRequest) -> Bool {
    guard admit(request.producer, epoch: request.producerEpoch, transaction: request.transaction) else { return false }
    transactions[request.transaction].status = .preparedCommit
    return true
  }

  /// Writes the markers of a decided commit.
  mutating func complete(_ producer: Int) {
    guard let current = producers[producer].current, transactions[current].status == .preparedCommit else { return }
    transactions[current].status = .committed
    producers[producer].current = nil
    // Markers of two transactions may be written in either order; the group keeps the offset that is later in its log.
    guard let committed = transactions[current].record, transactions[current].recordPlace > recordPlace else { return }
    recordPlace = transactions[current].recordPlace
    record = committed
    visible = committed
    sourceOffset = transactions[current].sourceOffset
  }

  func isCompleting(_ producer: Int) -> Bool {
    guard let current = producers[producer].current else { return false }
    return transactions[current].status == .preparedCommit
  }

  func isOpen(_ producer: Int) -> Bool {
    guard let current = producers[producer].current else { return false }
    return transactions[current].status == .open
  }

  /// `init_transactions`, and what a transaction's timeout does: no earlier epoch of the producer gets in any more.
  mutating func fence(_ producer: Int) -> Int {
    complete(producer)
    if let current = producers[producer].current { transactions[current].status = .aborted }
    producers[producer].current = nil
    producers[producer].epoch += 1
    return producers[producer].epoch
  }

  /// The values that read_committed consumers see of a partition (all values without transactions).
  func values(of partition: Int, transactional: Bool) -> [Int64] {
    guard transactional else { return logs[partition].map(\.value) }
    return logs[partition].filter { transactions[$0.transaction].status == .committed }.map(\.value)
  }
}
