import Checkpointing
import XCTest

final class EpochProtocolTests: XCTestCase {
  private func make(
    _ commitPoint: CommitPoint, interval: Int64 = 100, pause: Int64 = 0, timeout: Int64 = 10_000
  ) -> EpochProtocol {
    EpochProtocol(
      settings: .init(
        commitPoint: commitPoint, interval_us: interval, minPause_us: pause, timeout_us: timeout, retryDelay_us: 10))
  }
  private let fresh = RecoveryDecision(start: .fresh)

  /// A transactional protocol whose epoch 8 has passed its barrier at 100 and waits for acknowledgements.
  private func flushing() -> EpochProtocol {
    var epochs = make(.transaction)
    XCTAssertEqual(
      epochs.handle(.started(RecoveryDecision(start: .restore(epoch: 7))), now_us: 0),
      [.beginTransaction(epoch: 8), .beginTransaction(epoch: 9)])
    XCTAssertEqual(epochs.handle(.transactionBegun(epoch: 8), now_us: 1), [.openGate(epoch: 8)])
    XCTAssertEqual(epochs.handle(.transactionBegun(epoch: 9), now_us: 1), [])
    XCTAssertEqual(epochs.nextDeadline_us, 100)
    XCTAssertEqual(epochs.handle(.tick, now_us: 99), [])
    XCTAssertEqual(epochs.handle(.tick, now_us: 100), [.injectBarrier(epoch: 8, isFinal: false)])
    XCTAssertEqual(epochs.handle(.barrierPassed(epoch: 8), now_us: 110), [.flush(epoch: 8)])
    return epochs
  }

  func testAnEpochThroughItsTransaction() {
    var epochs = flushing()
    XCTAssertEqual(
      epochs.handle(.acknowledged(epoch: 8), now_us: 120), [.openGate(epoch: 9), .writeManifest(epoch: 8)])
    XCTAssertEqual(
      epochs.handle(.prepared(epoch: 8, digest: "d"), now_us: 130), [.commit(epoch: 8, digest: "d")])
    XCTAssertEqual(epochs.lastCommitted, 7)
    XCTAssertEqual(
      epochs.handle(.committed(epoch: 8), now_us: 140), [.markCommitted(epoch: 8), .beginTransaction(epoch: 10)])
    XCTAssertEqual(epochs.lastCommitted, 8)
    XCTAssertEqual(epochs.handle(.marked(epoch: 8), now_us: 150), [.dropBefore(epoch: 8)])
    XCTAssertEqual(epochs.nextDeadline_us, 200)
    XCTAssertEqual(epochs.handle(.tick, now_us: 200), [.injectBarrier(epoch: 9, isFinal: false)])
  }

  func testNextBarrierWaitsForTheMarkAndThePause() {
    var epochs = make(.manifest, interval: 100, pause: 80)
    XCTAssertEqual(epochs.handle(.started(fresh), now_us: 0), [.openGate(epoch: 1)])
    XCTAssertEqual(epochs.handle(.tick, now_us: 100), [.injectBarrier(epoch: 1, isFinal: false)])
    XCTAssertEqual(epochs.handle(.tick, now_us: 250), [])
    XCTAssertEqual(epochs.handle(.barrierPassed(epoch: 1), now_us: 260), [.flush(epoch: 1)])
    XCTAssertEqual(
      epochs.handle(.acknowledged(epoch: 1), now_us: 270), [.openGate(epoch: 2), .writeManifest(epoch: 1)])
    XCTAssertEqual(epochs.handle(.prepared(epoch: 1, digest: "d"), now_us: 280), [.markCommitted(epoch: 1)])
    XCTAssertEqual(epochs.handle(.marked(epoch: 1), now_us: 300), [.dropBefore(epoch: 1)])
    XCTAssertEqual(epochs.nextDeadline_us, 380)
    XCTAssertEqual(epochs.handle(.epochRequested, now_us: 301), [.injectBarrier(epoch: 2, isFinal: false)])
  }

  func testIdleJobsWaitUnlessTheyAreAskedOrEnd() {
    var epochs = EpochProtocol(settings: .init(commitPoint: .manifest, interval_us: 100, idleInterval_us: 5000))
    _ = epochs.handle(.started(fresh), now_us: 0)
    epochs.isIdle = true
    XCTAssertEqual(epochs.nextDeadline_us, 5000)
    XCTAssertEqual(epochs.handle(.tick, now_us: 4999), [])
    epochs.isIdle = false
    XCTAssertEqual(
      epochs.handle(.tick, now_us: 4999), [.injectBarrier(epoch: 1, isFinal: false)], "at once: it is overdue")
    for event in [EpochEvent.barrierPassed(epoch: 1), .acknowledged(epoch: 1), .prepared(epoch: 1, digest: "d")] {
      _ = epochs.handle(event, now_us: 5000)
    }
    _ = epochs.handle(.marked(epoch: 1), now_us: 5000)
    epochs.isIdle = true
    XCTAssertEqual(epochs.handle(.tick, now_us: 9998), [])
    var stopped = epochs
    XCTAssertEqual(stopped.handle(.stopRequested, now_us: 6000), [.injectBarrier(epoch: 2, isFinal: true)])
    var asked = epochs
    XCTAssertEqual(asked.handle(.epochRequested, now_us: 6000), [.injectBarrier(epoch: 2, isFinal: false)])
    XCTAssertEqual(epochs.handle(.tick, now_us: 9999), [.injectBarrier(epoch: 2, isFinal: false)], "now and then")
  }

