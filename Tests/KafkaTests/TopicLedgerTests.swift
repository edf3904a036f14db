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
    ledger.note(.missing(failure), of: "a", now_ms: 3010)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 3020)), "X")
    XCTAssertEqual(ledger.due(now_ms: 3020).map(\.name), [])
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 8011)), "X")
    XCTAssertEqual(ledger.due(now_ms: 8011).map(\.name), ["a"])
    ledger.note(.found(three), of: "a", now_ms: 8020)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 8020)), "3")
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
    ledger.note(.missing(failure), of: "a", now_ms: 143_000)
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 143_000)), "X")
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
    let needs = TopicNeeds(creation: creation)
    _ = ledger.look(up: "a", needs, maxAge_ms: .max, now_ms: 0)
    XCTAssertEqual(ledger.due(now_ms: 0), [.init(name: "a", needs: needs)])
    ledger.note(.found(three), of: "a", now_ms: 0)
    _ = ledger.look(up: "a", needs, maxAge_ms: .max, now_ms: 61_000)
    XCTAssertEqual(ledger.due(now_ms: 61_000), [.init(name: "a", isKnown: true)])
    ledger.note(.refused(failure), of: "a", now_ms: 61_000)
    _ = ledger.look(up: "a", maxAge_ms: .max, now_ms: 70_000)
    XCTAssertEqual(ledger.due(now_ms: 70_000), [.init(name: "a", needs: needs)])
  }

  func testLimitsAreFoundOutWhenTheyAreWanted() {
    var ledger = TopicLedger()
    let needs = TopicNeeds(limits: true)
    _ = ledger.look(up: "a", maxAge_ms: .max, now_ms: 0)
    ledger.note(.found(three), of: "a", now_ms: 0)
    XCTAssertEqual(text(ledger.look(up: "a", needs, maxAge_ms: .max, now_ms: 1)), "waiting")
    XCTAssertEqual(text(ledger.look(up: "a", maxAge_ms: .max, now_ms: 1)), "3", "who does not need them does not wait")
    XCTAssertEqual(ledger.due(now_ms: 1), [.init(name: "a", needs: needs, isKnown: true)])
    ledger.note(.found(TopicFacts(partitionCount: 3, limits: TopicLimits())), of: "a", now_ms: 2)
    XCTAssertEqual(text(ledger.look(up: "a", needs, maxAge_ms: .max, now_ms: 3)), "3")
    XCTAssertEqual(ledger.due(now_ms: 3), [])
  }
}
