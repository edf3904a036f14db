import Checkpointing
import Columnar
import Foundation
import State
import XCTest

@testable import Engine

/// What `millrace state` and `millrace checkpoints` say.
final class InspectionTests: XCTestCase {
  private func filled() throws -> InspectionFixture {
    let fixture = try InspectionFixture()
    try fixture.fill()
    return fixture
  }

  private func options(
    _ fixture: InspectionFixture, _ format: InspectFormat, epoch: UInt64? = nil
  ) -> StateCommands.Options { .init(directory: fixture.job, epoch: epoch, format: format) }

  private func scan(
    _ fixture: InspectionFixture, epoch: UInt64? = nil, _ selection: StateCommands.Selection = .init(step: "alerts")
  ) throws -> [[String: Any]] {
    fixture.output.clear()
    _ = try StateCommands.scan(options(fixture, .json, epoch: epoch), selection, output: fixture.output.take)
    return try fixture.output.text.split(separator: "\n").map {
      try XCTUnwrap(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  private func keys(_ rows: [[String: Any]]) -> Set<String> { Set(rows.map { $0["tailnum"] as? String ?? "(null)" }) }

  func testScanMergesTheRuns() throws {
    let fixture = try filled()
    XCTAssertEqual(keys(try scan(fixture)), ["N1", "N2", "N5", "(null)"])
    XCTAssertEqual(keys(try scan(fixture, epoch: 1)), ["N1", "N2", "N3", "N5"])
    XCTAssertEqual(try scan(fixture, epoch: 1).first { $0["tailnum"] as? String == "N1" }?["totals.count"] as? Int, 1)
  }

  func testARowInFull() throws {
    let fixture = try filled()
    let isThere = try StateCommands.get(
      options(fixture, .json), step: "alerts", key: ["N1"], output: fixture.output.take)
    XCTAssert(isThere)
    XCTAssertEqual(
      fixture.output.text,
      #"{"tailnum":"N1","totals.count":3,"totals.last":"2023-11-14T22:13:20.000250Z","#
        + #""totals@expires":"2023-11-14T22:13:20.000001Z","note":"late \"again\"\n","note@expires":null,"#
        + #""seen":[1,{"base64":"/w=="},"text"],"seen@expires":null,"#
        + #""by":[{"key":"EWR","value":7},{"key":"JFK","value":{"base64":"AQ=="}}],"by@expires":null,"#
        + #""timers":[{"kind":"event","time":"2023-11-14T22:13:20Z"},{"kind":"processing","#
        + #""time":"1969-12-31T23:59:59.999999Z"}]}"# + "\n")
  }

  func testGet() throws {
    let fixture = try filled()
    func get(_ key: String, epoch: UInt64? = nil) throws -> String? {
      fixture.output.clear()
      let isThere = try StateCommands.get(
        options(fixture, .table, epoch: epoch), step: "alerts", key: [key], output: fixture.output.take)
      return isThere ? fixture.output.text : nil
    }
    XCTAssertEqual(
      try get("N2"),
      """
      column        value
      tailnum       N2
      totals.count  2
      totals.last   2023-11-14T22:13:20Z

      """)
    XCTAssertEqual(
      try get("N5"), "column   value\ntailnum  N5\nnote     kept\n", "a state whose time is over is gone")
    XCTAssertEqual(
      try get("null"), "column        value\ntotals.count  5\ntotals.last   2023-11-14T22:13:20Z\n")
    XCTAssertNil(try get("N3"), "removed")
    XCTAssertNotNil(try get("N3", epoch: 1))
    XCTAssertNil(try get("N4"), "expired")
    XCTAssertNil(try get("N9"))
  }

  func testTables() throws {
    let fields = [Field("name", .utf8), Field("count", .int32, nullable: true), Field("none", .bool, nullable: true)]
    let rows: [[Scalar]] = [[.text("a\tü"), .integer(5), .null], [.text("long text"), .null, .null]]
    XCTAssertEqual(TextTable(fields, rows).text, "name       count\na\\tü           5\nlong text      -\n")
    XCTAssertEqual(TextTable(fields, rows, limit: 5).text, "name   count\na\\tü       5\nlong…      -\n")
    XCTAssertEqual(TextTable(fields, []).text, "name  count  none\n")
  }

  func testArrowStreamsOfManyRows() throws {
    let output = InspectionFixture.Output()
    let printer = try RowPrinter([Field("n", .int32)], format: .arrow, output: output.take)
    for number in 0..<5000 { try printer.add([.integer(Int64(number))]) }
    try printer.finish()
    // Each message begins with the mark and its size; the end is the mark with size 0.
    var (place, messages) = (0, 0)
    while place + 8 <= output.bytes.count {
      XCTAssertEqual(Array(output.bytes[place..<place + 4]), [255, 255, 255, 255])
      let size = output.bytes[place + 4..<place + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
      if size == 0 { break }
      messages += 1
      let rows = messages == 2 ? 4096 : messages == 3 ? 904 : 0
      place += 8 + size + (rows * 4 + 7) / 8 * 8
    }
    XCTAssertEqual(messages, 3, "a schema and two batches")
    XCTAssertEqual(place + 8, output.bytes.count)
  }

  func testSelection() throws {
    let fixture = try filled()
    XCTAssertEqual(keys(try scan(fixture, .init(step: "alerts", state: "note"))), ["N1", "N5"])
    let row = try XCTUnwrap(try scan(fixture, .init(step: "alerts", state: "note")).first)
    XCTAssertEqual(Set(row.keys), ["tailnum", "note", "note@expires"])
    XCTAssertEqual(try scan(fixture, .init(step: "alerts", limit: 3)).count, 3)
    XCTAssertEqual(try scan(fixture, .init(step: "alerts", limit: 0)).count, 0)
    var sum = 0
    for group in 0..<8 { sum += try scan(fixture, .init(step: "alerts", keyGroups: group...group)).count }
    XCTAssertEqual(sum, 4)
    let format = options(fixture, .json)
    XCTAssertTrue(try StateCommands.scan(format, .init(step: "alerts", limit: 3)) { _ in })
    XCTAssertFalse(try StateCommands.scan(format, .init(step: "alerts", limit: 4)) { _ in })
  }

  func testStateList() throws {
    let fixture = try filled()
    try StateCommands.list(options(fixture, .table), output: fixture.output.take)
    let sizes = try ["1-0.run", "2-0.run", "2-1.run"].map {
      try FileManager.default.attributesOfItem(atPath: fixture.store.runPath($0))[.size] as? Int ?? 0
    }
    let size = "\(sizes.reduce(0, +))"
    XCTAssertEqual(
      fixture.output.text,
      """
      step    state   kind      type                                            version  keys  size_bytes
      alerts  totals  value     struct<count: int64, last: timestamp[us, UTC]>        1     3          48
      alerts  note    bytes     utf8                                                  2     2          17
      alerts  seen    list      int16                                                 1     1           7
      alerts  by      map       utf8 to int64                                         1     1          15
      alerts  -       timers    -                                                     -     1           -
      alerts  -       all keys  -                                                     -     4  \(pad(size, 10))
      alerts  -       private   -                                                     -     -           3

      """)
  }

  private func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  func testKeysThatTheManifestDoesNotDescribe() throws {
    let fixture = try filled()
    var manifest = try fixture.store.manifest(of: 2).manifest
    manifest.epoch = 3
    manifest.steps[1].key = "struct<what is this>"
    manifest.stateFiles.removeAll { $0.kind == .own }
    try fixture.store.startEpoch(3)
    _ = try fixture.store.writeManifest(manifest)
    try fixture.store.markCommitted(3)
    let keys = try scan(fixture).map { ($0["key"] as? [String: String])?["base64"] }
    XCTAssertEqual(
      Set(keys), Set(["N1", "N2", "N5", "null"].map { Data(InspectionFixture.key($0)).base64EncodedString() }))
    XCTAssertThrowsError(
      try StateCommands.get(options(fixture, .json), step: "alerts", key: ["N1"], output: fixture.output.take)
    ) { XCTAssert("\($0)".contains("does not say what the keys"), "\($0)") }
  }

  func testWrongNames() throws {
    let fixture = try filled()
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "no error"
      } catch { return "\(error)".replacingOccurrences(of: fixture.job, with: "DIR") }
    }
    XCTAssertEqual(
      message { _ = try scan(fixture, .init(step: "alert")) },
      "there is no step \"alert\"; with state there are: alerts [no-such-step]")
    XCTAssertEqual(
      message { _ = try scan(fixture, .init(step: "alerts", state: "total")) },
      "step \"alerts\" has no state \"total\"; there are: totals, note, seen, by [no-such-state]")
    XCTAssertEqual(
      message { _ = try scan(fixture, .init(step: "alerts", keyGroups: 7...8)) },
      "the job has the key groups 0 to 7 [no-such-group]")
    XCTAssertEqual(
      message { _ = try scan(fixture, epoch: 7) }, "DIR has no epoch 7; there are: 1, 2 [no-such-epoch]")
    XCTAssertEqual(
      message { _ = try StateCommands.get(options(fixture, .json), step: "alerts", key: []) { _ in } },
      "step \"alerts\": the key has 1 columns (tailnum: utf8?), found 0 [wrong-key]")
  }

  func testDirectories() throws {
    let fixture = try filled()
    let manager = FileManager.default
    for directory in [fixture.root, "file://\(fixture.job)", fixture.job + "/"] {
      XCTAssertEqual(try CheckpointStore(inspecting: directory).directory, fixture.job)
    }
    let copy = "\(fixture.root)/backup"
    try manager.copyItem(atPath: fixture.job, toPath: copy)
    XCTAssertThrowsError(try CheckpointStore(inspecting: fixture.root)) {
      XCTAssert("\($0)".contains("2 jobs are here: backup, fraud. Name the directory of one"), "\($0)")
    }
    XCTAssertNoThrow(try CheckpointStore(inspecting: copy).manifest(of: 2), "a copy has the job's name inside")
    XCTAssertThrowsError(try CheckpointStore(inspecting: "\(fixture.root)/nowhere"))
    XCTAssertThrowsError(try CheckpointStore(inspecting: "\(fixture.job)/state")) {
      XCTAssert("\($0)".contains("no checkpoints of a job are here"), "\($0)")
    }
  }

  func testTheNewestThatCountsIsTaken() throws {
    let fixture = try filled()
    try fixture.store.startEpoch(3)
    try fixture.store.startEpoch(4)
    _ = try fixture.store.writeManifest(fixture.manifest(4, []))
    func epoch(_ wanted: UInt64? = nil) throws -> UInt64 {
      try Inspection.reading(fixture.job, epoch: wanted) { $0.epoch }
    }
    XCTAssertEqual(try epoch(), 2)
    XCTAssertEqual(try epoch(4), 4)
    XCTAssertThrowsError(try epoch(3), "it has no manifest")
    let empty = try InspectionFixture()
    try empty.store.startEpoch(1)
    XCTAssertThrowsError(try Inspection.reading(empty.job, epoch: nil) { _ in }) {
      XCTAssert("\($0)".contains("has no committed checkpoint yet"), "\($0)")
    }
  }

  func testACheckpointThatIsRemovedWhileItIsRead() throws {
    let fixture = try filled()
    var seen: [UInt64] = []
    /// As a running job does it: the newest goes while it is read, and there is a newer one.
    func read(_ epoch: UInt64?) throws {
      try Inspection.reading(fixture.job, epoch: epoch) { checkpoint in
        seen.append(checkpoint.epoch)
        guard checkpoint.epoch == 2 else { return }
        try fixture.store.startEpoch(3)
        _ = try fixture.store.writeManifest(fixture.manifest(3, []))
        try fixture.store.markCommitted(3)
        try FileManager.default.removeItem(atPath: fixture.store.path(of: 2))
        throw RunError(path: "a run", reason: "the file is missing", isDamage: true)
      }
    }
    try read(nil)
    XCTAssertEqual(seen, [2, 3])
    let other = try filled()
    XCTAssertThrowsError(
      try Inspection.reading(other.job, epoch: 2) { _ in
        try FileManager.default.removeItem(atPath: other.store.path(of: 2))
        throw RunError(path: "a run", reason: "the file is missing", isDamage: true)
      }, "the epoch that was asked for is gone"
    ) { XCTAssertEqual("\($0)", "a run: the file is missing [checkpoint-damaged]") }
  }

  func testNothingIsChanged() throws {
    let fixture = try filled()
    let trash = "\(fixture.job)/.trash-x"
    try FileManager.default.createDirectory(atPath: trash, withIntermediateDirectories: true)
    func tree() throws -> [String] { try FileManager.default.subpathsOfDirectory(atPath: fixture.root).sorted() }
    let before = try tree()
    _ = try scan(fixture)
    try CheckpointCommands.list(directory: fixture.job, format: .json) { _ in }
    _ = try CheckpointCommands.verify(directory: fixture.job, epoch: nil) { _ in }
    XCTAssertEqual(try tree(), before)
  }
}