  func testGateWaitsForTheNextTransaction() {
    var epochs = make(.transaction, interval: 0)
    _ = epochs.handle(.started(fresh), now_us: 0)
    XCTAssertEqual(
      epochs.handle(.transactionBegun(epoch: 1), now_us: 0),
      [.openGate(epoch: 1), .injectBarrier(epoch: 1, isFinal: false)])
    _ = epochs.handle(.barrierPassed(epoch: 1), now_us: 1)
    XCTAssertEqual(epochs.handle(.acknowledged(epoch: 1), now_us: 2), [.writeManifest(epoch: 1)])
    XCTAssertEqual(epochs.handle(.transactionBegun(epoch: 2), now_us: 3), [.openGate(epoch: 2)])
  }

  func testStartPutsThingsInOrderOneByOne() {
    var epochs = make(.transaction)
    let decision = RecoveryDecision(
      start: .restore(epoch: 5), recordToWrite: "d5", needsMark: true, discard: [6])
    XCTAssertEqual(epochs.handle(.started(decision), now_us: 0), [.beginTransaction(epoch: 5)])
    XCTAssertEqual(epochs.handle(.transactionBegun(epoch: 5), now_us: 1), [.commit(epoch: 5, digest: "d5")])
    let busy = EpochFailure(step: .commit, epoch: 5, kind: .retriable, message: "busy")
    XCTAssertEqual(epochs.handle(.failed(busy), now_us: 2), [])
    XCTAssertEqual(epochs.nextDeadline_us, 12)
    XCTAssertEqual(epochs.handle(.tick, now_us: 12), [.commit(epoch: 5, digest: "d5")])
    XCTAssertEqual(epochs.handle(.committed(epoch: 5), now_us: 13), [.markCommitted(epoch: 5)])
    XCTAssertEqual(epochs.handle(.marked(epoch: 5), now_us: 14), [.discardAfter(epoch: 5)])
    XCTAssertEqual(
      epochs.handle(.discarded(epoch: 5), now_us: 15), [.beginTransaction(epoch: 6), .beginTransaction(epoch: 7)])
  }

  func testLateBarrierIsGivenUpWithItsReason() throws {
    var epochs = make(.manifest, timeout: 500)
    _ = epochs.handle(.started(fresh), now_us: 0)
    _ = epochs.handle(.tick, now_us: 100)
    XCTAssertEqual(epochs.nextDeadline_us, 600)
    let actions = epochs.handle(.tick, now_us: 600)
    guard case .recover(let failure)? = actions.first, actions.count == 1 else { return XCTFail("\(actions)") }
    XCTAssertEqual(failure.kind, .timedOut)
    XCTAssertEqual(failure.step, .barrier)
    XCTAssertEqual(failure.epoch, 1)
    XCTAssert(failure.message.contains("barrier"))
    XCTAssertEqual(epochs.handle(.barrierPassed(epoch: 1), now_us: 601), [], "nothing more until the next start")
    XCTAssertEqual(epochs.handle(.started(fresh), now_us: 700), [.openGate(epoch: 1)])
  }

  func testRetriesBackOffUntilTheTimeout() {
    var epochs = flushing()
    let failure = EpochFailure(step: .flush, epoch: 8, kind: .retriable, message: "slow")
    var now: Int64 = 110
    for delay: Int64 in [10, 20, 40, 80, 160, 320, 320] {
      XCTAssertEqual(epochs.handle(.failed(failure), now_us: now), [])
      XCTAssertEqual(epochs.handle(.tick, now_us: now + delay - 1), [])
      now += delay
      XCTAssertEqual(epochs.handle(.tick, now_us: now), [.flush(epoch: 8)])
    }
    guard case .recover(let reason)? = epochs.handle(.tick, now_us: 10_100).first else { return XCTFail("no end") }
    XCTAssertEqual(reason.step, .flush)
  }

