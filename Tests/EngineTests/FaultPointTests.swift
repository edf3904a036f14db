import XCTest

@testable import Engine

/// What `MILLRACE_FAULT` can ask for.
final class FaultPointTests: XCTestCase {
  func testPlaceAndAction() throws {
    let simple = try XCTUnwrap(FaultPoint.Plan("after-manifest"))
    XCTAssertEqual(simple.point, "after-manifest")
    XCTAssertEqual(simple.fromEpoch, 0)
    XCTAssertEqual(simple.skip, 0)
    XCTAssertNil(simple.sleep_ms)
    XCTAssertEqual(FaultPoint.Plan("after-commit@7")?.fromEpoch, 7)
    XCTAssertEqual(FaultPoint.Plan("after-commit+3")?.skip, 2)
    let waiting = try XCTUnwrap(FaultPoint.Plan("after-manifest@5:sleep=6000"))
    XCTAssertEqual(waiting.point, "after-manifest")
    XCTAssertEqual(waiting.fromEpoch, 5)
    XCTAssertEqual(waiting.sleep_ms, 6000)
    XCTAssertNil(FaultPoint.Plan(""))
  }

  func testNamesAreThoseOfThePlan() {
    for point in FaultPoint.allCases { XCTAssertEqual(FaultPoint.Plan("\(point.rawValue)@2")?.point, point.rawValue) }
  }
}
