import Foundation
import XCTest

@testable import SchemaRegistry

/// What subjects had last, over starts.
final class LatestVersionsTests: XCTestCase {
  private let path = NSTemporaryDirectory() + "latest-\(UUID().uuidString).json"

  override func tearDown() { try? FileManager.default.removeItem(atPath: path) }

  func testTheNewestIsKeptForTheNextStart() {
    let first = LatestVersions(path: path)
    XCTAssertNil(first["a-value"])
    first.note(subject: "a-value", .init(id: 1, schema: SchemaText(format: .avro, text: "\"long\"")))
    let newer = LatestVersions.Version(id: 2, schema: SchemaText(format: .avro, text: "\"int\""))
    first.note(subject: "a-value", newer)
    XCTAssertEqual(LatestVersions(path: path)["a-value"], newer)
    XCTAssertNil(LatestVersions(path: path)["b-value"])
  }

  func testAFileThatIsNoneIsAsGoodAsNotThere() throws {
    for text in ["", "[]", #"{"a":{"id":"x"}}"#] {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let versions = LatestVersions(path: path)
      XCTAssertNil(versions["a"])
      let version = LatestVersions.Version(id: 1, schema: SchemaText(format: .json, text: "{}"))
      versions.note(subject: "a", version)
      XCTAssertEqual(LatestVersions(path: path)["a"], version, text)
    }
  }

  func testWithoutAFile() {
    let versions = LatestVersions(path: nil)
    versions.note(subject: "a", .init(id: 1, schema: SchemaText(format: .json, text: "{}")))
    XCTAssertEqual(versions["a"]?.id, 1)
  }
}