  func testOtherFailuresRecoverAtOnce() {
    for kind in [EpochFailure.Kind.fenced, .fatal, .unknownOutcome] {
      var epochs = flushing()
      let failure = EpochFailure(step: .flush, epoch: 8, kind: kind, message: "x")
      XCTAssertEqual(epochs.handle(.failed(failure), now_us: 111), [.recover(failure)])
    }
  }

  func testRetentionMayFail() {
    var epochs = flushing()
    let failure = EpochFailure(step: .retention, epoch: 8, kind: .fatal, message: "x")
    XCTAssertEqual(epochs.handle(.failed(failure), now_us: 111), [])
    XCTAssertEqual(epochs.handle(.acknowledged(epoch: 8), now_us: 112).count, 2)
  }

  func testEventsOutOfTurnGiveUp() {
    for event in [
      EpochEvent.acknowledged(epoch: 9), .committed(epoch: 8), .prepared(epoch: 8, digest: ""), .marked(epoch: 8),
      .barrierPassed(epoch: 8), .transactionBegun(epoch: 9), .discarded(epoch: 8), .started(fresh),
    ] {
      var epochs = flushing()
      guard case .recover? = epochs.handle(event, now_us: 111).first else { return XCTFail("took \(event)") }
    }
  }

  func testStopTakesOneMoreEpochAndEnds() {
    var epochs = flushing()
    XCTAssertEqual(epochs.handle(.stopRequested, now_us: 111), [])
    _ = epochs.handle(.acknowledged(epoch: 8), now_us: 112)
    _ = epochs.handle(.prepared(epoch: 8, digest: "d"), now_us: 113)
    _ = epochs.handle(.committed(epoch: 8), now_us: 114)
    XCTAssertEqual(
      epochs.handle(.marked(epoch: 8), now_us: 115), [.dropBefore(epoch: 8), .injectBarrier(epoch: 9, isFinal: true)])
    XCTAssertEqual(epochs.handle(.barrierPassed(epoch: 9), now_us: 116), [.flush(epoch: 9)])
    XCTAssertEqual(epochs.handle(.acknowledged(epoch: 9), now_us: 117), [.writeManifest(epoch: 9)])
    XCTAssertEqual(epochs.handle(.prepared(epoch: 9, digest: "e"), now_us: 118), [.commit(epoch: 9, digest: "e")])
    XCTAssertEqual(epochs.handle(.committed(epoch: 9), now_us: 119), [.markCommitted(epoch: 9)])
    XCTAssertEqual(epochs.handle(.marked(epoch: 9), now_us: 120), [.dropBefore(epoch: 9), .finished])
    XCTAssert(epochs.isFinished)
    XCTAssertNil(epochs.nextDeadline_us)
  }

  func testAnAttemptForgetsThatSourcesEndedButNotThatItMustStop() {
    var epochs = make(.manifest, interval: 1000)
    _ = epochs.handle(.started(fresh), now_us: 0)
    XCTAssertEqual(epochs.handle(.sourcesEnded, now_us: 1), [.injectBarrier(epoch: 1, isFinal: true)])
    let failure = EpochFailure(step: .barrier, epoch: 1, kind: .fatal, message: "x")
    XCTAssertEqual(epochs.handle(.failed(failure), now_us: 2), [.recover(failure)])
    XCTAssertEqual(epochs.handle(.started(fresh), now_us: 3), [.openGate(epoch: 1)])
    XCTAssertEqual(epochs.handle(.stopRequested, now_us: 4), [.injectBarrier(epoch: 1, isFinal: true)])
    XCTAssertEqual(epochs.handle(.failed(failure), now_us: 5), [.recover(failure)])
    XCTAssertEqual(
      epochs.handle(.started(fresh), now_us: 6), [.openGate(epoch: 1), .injectBarrier(epoch: 1, isFinal: true)])
  }

  func testWithoutCheckpointsOnlyTheEndWaits() {
    var epochs = make(.none)
    XCTAssertEqual(epochs.handle(.started(fresh), now_us: 0), [.openGate(epoch: .max)])
    XCTAssertEqual(epochs.handle(.tick, now_us: 1_000_000), [])
    XCTAssertNil(epochs.nextDeadline_us)
    XCTAssertEqual(epochs.handle(.epochRequested, now_us: 1_000_001), [.injectBarrier(epoch: 1, isFinal: false)])
    XCTAssertEqual(epochs.handle(.barrierPassed(epoch: 1), now_us: 1_000_002), [])
    XCTAssertEqual(epochs.handle(.sourcesEnded, now_us: 1_000_003), [.injectBarrier(epoch: 2, isFinal: true)])
    XCTAssertEqual(epochs.handle(.barrierPassed(epoch: 2), now_us: 1_000_004), [.flush(epoch: 2)])
    XCTAssertEqual(epochs.handle(.acknowledged(epoch: 2), now_us: 1_000_005), [.finished])
  }
}
