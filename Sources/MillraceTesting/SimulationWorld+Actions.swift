import Checkpointing

/// The actions that take time: each call takes one of them a step further, or finds that it has to wait.
extension SimulationWorld {
  mutating func advance(_ index: Int) {
    let operation = process.operations[index]
    switch operation.action {
    case .beginTransaction(let epoch): begin(index, epoch)
    case .injectBarrier(let epoch, _): barrier(index, epoch)
    case .flush(let epoch): flush(index, epoch)
    case .writeManifest(let epoch): write(index, epoch)
    case .commit(let epoch, let digest): commit(index, CommitRecord(epoch: epoch, digest: digest))
    case .markCommitted(let epoch): mark(index, epoch)
    case .dropBefore(let epoch): if removeOne(where: { $0 < epoch }) { process.operations.remove(at: index) }
    case .discardAfter(let epoch): if removeOne(where: { $0 > epoch }) { finish(index, .discarded(epoch: epoch)) }
    case .openGate, .recover, .finished: fail("\(operation.action) is no operation")
    }
  }

  private mutating func finish(_ index: Int, _ event: EpochEvent) {
    process.operations.remove(at: index)
    handle(event)
  }

  private mutating func fail(_ index: Int, _ step: EpochStep, _ epoch: UInt64, _ kind: EpochFailure.Kind) {
    if kind == .retriable { result.retries += 1 }
    finish(index, .failed(EpochFailure(step: step, epoch: epoch, kind: kind, message: "simulated")))
  }

  /// Now and then a step fails in a way that another try may mend.
  private mutating func stumbles() -> Bool {
    guard mishaps > 0 && random.once(in: mishapRarity) else { return false }
    mishaps -= 1
    return true
  }

  private mutating func begin(_ index: Int, _ epoch: UInt64) {
    if stumbles() { return fail(index, .begin, epoch, .retriable) }
    let producer = EpochProtocol.producer(of: epoch)
    guard process.clients[producer].transaction == nil else {
      return fail("the transaction of epoch \(epoch) was begun on a producer that is not free")
    }
    process.clients[producer].transaction = broker.newTransaction()
    process.clients[producer].jobEpoch = epoch
    finish(index, .transactionBegun(epoch: epoch))
  }

  private mutating func barrier(_ index: Int, _ epoch: UInt64) {
    if process.operations[index].phase == 0 {
      guard process.sourceEpoch == epoch else { return fail("barrier \(epoch) came in epoch \(process.sourceEpoch)") }
      process.snapshots.append(.init(epoch: epoch, position: process.position, sum: process.sum))
      process.sourceEpoch = epoch + 1
      process.operations[index].phase = 1
    } else if process.ring.first.map({ $0.epoch > epoch }) ?? true {
      finish(index, .barrierPassed(epoch: epoch))
    }
  }

  private mutating func flush(_ index: Int, _ epoch: UInt64) {
    let client = process.clients[transactional ? EpochProtocol.producer(of: epoch) : 0]
    if client.isFenced { return fail(index, .flush, epoch, .fenced) }
    writeAhead(epoch)
    if client.unacknowledged == 0 || fault == .noWaitForAcknowledgements {
      return finish(index, .acknowledged(epoch: epoch))
    }
    if stumbles() { fail(index, .flush, epoch, .retriable) }
  }

  /// While rows are on their way the engine writes the manifest, then sends the record; it may get as far as either, or not.
  private mutating func writeAhead(_ epoch: UInt64) {
    guard transactional, fault != .manifestRenamedAfterCommit, random.once(in: 2),
      let at = process.snapshots.firstIndex(where: { $0.epoch == epoch })
    else { return }
    guard !process.snapshots[at].isAhead else { return sendAhead(at) }
    guard !disk.contains(where: { $0.epoch == epoch && $0.isMarked }) else {
      return fail("epoch \(epoch) is written twice")
    }
    disk.removeAll { $0.epoch == epoch }
    process.snapshots[at].digest = String(random.next(), radix: 16)
    process.snapshots[at].isAhead = true
    putManifest(at)
  }

  private mutating func sendAhead(_ at: Int) {
    let snapshot = process.snapshots[at]
    let producer = EpochProtocol.producer(of: snapshot.epoch)
    let client = process.clients[producer]
    guard !snapshot.isRecordSent, client.jobEpoch == snapshot.epoch, let transaction = client.transaction else {
      return
    }
    process.snapshots[at].isRecordSent = broker.addOffsets(
      producer: producer, epoch: client.epoch, transaction: transaction,
      record: CommitRecord(epoch: snapshot.epoch, digest: snapshot.digest), sourceOffset: snapshot.position)
  }

  private mutating func write(_ index: Int, _ epoch: UInt64) {
    guard let at = process.snapshots.firstIndex(where: { $0.epoch == epoch }) else {
      return fail("no snapshot of epoch \(epoch)")
    }
    if process.snapshots[at].isAhead {
      return finish(index, .prepared(epoch: epoch, digest: process.snapshots[at].digest))
    }
    if process.operations[index].phase == 0 {
      // As the store: what was there goes away, and a committed epoch is never written again.
      if disk.contains(where: { $0.epoch == epoch && $0.isMarked }) { return fail("epoch \(epoch) is written twice") }
      disk.removeAll { $0.epoch == epoch }
      process.operations[index].phase = 1
      if stumbles() { fail(index, .manifest, epoch, .retriable) }
      return
    }
    process.snapshots[at].digest = String(random.next(), radix: 16)
    let digest = process.snapshots[at].digest
    if fault != .manifestRenamedAfterCommit { putManifest(at) }
    if stumbles() { return fail(index, .manifest, epoch, .retriable) }
    finish(index, .prepared(epoch: epoch, digest: digest))
  }

