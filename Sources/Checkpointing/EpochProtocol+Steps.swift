/// The steps of a start and of an epoch.
extension EpochProtocol {
  mutating func start(_ decision: RecoveryDecision, now_us: Int64) -> [EpochAction] {
    let (stop, requested) = (isStopRequested, isRequested)
    self = EpochProtocol(settings: settings)
    isStopRequested = stop
    isRequested = requested
    phase = .starting
    started_us = now_us
    lastCommitted = decision.lastCommitted
    openEpoch = lastCommitted
    acknowledgedEpoch = lastCommitted
    if settings.commitPoint == .transaction, let digest = decision.recordToWrite {
      startup = [.beginTransaction(epoch: lastCommitted), .commit(epoch: lastCommitted, digest: digest)]
    }
    if decision.needsMark { startup.append(.markCommitted(epoch: lastCommitted)) }
    if !decision.discard.isEmpty { startup.append(.discardAfter(epoch: lastCommitted)) }
    return nextOfStart(now_us)
  }

  mutating func continueStart(_ event: EpochEvent, now_us: Int64) -> [EpochAction] {
    switch (startup.first, event) {
    case (.beginTransaction(let expected), .transactionBegun(let epoch)) where expected == epoch: break
    case (.commit(let expected, _), .committed(let epoch)) where expected == epoch: break
    case (.markCommitted(let expected), .marked(let epoch)) where expected == epoch: break
    case (.discardAfter(let expected), .discarded(let epoch)) where expected == epoch: break
    default: return surprise(event)
    }
    startup.removeFirst()
    retryCount = 0
    return nextOfStart(now_us)
  }

  private mutating func nextOfStart(_ now_us: Int64) -> [EpochAction] {
    if let action = startup.first { return [action] }
    phase = .running
    lastInjected_us = now_us
    lastFinished_us = now_us
    switch settings.commitPoint {
    case .transaction: return begin(lastCommitted + 1) + begin(lastCommitted + 2)
    case .manifest: return openGate()
    case .none: return [.openGate(epoch: .max)]
    }
  }

  private mutating func begin(_ epoch: UInt64) -> [EpochAction] {
    beginning.insert(epoch)
    return [.beginTransaction(epoch: epoch)]
  }

  /// Opens the gate for the next epoch if all rows before it are acknowledged and it has a transaction to go to.
  private mutating func openGate() -> [EpochAction] {
    let next = openEpoch + 1
    guard settings.commitPoint != .none, acknowledgedEpoch >= openEpoch, inFlight?.isFinal != true else { return [] }
    guard settings.commitPoint != .transaction || begun.contains(next) else { return [] }
    openEpoch = next
    return [.openGate(epoch: next)]
  }

  mutating func advance(_ event: EpochEvent, now_us: Int64) -> [EpochAction] {
    if case .transactionBegun(let epoch) = event {
      guard beginning.remove(epoch) != nil else { return surprise(event) }
      begun.insert(epoch)
      return openGate()
    }
    guard let current = inFlight else { return surprise(event) }
    switch (current.step, event) {
    case (.barrier, .barrierPassed(let epoch)) where epoch == current.epoch:
      return passed(current, now_us: now_us)
    case (.flush, .acknowledged(let epoch)) where epoch == current.epoch:
      acknowledgedEpoch = epoch
      if settings.commitPoint == .none { return complete(current, now_us: now_us) }
      return openGate() + move(to: .manifest, .writeManifest(epoch: epoch))
    case (.manifest, .prepared(let epoch, let digest)) where epoch == current.epoch:
      inFlight?.digest = digest
      if settings.commitPoint == .transaction {
        return move(to: .commit, .commit(epoch: epoch, digest: digest))
      }
      lastCommitted = epoch
      return move(to: .mark, .markCommitted(epoch: epoch))
    case (.commit, .committed(let epoch)) where epoch == current.epoch:
      lastCommitted = epoch
      begun.remove(epoch)
      return move(to: .mark, .markCommitted(epoch: epoch)) + (current.isFinal ? [] : begin(epoch + 2))
    case (.mark, .marked(let epoch)) where epoch == current.epoch:
      return [.dropBefore(epoch: epoch)] + complete(current, now_us: now_us)
    default: return surprise(event)
    }
  }

  /// Without checkpoints a barrier only serves swaps, and at the end the wait for the last rows.
  private mutating func passed(_ current: InFlight, now_us: Int64) -> [EpochAction] {
    if settings.commitPoint == .none && !current.isFinal { return complete(current, now_us: now_us) }
    return move(to: .flush, .flush(epoch: current.epoch))
  }

  private mutating func move(to step: EpochStep, _ action: EpochAction) -> [EpochAction] {
    inFlight?.step = step
    retryCount = 0
    return [action]
  }

  private mutating func complete(_ current: InFlight, now_us: Int64) -> [EpochAction] {
    lastCommitted = current.epoch
    lastFinished_us = now_us
    inFlight = nil
    retryCount = 0
    guard current.isFinal else { return [] }
    phase = .finished
    return [.finished]
  }

  mutating func fail(_ failure: EpochFailure, now_us: Int64) -> [EpochAction] {
    if failure.step == .retention { return [] }
    guard failure.kind == .retriable, let action = action(for: failure) else { return giveUp(failure) }
    let delay = settings.retryDelay_us.multipliedReportingOverflow(by: 1 << Int64(min(retryCount, 5)))
    retryCount += 1
    retries.append(Retry(at_us: Self.add(now_us, delay.overflow ? .max : delay.partialValue), action: action))
    return []
  }

  /// The action under way that `failure` is about; nil if there is none that may be tried again.
  private func action(for failure: EpochFailure) -> EpochAction? {
    let epoch = failure.epoch
    if phase == .starting {
      guard epoch == lastCommitted, let action = startup.first, Self.step(of: action) == failure.step else {
        return nil
      }
      return action
    }
    if failure.step == .begin { return beginning.contains(epoch) ? .beginTransaction(epoch: epoch) : nil }
    guard let current = inFlight, current.epoch == epoch, current.step == failure.step else { return nil }
    switch current.step {
    case .flush: return .flush(epoch: epoch)
    case .manifest: return .writeManifest(epoch: epoch)
    case .commit: return .commit(epoch: epoch, digest: current.digest)
    case .mark: return .markCommitted(epoch: epoch)
    default: return nil
    }
  }

  private static func step(of action: EpochAction) -> EpochStep? {
    switch action {
    case .beginTransaction: return .begin
    case .commit: return .commit
    case .markCommitted: return .mark
    case .discardAfter: return .discard
    default: return nil
    }
  }

  mutating func giveUp(_ failure: EpochFailure) -> [EpochAction] {
    phase = .recovering
    inFlight = nil
    retries = []
    return [.recover(failure)]
  }

  private mutating func surprise(_ event: EpochEvent) -> [EpochAction] {
    giveUp(
      EpochFailure(
        step: inFlight?.step ?? .start, epoch: inFlight?.epoch ?? lastCommitted, kind: .fatal,
        message: "an event out of turn (\(event)): this is a fault of the engine, please report it"))
  }
}
