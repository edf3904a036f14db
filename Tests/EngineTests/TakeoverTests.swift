import Checkpointing
import XCTest

@testable import Engine

final class TakeoverTests: XCTestCase {
  /// What is found if `records` are read one after another, a second apart, the last again and again.
  private func find(
    _ records: [UInt64?], own: CommitRecord? = CommitRecord(epoch: 8, digest: "own"), digest: String = "own",
    isWanted: Bool = true, mayHaveTimedOut: Bool = false
  ) -> (UInt64?, turns: Int) {
    var (turns, now_us): (Int, Int64) = (0, 1000)
    let takeover = Takeover(interval: .seconds(1), mayHaveTimedOut: mayHaveTimedOut)
    let epoch = takeover.epoch(
      after: 7, own: own, isWanted: { isWanted },
      record: { records[min(turns, records.count - 1)].map { CommitRecord(epoch: $0, digest: digest) } },
      now_us: { now_us },
      pause: {
        turns += 1
        now_us += 1_000_000
      })
    return (epoch, turns)
  }

  func testAnotherInstanceThatCommitsIsFound() {
    XCTAssertEqual(find([7, 7, 8, 9]).0, 9)
    XCTAssertEqual(find([42]).0, 42)
    XCTAssertEqual(find([nil, 9]).0, 9)
  }

  func testTheNextEpochMayBeItsOwn() {
    let (epoch, turns) = find([7, 8])
    XCTAssertNil(epoch)
    XCTAssertEqual(turns, 13, "three epochs and the other's start")
    XCTAssertEqual(find([7, 8], digest: "another's").0, 8)
    XCTAssertEqual(find([7, 8], own: nil).0, 8, "this one had sent none")
  }

  func testOneThatDoesNotGoOnIsNotWaitedForLonger() {
    XCTAssertNil(find([7]).0)
    XCTAssertNil(find([nil]).0)
    XCTAssertNil(find([3]).0)
    XCTAssertEqual(find([7, 9], isWanted: false).turns, 0)
  }

  func testATransactionThatTimedOutIsNoReasonToWait() {
    let (epoch, turns) = find([7, 9], mayHaveTimedOut: true)
    XCTAssertNil(epoch)
    XCTAssertEqual(turns, 0)
    XCTAssertEqual(find([9], mayHaveTimedOut: true).0, 9, "but what is there already counts")
  }

  func testVeryLongIntervals() {
    XCTAssertEqual(Takeover(interval: .seconds(Int64.max / 2_000_000), mayHaveTimedOut: false).patience_us, .max)
  }
}
