import CMillrace
import Columnar
import Pipeline
import PluginHost
import XCTest

@testable import Engine
@testable import Kafka

final class MessageColumnsTests: XCTestCase {
  private let tombstone = MessageColumn(.tombstone, Field("gone", .bool))
  private let timestamp = MessageColumn(.timestamp, Field("at", .timestamp(.millisecond, zone: "UTC"), nullable: true))
  private let text = MessageColumn(.header("trace"), Field("trace", .utf8, nullable: true))
  private let bytes = MessageColumn(.header("blob"), Field("blob", .binary, nullable: true))

  /// A batch of messages with values of these lengths, -1 for none, a millisecond apart; the last has no time.
  private func withMessages<R>(_ lengths: [Int32], _ body: (UnsafePointer<mill_raw_batch>) throws -> R) rethrows -> R {
    let values = lengths.map { mill_span(offset: 0, length: $0) }
    let times = lengths.indices.map { $0 == lengths.count - 1 ? Int64.min : Int64($0) * 1000 }
    return try values.withUnsafeBufferPointer { values in
      try times.withUnsafeBufferPointer { times in
        var raw = mill_raw_batch()
        raw.length = Int64(lengths.count)
        raw.values = values.baseAddress
        raw.timestamps_us = times.baseAddress
        return try withUnsafePointer(to: &raw, body)
      }
    }
  }

  private func headers(_ values: [[UInt8]?]) -> HeaderValues {
    var headers = HeaderValues()
    for value in values {
      if let value { value.withUnsafeBytes { headers.add($0) } } else { headers.add(nil) }
    }
    return headers
  }

  func testTombstonesAndTimestamps() throws {
    try withMessages([3, -1, 0, 5]) { raw in
      let read = MessageColumns([tombstone, timestamp]).read(raw, [])
      XCTAssertEqual(read.errors.count, 0)
      XCTAssertEqual(read.columns.map(\.rowCount), [4, 4])
      let gone = BoolColumn(read.columns[0], 0)
      XCTAssertEqual((0..<4).map { gone[$0] }, [false, true, false, false], "an empty value is one")
      let times = read.columns[1].column(0).pointee
      let buffer = try XCTUnwrap(times.buffers[1])
      XCTAssertEqual((0..<3).map { buffer.load(fromByteOffset: $0 * 8, as: Int64.self) }, [0, 1, 2])
      XCTAssertEqual(times.null_count, 1)
    }
  }

  func testHeadersComeInTheOrderOfTheirColumns() {
    withMessages([0, 0]) { raw in
      let read = MessageColumns([bytes, tombstone, text])
        .read(raw, [headers([[255], nil]), headers([Array("später".utf8), []])])
      XCTAssertEqual(read.errors.count, 0)
      XCTAssertEqual((0..<2).map { read.columns[0].bytes(column: 0, row: $0) }, [[255], nil])
      XCTAssertEqual((0..<2).map { read.columns[2].bytes(column: 0, row: $0) }, [Array("später".utf8), []])
    }
  }

  func testTextThatIsNoneIsABadRow() {
    let odd: [[UInt8]?] = [
      [0xff], [0xc3], Array("good".utf8), nil, [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0],
    ]
    withMessages(odd.map { _ in 0 }) { raw in
      let read = MessageColumns([text]).read(raw, [headers(odd)])
      XCTAssertEqual(read.errors.map(\.row), [0, 1, 4, 5])
      XCTAssertEqual(
        read.errors.first?.message,
        "header \"trace\" is not UTF-8; give it `type: binary` to read it as it is")
      let found = odd.indices.map { read.columns[0].bytes(column: 0, row: $0) }
      XCTAssertEqual(found, [nil, nil, Array("good".utf8), nil, nil, nil, [0]])
    }
  }

  func testRowsWithoutValueAreNoErrors() {
    let errors = [1, 2].map { RowError(row: $0, code: 7, message: "bad") }
    withMessages([3, -1, 4]) { raw in
      let batch = Batches.batch([.text(["a", "left over", "bad"])])
      let told = MessageColumns([tombstone]).withoutTombstones(raw, (batch, errors))
      XCTAssertEqual(told.errors.map(\.row), [2])
      XCTAssertEqual((0..<3).map { told.batch.bytes(column: 0, row: $0) }, [Array("a".utf8), nil, Array("bad".utf8)])
      let untold = MessageColumns([timestamp]).withoutTombstones(raw, (batch, errors))
      XCTAssertEqual(untold.errors.map(\.row), [1, 2], "without the column, a null is the serde's to judge")
    }
  }
}
