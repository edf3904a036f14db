import XCTest

@testable import Pipeline

/// Which topics a route lets rows go to.
final class RouteTests: XCTestCase {
  private func allows(_ topics: [String], _ name: String) -> Bool { Route(column: 0, topics: topics).allows(name) }

  func testNamesAndPatterns() {
    XCTAssertTrue(allows(["a", "b"], "b"))
    XCTAssertFalse(allows(["a", "b"], "ab"))
    XCTAssertTrue(allows(["orders.*"], "orders.eu"))
    XCTAssertTrue(allows(["orders.*"], "orders."))
    XCTAssertFalse(allows(["orders.*"], "orders"))
    XCTAssertFalse(allows(["orders.*"], "my.orders.eu"))
    XCTAssertTrue(allows(["*.eu"], "a.eu.eu"))
    XCTAssertFalse(allows(["*.eu"], "a.eu.us"))
    XCTAssertTrue(allows(["a*b*c"], "a-b-b-c-c"))
    XCTAssertFalse(allows(["a*b*c"], "a-c-b"))
    XCTAssertTrue(allows(["**"], "a"))
    XCTAssertFalse(allows(["a.b"], "a-b"), "a dot is a dot")
  }

  func testWhatKafkaDoesNotTakeIsNeverAllowed() {
    for name in ["", ".", "..", "a b", "a/b", "ä", "a\u{0}", "a*", String(repeating: "a", count: 250)] {
      XCTAssertFalse(allows(["*"], name), name)
    }
    XCTAssertTrue(allows(["*"], String(repeating: "a", count: 249)))
  }

  func testAPatternThatAlmostFitsManyTimesEndsSoon() {
    let pattern = String(repeating: "a*", count: 100) + "b"
    XCTAssertFalse(allows([pattern], String(repeating: "a", count: 249)))
  }

  func testWhatCanBeAPattern() {
    for text in ["a", "*", "a.*", "*-x*"] { XCTAssertTrue(Route.isPattern(text), text) }
    for text in ["", "a b", "a*ä", ".", "a/*", String(repeating: "*", count: 250)] {
      XCTAssertFalse(Route.isPattern(text), text)
    }
  }
}
