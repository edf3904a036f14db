import Checkpointing
import XCTest

/// One test per row of the table in docs/checkpoints.md.
final class RecoveryTests: XCTestCase {
  private func found(
    _ epoch: UInt64, marked: Bool = false, _ commitPoint: CommitPoint = .transaction
  ) -> FoundCheckpoint {
    .init(epoch: epoch, condition: .intact(digest: "d\(epoch)", commitPoint: commitPoint), isMarked: marked)
  }
  private func damaged(_ epoch: UInt64, marked: Bool = false) -> FoundCheckpoint {
    .init(epoch: epoch, condition: .damaged(reason: "checksum mismatch"), isMarked: marked)
  }
  private func unfinished(_ epoch: UInt64) -> FoundCheckpoint {
    .init(epoch: epoch, condition: .unfinished, isMarked: false)
  }
  private func record(_ epoch: UInt64) -> CommitRecord { .init(epoch: epoch, digest: epoch == 0 ? "" : "d\(epoch)") }

  private func decide(
    _ commitPoint: CommitPoint, _ found: [FoundCheckpoint], _ record: CommitRecord?, assume: UInt64? = nil
  ) throws -> RecoveryDecision {
    try Recovery.decide(commitPoint: commitPoint, found: found, record: record, assumed: assume)
  }

  private func decide(
    _ found: [FoundCheckpoint], _ record: CommitRecord?, assume: UInt64? = nil
  ) throws -> RecoveryDecision {
    try decide(.transaction, found, record, assume: assume)
  }

  private func assertRefused(
    _ found: [FoundCheckpoint], _ record: CommitRecord?, in commitPoint: CommitPoint = .transaction,
    assume: UInt64? = nil, saying text: String, choices: [UInt64], line: UInt = #line
  ) {
    do {
      let decision = try decide(commitPoint, found, record, assume: assume)
      XCTFail("decided \(decision)", line: line)
    } catch let error as RecoveryError {
      XCTAssert(error.reason.contains(text), error.reason, line: line)
      XCTAssertEqual(error.choices.map(\.epoch), choices, line: line)
      XCTAssert(error.description.contains("--assume-epoch"), line: line)
    } catch { XCTFail("\(error)", line: line) }
  }

  func testNothingIsAFreshStartThatGetsARecord() throws {
    XCTAssertEqual(try decide([], nil), .init(start: .fresh, recordToWrite: ""))
    XCTAssertEqual(try decide([unfinished(1)], nil), .init(start: .fresh, recordToWrite: "", discard: [1]))
    XCTAssertEqual(try decide(.manifest, [], nil), .init(start: .fresh))
    XCTAssertEqual(try decide(.none, [found(3, marked: true)], nil), .init(start: .fresh))
  }

  func testCrashInTheFirstEpoch() throws {
    XCTAssertEqual(try decide([found(1)], record(0)), .init(start: .fresh, discard: [1]))
    XCTAssertEqual(try decide([found(1)], record(1)), .init(start: .restore(epoch: 1), needsMark: true))
  }

  func testTheRecordDecides() throws {
    let all = [found(9), found(8, marked: true), found(7, marked: true)]
    XCTAssertEqual(try decide(all, record(8)), .init(start: .restore(epoch: 8), discard: [9]))
    XCTAssertEqual(try decide(all, record(9)), .init(start: .restore(epoch: 9), needsMark: true))
    XCTAssertEqual(
      try decide([found(8, marked: true), damaged(9), unfinished(10)], record(8)),
      .init(start: .restore(epoch: 8), discard: [9, 10]))
  }

  func testTheRecordNamesWhatIsNotThere() {
    assertRefused([], record(4), saying: "has nothing", choices: [0])
    assertRefused([found(3, marked: true)], record(4), saying: "has nothing", choices: [3, 0])
    assertRefused([found(3, marked: true), unfinished(4)], record(4), saying: "no manifest", choices: [3, 0])
    assertRefused([found(3, marked: true), damaged(4)], record(4), saying: "checksum mismatch", choices: [3, 0])
    assertRefused(
      [found(3, marked: true), damaged(4, marked: true)], record(4), saying: "checksum mismatch", choices: [3, 0])
    assertRefused([found(4)], .init(epoch: 4, digest: "other"), saying: "other", choices: [4, 0])
  }

  func testTheRecordIsOlderThanAMark() {
    assertRefused(
      [found(4, marked: true), found(5, marked: true)], record(4), saying: "epoch 5 is marked", choices: [5, 4, 0])
    assertRefused([found(5, marked: true)], record(0), saying: "epoch 5 is marked", choices: [5, 0])
  }

  func testKafkaForgotTheRecord() throws {
    XCTAssertEqual(
      try decide([found(4, marked: true), found(5, marked: true), unfinished(6)], nil),
      .init(start: .restore(epoch: 5), recordToWrite: "d5", discard: [6]))
    assertRefused([found(4, marked: true), found(5)], nil, saying: "epoch 5 is prepared", choices: [5, 4, 0])
    assertRefused([found(1)], nil, saying: "epoch 1 is prepared", choices: [1, 0])
    assertRefused([found(4, marked: true), damaged(5)], nil, saying: "epoch 5, is damaged", choices: [4, 0])
  }

  func testTheUsersChoice() throws {
    let all = [found(4, marked: true), found(5)]
    XCTAssertEqual(
      try decide(all, nil, assume: 5), .init(start: .restore(epoch: 5), recordToWrite: "d5", needsMark: true))
    XCTAssertEqual(
      try decide(all, nil, assume: 4), .init(start: .restore(epoch: 4), recordToWrite: "d4", discard: [5]))
    XCTAssertEqual(try decide(all, nil, assume: 0), .init(start: .fresh, recordToWrite: "", discard: [4, 5]))
    assertRefused(all, nil, assume: 3, saying: "epoch 3", choices: [5, 4, 0])
    assertRefused([damaged(3)], nil, assume: 3, saying: "epoch 3", choices: [0])
  }

  func testTheManifestDecidesWithoutTransactions() throws {
    XCTAssertEqual(
      try decide(.manifest, [found(4, marked: true, .manifest), found(5, .manifest), unfinished(6)], nil),
      .init(start: .restore(epoch: 5), needsMark: true, discard: [6]))
    assertRefused(
      [found(4, marked: true, .manifest), damaged(5)], nil, in: .manifest, saying: "damaged", choices: [4, 0])
  }

  func testTheGuaranteeWasChanged() throws {
    // From manifests to transactions: the record is old or missing, the manifests count.
    let manifests = [found(9, marked: true, .manifest), found(10, marked: true, .manifest)]
    XCTAssertEqual(
      try decide(manifests, record(5)), .init(start: .restore(epoch: 10), recordToWrite: "d10"))
    XCTAssertEqual(try decide(manifests, nil), .init(start: .restore(epoch: 10), recordToWrite: "d10"))
    XCTAssertEqual(
      try decide(manifests + [found(11)], record(10)), .init(start: .restore(epoch: 10), discard: [11]))
    // From transactions to manifests: one that is only prepared does not count by being there.
    assertRefused(
      [found(4, marked: true), found(5)], nil, in: .manifest, saying: "epoch 5 is prepared", choices: [5, 4, 0])
    XCTAssertEqual(
      try decide(.manifest, [found(4, marked: true), found(5)], record(4)),
      .init(start: .restore(epoch: 4), discard: [5]))
  }
}
