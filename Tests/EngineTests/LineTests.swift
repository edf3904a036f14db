import CMillrace
import Kafka
import PluginHost
import XCTest

@testable import Engine

/// Messages that are cut into lines.
final class LineTests: XCTestCase {
  /// What is in a row of lines.
  private struct Line: Equatable {
    var text: String?
    var offset: Int64
    var number: Int?
    init(_ text: String?, at offset: Int64, _ number: Int?) {
      (self.text, self.offset, self.number) = (text, offset, number)
    }
  }

  private func lines(_ batch: LineBatch) -> [Line] {
    let raw = batch.batch.pointee
    return (0..<Int(raw.length)).map { row in
      XCTAssertEqual(raw.timestamps_us[row], raw.offsets[row] * 1000)
      let text = raw.values[row].length < 0 ? nil : String(decoding: bytes(raw, raw.values[row]), as: UTF8.self)
      return Line(text, at: raw.offsets[row], batch.number(ofRow: row))
    }
  }

  private func bytes(_ raw: mill_raw_batch, _ span: mill_span) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: raw.data + Int(span.offset), count: Int(span.length))
  }

  private func pieces(_ values: [String?], atMost limit: Int = 1000) -> [[Line]] {
    let messages = RawMessages(values.map { $0.map { Array($0.utf8) } })
    let cutter = LineCutter(messages.raw)
    var pieces: [[Line]] = []
    while let piece = cutter.next(atMost: limit) { pieces.append(lines(piece)) }
    return withExtendedLifetime(messages) { pieces }
  }

  func testWhereLinesEnd() {
    XCTAssertEqual(
      pieces(["a\nb\r\n\n\r\nc", "d", "\n\ne\n", "f\rg\r"]),
      [
        [
          Line("a", at: 100, 1), Line("b", at: 100, 2), Line("c", at: 100, 5), Line("d", at: 101, 1),
          Line("e", at: 102, 3),
          Line("f\rg", at: 103, 1),
        ]
      ])
  }

  func testWhatHasNoLines() {
    XCTAssertEqual(pieces(["", "\n", "\r\n\r\n", "\r"]), [])
    XCTAssertEqual(pieces([]), [])
    XCTAssertEqual(
      pieces([nil, "", "a", nil]), [[Line(nil, at: 100, nil), Line("a", at: 102, 1), Line(nil, at: 103, nil)]])
  }

  func testPiecesGoOnInTheMiddleOfMessages() {
    let values = ["1\n2\n3\n4\n5", "6", nil, "7\n8"]
    let whole = pieces(values)[0]
    XCTAssertEqual(whole.count, 9)
    for limit in 1...10 {
      let pieces = pieces(values, atMost: limit)
      XCTAssertEqual(pieces.flatMap { $0 }, whole, "\(limit)")
      XCTAssertTrue(pieces.dropLast().allSatisfy { $0.count == limit }, "\(limit)")
    }
  }

  func testKeysAreTheMessages() {
    // The keys of these messages are their values.
    let messages = RawMessages([Array("a\nb".utf8), nil, Array("c".utf8)])
    guard let piece = LineCutter(messages.raw).next(atMost: 10) else { return XCTFail("no lines") }
    let raw = piece.batch.pointee
    let keys = (0..<4).map { raw.keys[$0].length < 0 ? nil : String(decoding: bytes(raw, raw.keys[$0]), as: UTF8.self) }
    XCTAssertEqual(keys, ["a\nb", "a\nb", nil, "c"])
    XCTAssertEqual(piece.messages, [0, 0, 1, 2])
    withExtendedLifetime(messages) {}
  }

  func testMessagesAreKeptForAsLongAsLinesAre() {
    let messages = RawMessages([Array("a\nb".utf8)])
    var cutter: LineCutter? = LineCutter(messages.raw)
    XCTAssertEqual(messages.references.pointee, 2)
    var piece = cutter?.next(atMost: 1)
    XCTAssertEqual(messages.references.pointee, 3)
    cutter = nil
    XCTAssertEqual(messages.references.pointee, 2)
    guard let raw = piece?.batch else { return XCTFail("no lines") }
    raw.pointee.retain(raw)
    piece = nil
    XCTAssertEqual(messages.references.pointee, 2, "a decoder has kept the lines")
    raw.pointee.release(raw)
    XCTAssertEqual(messages.references.pointee, 1)
  }

  func testHeadersOfLines() {
    var values = HeaderValues()
    for text in ["one", nil, "three"] {
      text.map { [UInt8]($0.utf8).withUnsafeBytes { values.add($0) } } ?? values.add(nil)
    }
    let of = values.of([0, 0, 2, 1, 7])
    XCTAssertEqual(
      (0..<5).map { of.value($0).map { String(decoding: $0, as: UTF8.self) } }, ["one", "one", "three", nil, nil])
  }

  func testAQueueGivesAllSplitsInTurn() {
    let (first, second) = (RawMessages([Array("a\nb\nc".utf8)]), RawMessages([Array("\n".utf8), Array("d".utf8)]))
    var queue = LineQueue()
    queue.add(first.raw, split: 4, headers: [], allHeaders: [])
    queue.add(second.raw, split: 7, headers: [], allHeaders: [[("of none", nil)], [("of d", nil)]])
    queue.end(4)
    var have: [(Int, [String?])] = []
    var headers: [[String]] = []
    while let piece = queue.next(atMost: 2) {
      XCTAssertFalse(queue.isEmpty)
      have.append((piece.split, lines(piece.lines).map(\.text)))
      headers.append(piece.allHeaders.flatMap { $0.map(\.name) })
    }
    XCTAssertEqual(headers, [[], [], ["of d"]], "an empty line is no row")
    XCTAssertTrue(queue.isEmpty)
    XCTAssertEqual(have.map(\.0), [4, 4, 7])
    XCTAssertEqual(have.map(\.1), [["a", "b"], ["c"], ["d"]])
    let done = queue.takeDone()
    XCTAssertEqual(done.read, [4, 7])
    XCTAssertEqual(done.ended, [4])
    XCTAssertEqual(queue.takeDone().read, [])
    XCTAssertEqual(queue.takeDone().ended, [])
  }
}
