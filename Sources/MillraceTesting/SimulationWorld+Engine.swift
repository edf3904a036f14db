import Checkpointing

/// What the runner and the workers do.
extension SimulationWorld {
  /// Lets one thing happen, chosen at random.
  mutating func step() {
    switch random.below(8) {
    case 0, 1: if !network.isEmpty { return deliver() }
    case 2: if !process.replies.isEmpty { return takeReply() }
    case 3:
      let producer = random.below(2)
      if broker.isCompleting(producer) { return broker.complete(producer) }
    case 4: return passTime()
    default: break
    }
    guard process.isRunning else { return recoverFurther() }
    switch random.below(4) {
    case 0: readRow()
    case 1: handOver()
    default: if !process.operations.isEmpty { advance(random.below(process.operations.count)) }
    }
  }

  private mutating func passTime() {
    now_us += Int64(random.below(20))
    if let due = process.epochs.nextDeadline_us, now_us >= due { handle(.tick) }
  }

  mutating func handle(_ event: EpochEvent) {
    for action in process.epochs.handle(event, now_us: now_us) { perform(action) }
  }

  private mutating func perform(_ action: EpochAction) {
    switch action {
    case .openGate(let epoch):
      if epoch == process.startEpoch + 1 { checkCleanStart() }
      process.gate = epoch
    case .recover(let failure):
      result.recoveries += 1
      if failure.kind == .fenced { result.fenced += 1 }
      if failure.kind == .unknownOutcome { result.unknownOutcomes += 1 }
      if failure.kind == .fatal { fail("gave up: \(failure)") }
      attempt += 1
      process.reset()
    case .finished:
      if process.isStopping {
        attempt += 1
        process = SimulationProcess(settings: settings)
      } else {
        isDone = true
      }
    default: process.operations.append(.init(action: action))
    }
  }

  /// Before the first epoch of an attempt runs, the disk must say by itself where it started from: otherwise a lost
  /// record would call for a person's choice later that nobody needs to make.
  private mutating func checkCleanStart() {
    guard fault == nil else { return }
    let start = process.startEpoch
    if let left = disk.first(where: { $0.epoch > start }) {
      fail("epoch \(start + 1) runs although checkpoint \(left.epoch) is left over")
    }
    if disk.contains(where: { $0.epoch == start && !$0.isMarked }) {
      fail("epoch \(start + 1) runs although checkpoint \(start) is not marked")
    }
    if transactional && other.record?.epoch != start {
      fail("epoch \(start + 1) runs although the other cluster's record names \(other.record?.epoch ?? 0)")
    }
    if transactional && broker.visible.epoch != start {
      fail("epoch \(start + 1) runs although the visible output ends with epoch \(broker.visible.epoch)")
    }
  }

  // MARK: recovery

  private mutating func recoverFurther() {
    let early = fault == .recordReadBeforeFencing
    switch process.recoveryPhase {
    case 0: if early { process.record = broker.record } else { process.clients[0].epoch = broker.fence(0) }
    case 1: if early { process.clients[0].epoch = broker.fence(0) } else { fenceSecond() }
    case 2: if early { fenceSecond() } else { process.record = broker.record }
    case 3: process.otherEpoch = fault == .otherClusterNotFenced ? other.currentEpoch : other.fence()
    case 4: process.otherRecord = other.record
    default: return process.settling == nil ? decide() : settleFurther()
    }
    process.recoveryPhase += 1
  }

  private mutating func fenceSecond() {
    process.clients[1].epoch = fault == .oneProducerFenced ? broker.producers[1].epoch : broker.fence(1)
  }

  private mutating func decide() {
    let found = disk.map {
      FoundCheckpoint(
        epoch: $0.epoch, condition: .intact(digest: $0.digest, commitPoint: commitPoint), isMarked: $0.isMarked)
    }
    var decision: RecoveryDecision
    var isAssumed = false
    do throws(RecoveryError) {
      decision = try Recovery.decide(commitPoint: commitPoint, found: found, record: process.record)
    } catch {
      // Only the loss of the record may need a user's word; this user knows what is visible.
      guard process.record == nil, result.forgottenRecords > 0, transactional else { return fail("stuck: \(error)") }
      result.choices += 1
      isAssumed = true
      do throws(RecoveryError) {
        decision = try Recovery.decide(
          commitPoint: commitPoint, found: found, record: nil, assumed: broker.visible.epoch)
      } catch { return fail("no way out: \(error)") }
    }
    if fault == .newestManifestRestored, let newest = found.map(\.epoch).max() {
      decision = RecoveryDecision(start: .restore(epoch: newest))
    }
    settle(decision, isAssumed)
  }

