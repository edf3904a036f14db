import XCTest

@testable import Kafka

final class TopicLedgerTests: XCTestCase {
  private let failure = KafkaFailure("topic \"a\"", name: "X", "no", .fatal)
  private let three = TopicFacts(partitionCount: 3)

  private func text(_ answer: TopicDirectory.Answer) -> String {
    switch answer {
    case .waiting: "waiting"
    case .known(let facts): "\(facts.partitionCount)"
    case .refused(let failure): failure.name
    }
  }

  func testATopicIsAskedAboutOnceUntilItIsOld() {
    var ledger = TopicLedger()
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 0)), "waiting")
    XCTAssertEqual(ledger.due(now_ms: 0).map(\.name), ["a"])
    ledger.note(.found(three), of: "a", now_ms: 10)
    XCTAssertEqual(ledger.due(now_ms: 10).map(\.name), [])
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 60_010)), "3")
    XCTAssertEqual(ledger.due(now_ms: 60_010).map(\.name), [])
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 60_011)), "3", "what is known goes on being told")
    XCTAssertEqual(ledger.due(now_ms: 60_011).map(\.name), ["a"])
    ledger.note(.found(TopicFacts(partitionCount: 4)), of: "a", now_ms: 60_020)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 60_020)), "4")
  }

  func testWhoDoubtsWaitsForAFreshAnswer() {
    var ledger = TopicLedger()
    _ = ledger.look(up: "a", maxAge_ms: .max, now_ms: 0)
    ledger.note(.found(three), of: "a", now_ms: 0)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: 5000, now_ms: 5000)), "3")
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: 5000, now_ms: 5001)), "waiting")
    XCTAssertEqual(ledger.due(now_ms: 5001).map(\.name), ["a"])
    ledger.note(.found(three), of: "a", now_ms: 5100)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: 5000, now_ms: 5200)), "3")
  }

  func testAMissingTopicIsRefusedAfterAWhileAndAskedAboutAgain() {
    var ledger = TopicLedger()
    _ = ledger.look(up: "a", maxAge_ms: .max, now_ms: 0)
    ledger.note(.missing(failure), of: "a", now_ms: 10)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 20)), "waiting", "it may just have been made")
    XCTAssertEqual(ledger.due(now_ms: 20).map(\.name), [])
    XCTAssertEqual(ledger.due(now_ms: 210).map(\.name), ["a"])
    ledger.note(.missing(failure), of: "a", now_ms: 1010)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 1020)), "X")
    XCTAssertEqual(ledger.due(now_ms: 1020).map(\.name), [])
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 6011)), "X")
    XCTAssertEqual(ledger.due(now_ms: 6011).map(\.name), ["a"])
    ledger.note(.found(three), of: "a", now_ms: 6020)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 6020)), "3")
  }

  func testATopicThatVanishesForAMomentStaysKnown() {
    var ledger = TopicLedger()
    _ = ledger.look(up: "a", maxAge_ms: .max, now_ms: 0)
    ledger.note(.found(three), of: "a", now_ms: 0)
    _ = ledger.look(up: "a", maxAge_ms: .max, now_ms: 70_000)
    ledger.note(.missing(failure), of: "a", now_ms: 70_000)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 70_100)), "3")
    ledger.note(.found(three), of: "a", now_ms: 70_200)
    ledger.note(.missing(failure), of: "a", now_ms: 140_000)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 140_000)), "3")
    ledger.note(.missing(failure), of: "a", now_ms: 141_000)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 141_000)), "X")
  }

  func testBrokersThatAreAwayAreWaitedFor() {
    var ledger = TopicLedger()
    _ = ledger.look(up: "a", maxAge_ms: .max, now_ms: 0)
    for minute in 0..<60 as Range<Int64> {
      ledger.note(.none, of: "a", now_ms: minute * 60_000)
      XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: minute * 60_000)), "waiting")
      XCTAssertEqual(ledger.due(now_ms: minute * 60_000 + 200).map(\.name), ["a"])
    }
    ledger.note(.refused(failure), of: "a", now_ms: 3_600_000)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 3_600_000)), "X")
  }

  func testNamesFromDataTakeBoundedRoom() {
    var ledger = TopicLedger()
    for index in 0..<TopicLedger.limit {
      XCTAssertEqual(text(ledger.look(up: "\(index)", maxAge_ms: .max, now_ms: 0)), "waiting")
      ledger.note(.refused(failure), of: "\(index)", now_ms: 0)
    }
    XCTAssertEqual(text(ledger.look(up: "more", maxAge_ms: .max, now_ms: 10)), "TOO_MANY_TOPICS")
    XCTAssertEqual(text(ledger.look(up: "more", maxAge_ms: .max, now_ms: 6000)), "waiting", "refused ones make room")
  }

  func testATopicIsMadeOnlyWhileItIsNotKnown() {
    var ledger = TopicLedger()
    let creation = TopicCreation(partitionCount: 2)
    _ = ledger.look(up: "a", maxAge_ms: .max, now_ms: 0)
    _ = ledger.look(up: "a", creation: creation, maxAge_ms: .max, now_ms: 0)
    XCTAssertEqual(ledger.due(now_ms: 0), [.init(name: "a", creation: creation)])
    ledger.note(.found(three), of: "a", now_ms: 0)
    _ = ledger.look(up: "a", creation: creation, maxAge_ms: .max, now_ms: 61_000)
    XCTAssertEqual(ledger.due(now_ms: 61_000), [.init(name: "a")])
    ledger.note(.refused(failure), of: "a", now_ms: 61_000)
    _ = ledger.look(up: "a", maxAge_ms: .max, now_ms: 70_000)
    XCTAssertEqual(ledger.due(now_ms: 70_000), [.init(name: "a", creation: creation)])
  }
}