  private mutating func putManifest(_ at: Int) {
    let snapshot = process.snapshots[at]
    disk.append(
      .init(
        epoch: snapshot.epoch, digest: snapshot.digest, position: snapshot.position, sum: snapshot.sum,
        outbox: process.outboxes[snapshot.epoch] ?? []))
  }

  private mutating func mark(_ index: Int, _ epoch: UInt64) {
    if fault == .manifestRenamedAfterCommit, process.operations[index].phase == 0,
      let at = process.snapshots.firstIndex(where: { $0.epoch == epoch })
    {
      putManifest(at)
      process.operations[index].phase = 1
      return
    }
    if fault != .markedBeforeOutbox, !isDelivered(index, epoch) { return }
    if stumbles() { return fail(index, .mark, epoch, .retriable) }
    guard let at = disk.firstIndex(where: { $0.epoch == epoch }) else { return fail("no manifest \(epoch) to mark") }
    disk[at].isMarked = true
    if fault == .markedBeforeOutbox && !isDelivered(index, epoch) { return }
    process.snapshots.removeAll { $0.epoch <= epoch }
    result.epochs += 1
    finish(index, .marked(epoch: epoch))
  }

  /// Removes one checkpoint; true if there is none left to remove.
  private mutating func removeOne(where matches: (UInt64) -> Bool) -> Bool {
    guard let at = disk.firstIndex(where: { matches($0.epoch) }) else { return true }
    disk.remove(at: at)
    return false
  }

  private mutating func commit(_ index: Int, _ record: CommitRecord) {
    let producer = EpochProtocol.producer(of: record.epoch)
    let client = process.clients[producer]
    guard let transaction = client.transaction, client.jobEpoch == record.epoch else {
      return fail("epoch \(record.epoch) has no transaction to commit")
    }
    switch process.operations[index].phase {
    case 0:
      if stumbles() { return fail(index, .commit, record.epoch, .retriable) }
      let snapshot = process.snapshots.first { $0.epoch == record.epoch }
      let taken =
        snapshot?.isRecordSent == true
        || broker.addOffsets(
          producer: producer, epoch: client.epoch, transaction: transaction, record: record,
          sourceOffset: snapshot?.position)
      guard taken && !client.isFenced else { return fail(index, .commit, record.epoch, .fenced) }
      process.operations[index].phase = 1
    case 1:
      // librdkafka's commit waits for the transaction's own rows.
      if client.isFenced { return fail(index, .commit, record.epoch, .fenced) }
      guard client.unacknowledged == 0 else { return }
      network.append(
        .init(
          attempt: attempt, producer: producer, producerEpoch: client.epoch, transaction: transaction,
          kind: .endTransaction))
      process.operations[index].phase = 2
    default:
      // The request, or its reply, is late or lost: the client stops waiting.
      if stumbles() { fail(index, .commit, record.epoch, .unknownOutcome) }
    }
  }

  /// The reply to a commit has come.
  mutating func ended(_ taken: Bool) {
    for (index, operation) in process.operations.enumerated() {
      guard case .commit(let epoch, _) = operation.action, operation.phase == 2 else { continue }
      guard taken else { return fail(index, .commit, epoch, .fenced) }
      process.clients[EpochProtocol.producer(of: epoch)].transaction = nil
      return finish(index, .committed(epoch: epoch))
    }
  }

  // MARK: the other cluster

  /// Sends the rows of an epoch to the other cluster, and takes note of the reply; true once they are there.
  private mutating func isDelivered(_ index: Int, _ epoch: UInt64) -> Bool {
    guard transactional, process.otherHas < epoch else { return true }
    switch process.operations[index].delivery {
    case .done: return true
    case .due:
      guard let stored = disk.first(where: { $0.epoch == epoch }) else { return true }
      if stumbles() {
        fail(index, .mark, epoch, .retriable)
        return false
      }
      deliver(CommitRecord(epoch: epoch, digest: stored.digest), stored.outbox)
      process.operations[index].delivery = .sent
    case .sent:
      // The request, or its reply, is late or lost.
      if stumbles() { fail(index, .mark, epoch, .unknownOutcome) }
    }
    return false
  }

  mutating func deliver(_ record: CommitRecord, _ rows: [Int64]) {
    network.append(
      .init(
        attempt: attempt, producer: 2, producerEpoch: process.otherEpoch, transaction: 0,
        kind: .deliver(record: record, rows: rows)))
  }

  /// The reply of the other cluster has come.
  mutating func delivered(_ taken: Bool) {
    guard process.isRunning else { return settled(taken) }
    for (index, operation) in process.operations.enumerated() {
      guard case .markCommitted(let epoch) = operation.action, operation.delivery == .sent else { continue }
      guard taken else { return fail(index, .mark, epoch, .unknownOutcome) }
      process.operations[index].delivery = .done
      process.otherHas = epoch
    }
  }
}
