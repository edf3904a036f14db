import CMillrace
import XCTest

@testable import Columnar

/// Batches that are not what their schema says: refused with the reason, never a trap.
final class CheckTests: XCTestCase {
  private typealias Edit = (UnsafeMutablePointer<ArrowArray>) -> Void
  private let long = Value.text("a text of more than twelve bytes")

  /// What is said of a batch of one column after `edit` on the column.
  private func refusal(
    _ field: Field, _ values: [Value], strings: StringLayout = .views, skipped: Int = 0, _ edit: Edit
  ) -> String {
    let schema = Schema([field])
    let maker = ArrayMaker(skipped: skipped, strings: strings)
    let batch = maker.batch(schema, [values])
    let column = batch.raw.pointee.columns.children[0]!
    let before = column.pointee
    edit(column)
    // What was made is released as it was made.
    defer { column.pointee = before }
    return thrownText {
      _ = try batch.admitted(as: ProducerSchema(schema, layouts: [maker.layout(field.type)]))
    }
  }

  private func words(_ column: UnsafeMutablePointer<ArrowArray>) -> UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(mutating: column.pointee.buffers[1]!).assumingMemoryBound(to: Int32.self)
  }

  func testLengths() {
    let number = Field("n", .int32)
    let values: [Value] = [.integer(Int32(1)), .integer(Int32(2))]
    XCTAssertEqual(
      refusal(number, values) { $0.pointee.length = 1 }, "column \"n\" (int32) has 1 rows from offset 0, not 2")
    XCTAssert(refusal(number, values) { $0.pointee.offset = -1 }.contains("from offset -1"))
    XCTAssert(refusal(number, values) { $0.pointee.offset = .max }.contains("from offset"))
    XCTAssert(refusal(number, values) { $0.pointee.length = .max }.contains("rows from offset"))
    XCTAssertEqual(
      refusal(number, values) { $0.pointee.n_buffers = 1 }, "column \"n\" (int32) has 1 buffers, not 2")
    XCTAssert(refusal(number, values) { $0.pointee.n_buffers = 3 }.contains("has 3 buffers, not 2"))
    XCTAssert(refusal(number, values) { $0.pointee.buffers = nil }.contains("buffers, not 2"))
    XCTAssertEqual(refusal(number, values) { $0.pointee.n_children = 1 }, "column \"n\" (int32) has 1 children, not 0")
    XCTAssertEqual(
      refusal(number, values) { column in
        let buffers = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: 2)
        buffers.initialize(repeating: nil, count: 2)
        column.pointee.buffers = buffers
      }, "column \"n\" (int32) lacks its values")
  }

  func testNulls() {
    let required = Field("n", .int32)
    let optional = Field("n", .int32, nullable: true)
    let values: [Value] = [.integer(Int32(1)), .null]
    XCTAssertEqual(
      refusal(required, values) { _ in }, "column \"n\" (int32) holds 1 nulls, but is not nullable (\"?\")")
    XCTAssertEqual(
      refusal(required, values) { $0.pointee.null_count = -1 },
      "column \"n\" (int32) holds 1 nulls, but is not nullable (\"?\")", "-1: they are counted")
    XCTAssertEqual(
      refusal(optional, values) { $0.pointee.null_count = 3 }, "column \"n\" (int32) counts 3 nulls in 2 rows")
    XCTAssertEqual(
      refusal(optional, values) { $0.pointee.null_count = -2 }, "column \"n\" (int32) counts -2 nulls in 2 rows")
    XCTAssertEqual(
      refusal(required, [.integer(Int32(1))]) { $0.pointee.null_count = 1 },
      "column \"n\" (int32) counts 1 nulls, but has no validity bitmap")
  }

  func testUncountedNullsAreNone() throws {
    let schema = Schema([Field("n", .int32), Field("m", .int32, nullable: true)])
    let values: [Value] = [.integer(Int32(1)), .integer(Int32(2))]
    let batch = ArrayMaker(countsNulls: false).batch(schema, [values, values])
    XCTAssertEqual(ArrayReader.columns(try batch.checked(against: schema), schema), [values, values])
  }

  func testExcusedRowsMayBeNull() throws {
    let schema = Schema([Field("n", .int32)])
    let batch = ArrayMaker(skipped: 5).batch(schema, [[.null, .integer(Int32(1)), .null]])
    XCTAssertNoThrow(try batch.checked(against: schema, excused: [0, 2]))
    XCTAssertNoThrow(try batch.checked(against: schema, excused: [0, 1, 2]))
    XCTAssertThrowsError(try batch.checked(against: schema, excused: [0]))
    XCTAssertThrowsError(try batch.checked(against: schema, excused: [0, 1]))
  }

  func testWildViews() {
    let field = Field("s", .utf8)
    let wild = "column \"s\" (utf8) has a view in row 1 that points out of its data buffers"
    let values = [.text("short"), long]
    let edits: [(String, Edit)] = [
      ("a negative size", { self.words($0)[4] = -1 }), ("too large", { self.words($0)[4] += 1 }),
      ("far too large", { self.words($0)[4] = .max }), ("another buffer", { self.words($0)[6] = 1 }),
      ("a negative buffer", { self.words($0)[6] = -1 }), ("a negative offset", { self.words($0)[7] = -1 }),
      ("an offset too far", { self.words($0)[7] += 1 }), ("an offset far too far", { self.words($0)[7] = .max }),
    ]
    for (what, edit) in edits {
      XCTAssertEqual(refusal(field, values, edit), wild, what)
      XCTAssertEqual(
        refusal(Field("s", .utf8, nullable: true), [.null, long], edit),
        wild, "\(what), with nulls")
    }
    XCTAssertEqual(
      refusal(field, [long]) { $0.pointee.n_buffers = 2 }, "column \"s\" (utf8) has 2 buffers, not 3 or more")
    XCTAssert(
      refusal(field, [long]) { column in
        UnsafeMutableRawPointer(mutating: column.pointee.buffers[3]!).storeBytes(of: -1, as: Int64.self)
      }.contains("sizes of its data buffers"))
  }

  func testViewsOfMoreThanTwoGibibytes() {
    let message = refusal(Field("s", .utf8), [long, long, long]) { column in
      UnsafeMutableRawPointer(mutating: column.pointee.buffers[3]!).storeBytes(of: 1 << 30, as: Int64.self)
      for row in 0..<3 {
        self.words(column)[row * 4] = 1 << 30
        self.words(column)[row * 4 + 3] = 0
      }
    }
    XCTAssertEqual(
      message, "column \"s\" (utf8) has 3221225472 bytes in a batch, more than 2 GiB; make smaller batches")
  }

  func testBadOffsets() {
    let text = "column \"s\" (utf8) has offsets of its bytes that are negative or go back"
    let field = Field("s", .utf8)
    for skipped in [0, 3] {
      XCTAssertEqual(
        refusal(field, [long, long], strings: .offsets32, skipped: skipped) { self.words($0)[skipped + 1] = -1 }, text)
      XCTAssertEqual(
        refusal(field, [long, long], strings: .offsets32, skipped: skipped) { self.words($0)[skipped + 2] = 0 }, text)
    }
    XCTAssertEqual(
      refusal(field, [long], strings: .offsets64) { column in
        UnsafeMutableRawPointer(mutating: column.pointee.buffers[1]!).storeBytes(
          of: 1 << 32, toByteOffset: 8, as: Int64.self)
      }, "column \"s\" (utf8) has 4294967291 bytes in a batch, more than 2 GiB; make smaller batches")
    XCTAssertEqual(
      refusal(field, [long], strings: .offsets64) { $0.pointee.n_buffers = 2 },
      "column \"s\" (utf8) has 2 buffers, not 3")
  }

  func testBadLists() {
    let field = Field("l", .list(Field("item", .int32)))
    let values: [Value] = [.items([.integer(Int32(1))]), .items([.integer(Int32(2)), .integer(Int32(3))])]
    XCTAssertEqual(
      refusal(field, values) { self.words($0)[2] = 4 }, "column \"item\" (int32) has 3 rows from offset 0, not 4")
    XCTAssertEqual(
      refusal(field, values) { self.words($0)[1] = 4 },
      "column \"l\" (list<int32>) has offsets of its items that are negative or go back")
    XCTAssertEqual(
      refusal(field, values) { $0.pointee.n_children = 0 }, "column \"l\" (list<int32>) has 0 children, not 1")
    let deep = Field("s", .structure([Field("l", .list(Field("item", .utf8)))]))
    XCTAssertEqual(
      refusal(deep, [.fields([.items([long])])]) { column in
        let strings = column.pointee.children[0]!.pointee.children[0]!
        self.words(strings)[3] = 6
      }, "column \"item\" (utf8) has a view in row 0 that points out of its data buffers")
    XCTAssertEqual(
      refusal(deep, [.fields([.items([long])])]) { $0.pointee.offset = 1 },
      "column \"l\" (list<utf8>) has 1 rows from offset 0, not 2")
  }

  func testFrames() {
    let schema = Schema([Field("n", .int32)])
    func refusal(_ edit: (UnsafeMutablePointer<mill_batch>) -> Void) -> String {
      let batch = ArrayMaker().batch(schema, [[.integer(Int32(1))]])
      let before = batch.raw.pointee
      edit(batch.raw)
      defer { batch.raw.pointee = before }
      return thrownText { _ = try batch.checked(against: schema) }
    }
    XCTAssertEqual(refusal { $0.pointee.columns.offset = 1 }, "a batch has 1 rows from offset 1")
    XCTAssertEqual(refusal { $0.pointee.columns.length = -1 }, "a batch has -1 rows from offset 0")
    XCTAssertEqual(refusal { $0.pointee.columns.length = 1 << 31 }, "a batch has 2147483648 rows from offset 0")
    XCTAssertEqual(refusal { $0.pointee.columns.n_children = 2 }, "a batch has 2 columns, its schema 1")
    XCTAssertEqual(refusal { $0.pointee.columns.children = nil }, "a batch has 1 columns, its schema 1")
    XCTAssert(refusal { $0.pointee.struct_size = 8 }.contains("says it has 8 bytes: set struct_size"))
    XCTAssertEqual(refusal { $0.pointee.release = nil }, "a batch was released before it came")
    let kind: [UInt8] = [4]
    kind.withUnsafeBufferPointer { kind in
      XCTAssertEqual(
        refusal { $0.pointee.row_kind = kind.baseAddress }, "row 0 of a batch has row kind 4, which is none")
      XCTAssertEqual(
        refusal {
          $0.pointee.columns.null_count = 1
          $0.pointee.columns.buffers[0] = UnsafeRawPointer(kind.baseAddress)
        }, "a batch has 1 null rows: only columns can hold nulls")
    }
  }

  /// Views with random bytes in them are refused, or read without leaving the buffers.
  func testRandomViews() throws {
    var random = seededRandom("random views")
    var refused = 0
    let schema = Schema([Field("s", .binary)])
    for _ in 0..<2000 {
      let values = (0..<8).map { _ in Value.random(schema.fields[0], &random) }
      let batch = ArrayMaker().batch(schema, [values])
      let column = batch.column(0).pointee
      let views = UnsafeMutableRawPointer(mutating: column.buffers[1]!)
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        let byte = Int.random(in: 0..<128, using: &random)
        views.storeBytes(of: UInt8.random(in: 0...255, using: &random), toByteOffset: byte, as: UInt8.self)
      }
      guard (try? batch.checked(against: schema)) != nil else {
        refused += 1
        continue
      }
      let data = column.buffers[2]!
      let end = data + Int(column.buffers[3]!.load(as: Int64.self))
      for row in 0..<8 {
        let (start, size) = Views(column)[row]
        XCTAssert(size <= 12 || UnsafeRawPointer(start) >= data && UnsafeRawPointer(start) + size <= end)
      }
    }
    XCTAssert((200...1900).contains(refused), "\(refused) refused: the test reaches too little")
  }
}
