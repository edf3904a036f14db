import Foundation
import XCTest

@testable import Pipeline

/// Files of schemas: texts, and sets of descriptors.
final class SchemaFileTests: XCTestCase {
  /// A field 1 with a size before it: of a set a file, of a file its name.
  private static func field(_ bytes: [UInt8]) -> [UInt8] { [1 << 3 | 2] + Wire.bytes(UInt64(bytes.count)) + bytes }

  /// A file of a package, with fields of all wire types behind.
  private static func file(_ name: String) -> [UInt8] {
    let package: [UInt8] = [2 << 3 | 2, 1, 0x70]
    let number: [UInt8] = [14 << 3 | 0, 0x80, 1]
    let eight: [UInt8] = [3 << 3 | 1, 1, 2, 3, 4, 5, 6, 7, 8]
    let four: [UInt8] = [4 << 3 | 5, 1, 2, 3, 4]
    return field(Array(name.utf8)) + package + number + eight + four
  }

  private static let base = file("acme/base.proto")
  private static let row = file("acme/row.proto" + String(repeating: "o", count: 200))
  private static let set = field(base) + field(row)

  private func schema(_ name: String, _ bytes: [UInt8]) throws -> GivenSchema {
    try XCTUnwrap(SchemaFile(name)).schema(bytes)
  }

  func testKindsByTheEndOfTheName() throws {
    for (name, format) in [("a.avsc", GivenSchema.Format.avro), ("b/a.proto", .protobuf), ("a.json", .json)] {
      XCTAssertEqual(try schema(name, Array("é".utf8)), GivenSchema(format: format, file: name, text: "é"))
      for bytes in [[0xFF], [0x61, 0]] as [[UInt8]] {
        XCTAssertThrowsError(try schema(name, bytes)) { XCTAssertEqual("\($0)", "is no text in UTF-8") }
      }
    }
    for name in ["a.txt", "desc", "a.desc.gz", ""] { XCTAssertNil(SchemaFile(name)) }
  }

  func testTheLastFileOfASetIsTheSchema() throws {
    let found = try schema("rows.desc", Self.set)
    let base = GivenSchema.Reference(name: "acme/base.proto", text: Data(Self.base).base64EncodedString())
    let text = Data(Self.row).base64EncodedString()
    XCTAssertEqual(
      found, GivenSchema(format: .protobuf, file: "rows.desc", text: text, references: [base]))
    XCTAssertEqual(try schema("rows.desc", Self.field(Self.row)).references, [])
  }

  func testWhatIsNoSetIsRefused() {
    let nameless: [UInt8] = [2 << 3 | 2, 1, 0x70]
    let wrong: [[UInt8]] = [
      [], [10], [10, 5, 1], Array("syntax = \"proto3\";".utf8), Self.base, Self.field([]), Self.field(nameless),
      Self.field(Self.field([])), Self.field(Self.field([0xFF])), Self.field(Self.field([0x61, 0])), Self.set + [0, 0],
      Self.set + [9 << 3 | 3], [10] + [UInt8](repeating: 0xFF, count: 10),
      [10] + [UInt8](repeating: 0xFF, count: 9) + [1],
    ]
    for bytes in wrong {
      XCTAssertThrowsError(try schema("x/rows.desc", bytes), "\(bytes)") {
        XCTAssertEqual(
          "\($0)",
          "is no set of descriptors; `protoc --include_imports --descriptor_set_out=x/rows.desc` makes one")
      }
    }
  }

  /// Neither cut sets nor changed ones trap, and what is taken has names.
  func testDamagedSets() throws {
    for count in 0..<Self.set.count where count != Self.field(Self.base).count {
      XCTAssertNil(DescriptorSet(Array(Self.set.prefix(count))))
    }
    for place in Self.set.indices {
      for byte in UInt8.min...UInt8.max {
        var bytes = Self.set
        bytes[place] = byte
        for file in DescriptorSet(bytes)?.files ?? [] { XCTAssertFalse(file.name.isEmpty) }
      }
    }
  }
}