  // MARK: the other cluster at a start

  private mutating func settle(_ decision: RecoveryDecision, _ isAssumed: Bool) {
    guard transactional else { return start(decision) }
    let stored = disk.first { $0.epoch == decision.lastCommitted }
    let wanted = CommitRecord(epoch: decision.lastCommitted, digest: stored?.digest ?? "")
    let outbox = stored?.outbox ?? []
    do throws(RecoveryError) {
      switch try Recovery.decide(
        outboxFor: "other", start: wanted, isMarked: !decision.needsMark, hasRows: !outbox.isEmpty,
        record: process.otherRecord, isAssumed: isAssumed)
      {
      case .nothing where fault == .outboxSentAgain && decision.needsMark, .send:
        result.outboxesSentLate += 1
        process.settling = .init(decision: decision, request: (wanted, outbox))
      case .nothing: start(decision)
      case .record:
        result.otherRecordsWritten += 1
        process.settling = .init(decision: decision, request: (wanted, []))
      }
    } catch { fail("stuck at the other cluster: \(error)") }
  }

  private mutating func settleFurther() {
    guard let settling = process.settling else { return }
    if !settling.isSent {
      deliver(settling.request.record, settling.request.rows)
      process.settling?.isSent = true
    } else if mishaps > 0 && random.once(in: mishapRarity) {
      // The reply is late or lost.
      mishaps -= 1
      startAgain()
    }
  }

  /// The reply of the other cluster has come during a start.
  mutating func settled(_ taken: Bool) {
    guard let settling = process.settling else { return }
    if taken { start(settling.decision) } else { startAgain() }
  }

  private mutating func startAgain() {
    result.recoveries += 1
    attempt += 1
    process.reset()
  }

  private mutating func start(_ decision: RecoveryDecision) {
    let epoch = decision.lastCommitted
    if epoch > 0 {
      guard let stored = disk.first(where: { $0.epoch == epoch }) else { return fail("no checkpoint \(epoch)") }
      process.position = stored.position
      process.sum = stored.sum
    }
    if decision.needsMark { result.marksMadeUp += 1 }
    if !decision.discard.isEmpty { result.discards += 1 }
    process.isRunning = true
    process.otherHas = epoch
    process.startEpoch = epoch
    process.gate = epoch
    process.sourceEpoch = epoch + 1
    handle(.started(decision))
  }

  // MARK: the worker

  private mutating func readRow() {
    guard process.ring.count < 6 else { return }
    guard process.position < input.count else {
      if process.ring.isEmpty && !process.endTold {
        process.endTold = true
        handle(.sourcesEnded)
      }
      return
    }
    process.sum += input[process.position]
    process.ring.append(.init(epoch: process.sourceEpoch, index: process.position, sum: process.sum))
    process.position += 1
  }

  private mutating func handOver() {
    guard let row = process.ring.first, row.epoch <= process.gate else { return }
    let producer = transactional ? EpochProtocol.producer(of: row.epoch) : 0
    let client = process.clients[producer]
    guard !transactional || (client.transaction != nil && client.jobEpoch == row.epoch) else {
      return fail("a row of epoch \(row.epoch) had no transaction to go to")
    }
    process.ring.removeFirst()
    process.outboxes[row.epoch, default: []].append(Int64(row.index) << 32 | row.sum)
    let first = Int64(row.index) << 32
    for (partition, value) in [(row.index % 2, first | input[row.index]), (2, first | row.sum)] {
      network.append(
        .init(
          attempt: attempt, producer: producer, producerEpoch: client.epoch, transaction: client.transaction ?? 0,
          kind: .produce(partition: partition, value: value)))
    }
    process.clients[producer].unacknowledged += 2
  }

  private mutating func takeReply() {
    switch process.replies.remove(at: random.below(process.replies.count)) {
    case .produced(let producer, let taken):
      process.clients[producer].unacknowledged -= 1
      if !taken { process.clients[producer].isFenced = true }
    case .ended(let taken): ended(taken)
    case .delivered(let taken): delivered(taken)
    }
  }
}
