import XCTest

@testable import PluginHost

/// https://semver.org
final class SemanticVersionTests: XCTestCase {
  private func version(_ text: String) throws -> SemanticVersion { try XCTUnwrap(SemanticVersion(text), text) }

  func testOrder() throws {
    let ascending = [
      "0.0.0-0", "0.0.1", "0.9.10", "0.10.0", "1.0.0-0", "1.0.0-2", "1.0.0-10", "1.0.0-99999999999999999999999",
      "1.0.0-100000000000000000000000", "1.0.0--", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
      "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "2.0.0", "10.0.0", "18446744073709551615.0.0",
    ]
    for (i, left) in ascending.enumerated() {
      for (j, right) in ascending.enumerated() {
        XCTAssertEqual(try version(left) < version(right), i < j, "\(left) < \(right)")
        XCTAssertEqual(try version(left) == version(right), i == j, "\(left) == \(right)")
      }
    }
  }

  func testBuildMetadataDoesNotCount() throws {
    XCTAssertEqual(try version("1.0.0+a"), try version("1.0.0+b.2"))
    XCTAssertEqual(try version("1.0.0+a").hashValue, try version("1.0.0").hashValue)
    XCTAssertEqual(try version("1.0.0-x.1+001").description, "1.0.0-x.1+001")
    XCTAssert(try version("1.0.0-x+a") < version("1.0.0+a-b"))
  }

  func testWhatIsNone() {
    for text in [
      "", "1", "1.0", "1.0.0.0", "v1.0.0", "01.0.0", "1.00.0", "1.0.0-", "1.0.0-a..b", "1.0.0-01", "1.0.0+",
      "1.0.0+a..b",
      "1.0.0-ä", "1.0.0-a b", "1.0.0+a+b", "-1.0.0", "1.-1.0", "1.0.x", " 1.0.0", "1.0.0\n", "+", "-", "٣.0.0",
      "18446744073709551616.0.0",
    ] { XCTAssertNil(SemanticVersion(text), text) }
  }
}
