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
    first.note(subject: "a-value", .init(ids: SchemaIds(id: 1), schema: SchemaText(format: .avro, text: "\"long\"")))
    let newer = LatestVersions.Version(ids: SchemaIds(id: 2), schema: SchemaText(format: .avro, text: "\"int\""))
    first.note(subject: "a-value", newer)
    XCTAssertEqual(LatestVersions(path: path)["a-value"], newer)
    XCTAssertNil(LatestVersions(path: path)["b-value"])
  }

  func testTheFileIsAsItIsDocumented() throws {
    let guid = "00112233-4455-6677-8899-aabbccddeeff"
    let version = LatestVersions.Version(
      ids: SchemaIds(id: 1, guid: SchemaGuid(guid)), schema: SchemaText(format: .json, text: "{}"))
    LatestVersions(path: path).note(subject: "a", version)
    let written = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? NSDictionary
    XCTAssertEqual(
      written, ["a": ["id": 1, "guid": guid, "schema": ["format": "JSON", "text": "{}", "references": []]]])
    XCTAssertEqual(LatestVersions(path: path)["a"], version)
  }

  func testAFileThatIsNoneIsAsGoodAsNotThere() throws {
    for text in ["", "[]", #"{"a":{"id":"x"}}"#] {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let versions = LatestVersions(path: path)
      XCTAssertNil(versions["a"])
      let version = LatestVersions.Version(ids: SchemaIds(id: 1), schema: SchemaText(format: .json, text: "{}"))
      versions.note(subject: "a", version)
      XCTAssertEqual(LatestVersions(path: path)["a"], version, text)
    }
  }

  func testWithoutAFile() {
    let versions = LatestVersions(path: nil)
    versions.note(subject: "a", .init(ids: SchemaIds(id: 1), schema: SchemaText(format: .json, text: "{}")))
    XCTAssertEqual(versions["a"]?.ids.id, 1)
  }
}
