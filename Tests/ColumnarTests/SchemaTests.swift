import CMillrace
import Glibc
import XCTest

@testable import Columnar

/// Schemas in Arrow's C form.
final class SchemaTests: XCTestCase {
  private func imported(_ format: String, children: [Field] = []) throws -> Field {
    var raw = ArrowSchema()
    Field("x", .structure(children)).export(to: &raw)
    defer { raw.release?(&raw) }
    free(UnsafeMutableRawPointer(mutating: raw.format))
    raw.format = UnsafePointer(strdup(format))
    return try Field(importing: &raw)
  }

  func testEverySchemaComesBack() throws {
    let fields = AllTypes.all.enumerated().map { Field("f\($0)", $1, nullable: $0 % 2 == 0) }
    var raw = ArrowSchema()
    Schema(fields).export(to: &raw)
    XCTAssertEqual(try Schema(importing: &raw), Schema(fields))
    XCTAssert(try ProducerSchema(importing: &raw).isCarried)
    raw.release?(&raw)
    XCTAssertNil(raw.release)
  }

  func testFormats() throws {
    let formats: [(String, DataType)] = [
      ("vu", .utf8), ("u", .utf8), ("U", .utf8), ("z", .binary), ("Z", .binary), ("vz", .binary),
      ("d:10,2", .decimal128(precision: 10, scale: 2)), ("d:10,2,128", .decimal128(precision: 10, scale: 2)),
      ("w:0", .fixedSizeBinary(0)), ("tsu:+02:00", .timestamp(.microsecond, zone: "+02:00")),
    ]
    for (format, type) in formats { XCTAssertEqual(try imported(format).type, type, format) }
    for format in [
      "n", "e", "+L", "+us:0", "d:39,1", "d:10,2,256", "d:5,6", "w:-1", "w:x", "ts", "tsx:", "tsu", "", "tiM",
    ] {
      let message = thrownText { _ = try imported(format) }
      XCTAssertEqual(
        message, "field \"x\" has the Arrow format \"\(format)\", which Millrace does not take", format)
    }
    XCTAssertThrowsError(try imported("+l"))
    XCTAssertThrowsError(try imported("+m", children: [Field("entries", .int32)]))
    XCTAssertThrowsError(try imported("+m", children: [Field("entries", .structure([Field("key", .int32)]))]))
  }

  func testLayoutsAreKept() throws {
    var raw = ArrowSchema()
    Schema([Field("a", .utf8), Field("b", .list(Field("item", .binary)))]).export(to: &raw)
    defer { raw.release?(&raw) }
    let item = raw.children[1]!.pointee.children[0]!
    free(UnsafeMutableRawPointer(mutating: item.pointee.format))
    item.pointee.format = UnsafePointer(strdup("Z"))
    let producer = try ProducerSchema(importing: &raw)
    XCTAssertFalse(producer.isCarried)
    XCTAssertEqual(producer.layouts[0], ColumnLayout(strings: .views))
    XCTAssertEqual(producer.layouts[1], ColumnLayout(children: [ColumnLayout(strings: .offsets64)]))
  }

  func testBadSchemasAreRefused() throws {
    var raw = ArrowSchema()
    XCTAssertEqual(thrownText { _ = try Schema(importing: &raw) }, "field \"\" has no format")
    Field("f", .int32).export(to: &raw)
    XCTAssertEqual(
      thrownText { _ = try Schema(importing: &raw) }, "a batch's schema must be a struct (\"+s\"), found int32")
    raw.n_children = 2
    XCTAssert(thrownText { _ = try Field(importing: &raw) }.contains("has 2 children, or none where it says so"))
    raw.n_children = -1
    XCTAssertThrowsError(try Field(importing: &raw))
    raw.n_children = 0
    var dictionary = ArrowSchema()
    withUnsafeMutablePointer(to: &dictionary) { raw.dictionary = $0 }
    XCTAssert(thrownText { _ = try Field(importing: &raw) }.contains("dictionary-encoded"))
    raw.release?(&raw)
  }

  func testDepthIsLimited() {
    var type = DataType.int32
    for _ in 0..<40 { type = .list(Field("item", type)) }
    var raw = ArrowSchema()
    Field("deep", type).export(to: &raw)
    XCTAssert(thrownText { _ = try Field(importing: &raw) }.contains("nested too deep"))
    raw.release?(&raw)
  }
}
