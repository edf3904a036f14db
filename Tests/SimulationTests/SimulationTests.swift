import Checkpointing
import Dispatch
import Foundation
import MillraceTesting
import Synchronization
import XCTest

/// Runs jobs through simulated failures. `MILLRACE_SIMULATION_RUNS` sets how many (2,000 if unset);
/// `MILLRACE_SIMULATION_SEED` sets the first seed (1 if unset), so a seed from a failure can be run alone.
final class SimulationTests: XCTestCase {
  private static func number(_ name: String, or fallback: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? fallback
  }
  private let runs = number("MILLRACE_SIMULATION_RUNS", or: 100_000)
  private let firstSeed = number("MILLRACE_SIMULATION_SEED", or: 1)

  /// Sums over runs, from as many threads as there are cores.
  private func run(
    _ count: UInt64, _ commitPoint: CommitPoint, fault: SimulationFault? = nil
  ) -> (total: SimulationResult, failures: [String]) {
    let empty: (total: SimulationResult, failures: [String]) = (SimulationResult(seed: firstSeed), [])
    let results = Mutex(empty)
    let (first, chunk): (UInt64, UInt64) = (firstSeed, 500)
    DispatchQueue.concurrentPerform(iterations: Int((count + chunk - 1) / chunk)) { index in
      var total = SimulationResult(seed: first)
      var failures: [String] = []
      let from = UInt64(index) * chunk
      for offset in from..<min(from + chunk, count) {
        let result = Simulation.run(seed: first &+ offset, commitPoint: commitPoint, fault: fault)
        total.add(result)
        if let failure = result.failure { failures.append(failure) }
      }
      results.withLock {
        $0.total.add(total)
        $0.failures += failures
      }
    }
    return results.withLock { $0 }
  }

  private func assertNone(_ failures: [String], of count: UInt64, line: UInt = #line) {
    let examples = failures.prefix(5).joined(separator: "\n")
    XCTAssert(failures.isEmpty, "\(failures.count) of \(count) failed, e.g.\n\(examples)", line: line)
  }

  func testExactlyOnceThroughTransactions() {
    let start = ContinuousClock.now
    let (total, failures) = run(runs, .transaction)
    print("\(runs) runs in \(ContinuousClock.now - start): \(total.summary)")
    assertNone(failures, of: runs)
    guard runs >= 500 else { return }
    // A simulation in which nothing goes wrong proves nothing.
    for (name, count) in total.counts { XCTAssertGreaterThan(count, 0, "no run saw: \(name)") }
  }

  func testAtLeastOnceThroughManifests() {
    let count = max(1, runs / 4)
    let (total, failures) = run(count, .manifest)
    print("\(count) runs at least once: \(total.summary)")
    assertNone(failures, of: count)
  }

  func testSameSeedSameRun() {
    let (one, other) = (Simulation.run(seed: 77), Simulation.run(seed: 77))
    XCTAssertEqual(one.steps, other.steps)
    XCTAssertEqual(one.summary, other.summary)
  }

  private func assertCaught(_ fault: SimulationFault, by sign: String, line: UInt = #line) {
    let failures = run(2_000, .transaction, fault: fault).failures
    let signs = failures.filter { $0.contains(sign) }
    print("\(fault.rawValue): \(failures.count) of 2000 runs failed, \(signs.count) by: \(signs.first ?? "-")")
    XCTAssert(!signs.isEmpty, "no run failed with \"\(sign)\"", line: line)
  }

  func testCatchesNoWaitForAcknowledgements() { assertCaught(.noWaitForAcknowledgements, by: "reordered") }
  func testCatchesRecordReadBeforeFencing() { assertCaught(.recordReadBeforeFencing, by: "repeated rows") }
  func testCatchesManifestRenamedAfterCommit() {
    assertCaught(.manifestRenamedAfterCommit, by: "of which the checkpoint store has nothing")
  }
  func testCatchesOneProducerFenced() { assertCaught(.oneProducerFenced, by: "repeated rows") }
  func testCatchesNewestManifestRestored() { assertCaught(.newestManifestRestored, by: "partition 0: lost rows") }
  func testCatchesOutboxSentAgain() { assertCaught(.outboxSentAgain, by: "the other cluster: repeated rows") }
  func testCatchesMarkedBeforeOutbox() { assertCaught(.markedBeforeOutbox, by: "the other cluster: lost rows") }
  func testCatchesOtherClusterNotFenced() {
    assertCaught(.otherClusterNotFenced, by: "the other cluster: repeated rows")
  }
}

extension SimulationResult {
  var counts: [(String, Int)] {
    [
      ("epochs", epochs), ("crashes", crashes), ("recoveries", recoveries), ("fenced", fenced),
      ("timeouts", timeouts), ("unknown outcomes", unknownOutcomes), ("retries", retries), ("stops", stops),
      ("forgotten records", forgottenRecords), ("choices", choices), ("marks made up", marksMadeUp),
      ("discards", discards), ("outboxes sent late", outboxesSentLate),
      ("records written at the other cluster", otherRecordsWritten),
    ]
  }

  var summary: String { (counts + [("steps", steps)]).map { "\($0.1) \($0.0)" }.joined(separator: ", ") }

  mutating func add(_ other: SimulationResult) {
    steps += other.steps
    epochs += other.epochs
    crashes += other.crashes
    recoveries += other.recoveries
    fenced += other.fenced
    timeouts += other.timeouts
    unknownOutcomes += other.unknownOutcomes
    retries += other.retries
    stops += other.stops
    forgottenRecords += other.forgottenRecords
    choices += other.choices
    marksMadeUp += other.marksMadeUp
    discards += other.discards
    outboxesSentLate += other.outboxesSentLate
    otherRecordsWritten += other.otherRecordsWritten
  }
}
