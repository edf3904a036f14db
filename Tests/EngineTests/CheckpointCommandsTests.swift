import Checkpointing
import Foundation
import State
import XCTest

@testable import Engine

/// What `millrace checkpoints` says.
final class CheckpointCommandsTests: XCTestCase {
  private func filled() throws -> InspectionFixture {
    let fixture = try InspectionFixture()
    try fixture.fill()
    return fixture
  }

  func testList() throws {
    let fixture = try filled()
    try fixture.store.startEpoch(3)
    try fixture.store.startEpoch(4)
    _ = try fixture.store.writeManifest(fixture.manifest(4, []))
    var byManifest = fixture.manifest(5, [])
    byManifest.commitPoint = .manifest
    try fixture.store.startEpoch(5)
    _ = try fixture.store.writeManifest(byManifest)
    try fixture.store.startEpoch(6)
    try Data("{}".utf8).write(to: URL(fileURLWithPath: fixture.store.path(of: 6) + "/manifest.json"))
    try CheckpointCommands.list(directory: fixture.job, format: .json, output: fixture.output.take)
    let rows = try fixture.output.text.split(separator: "\n").map {
      try XCTUnwrap(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    XCTAssertEqual(rows.map { $0["epoch"] as? Int }, [1, 2, 3, 4, 5, 6])
    XCTAssertEqual(
      rows.map { $0["condition"] as? String },
      ["committed", "committed", "unfinished", "prepared", "committed", "damaged"])
    XCTAssertEqual(rows[1]["files"] as? Int, 4)
    let sizes = try fixture.store.manifest(of: 2).manifest.stateFiles.map(\.size)
    XCTAssertEqual(rows[1]["size_bytes"] as? Int64, sizes.reduce(0, +))
    XCTAssertEqual(rows[1]["guarantee"] as? String, "exactly_once")
    XCTAssertEqual(rows[1]["created"] as? String, "2023-11-14T22:13:20Z")
    XCTAssertGreaterThan(rows[1]["age_s"] as? Int ?? 0, 1000)
    XCTAssert((rows[5]["problem"] as? String ?? "").contains("not a complete manifest"))
  }

  func testShow() throws {
    let fixture = try filled()
    try CheckpointCommands.show(directory: fixture.job, epoch: nil, asJSON: false, output: fixture.output.take)
    let text = fixture.output.text
    for wanted in [
      "epoch 2 of job fraud, committed\n", "  created      2023-11-14T22:13:20Z, ", "by engine 0.0.1\n",
      "  guarantee    exactly_once, committed by its Kafka transaction\n", "  key groups   8, parallelism 2\n",
      "\nplugins\n", "  alerts  x.alerts  1.2.0             1  aaaaaaaaaaaaaaaa…\n",
      "  in    flights          0           42  2023-11-14T22:13:20Z\n",
      "  in    flights          1            0  -\n", "\nsplits\n", "  generated  split-0     7\n",
      "  alerts  struct<tailnum: utf8?>  by      map          1  utf8 to int64", "\nstate files\n",
      "  alerts       0  run   0-7  ", "  alerts       0  own   -                    3  own-alerts-0\n",
    ] { XCTAssert(text.contains(wanted), "\(wanted) in\n\(text)") }
    fixture.output.clear()
    try CheckpointCommands.show(directory: fixture.job, epoch: 1, asJSON: true, output: fixture.output.take)
    let manifest = try JSONDecoder().decode(Manifest.self, from: Data(fixture.output.text.utf8))
    XCTAssertEqual(manifest, try fixture.store.manifest(of: 1).manifest)
  }

  private func verify(_ fixture: InspectionFixture, _ epoch: UInt64? = nil) throws -> (isClean: Bool, text: String) {
    fixture.output.clear()
    let isClean = try CheckpointCommands.verify(directory: fixture.job, epoch: epoch, output: fixture.output.take)
    return (isClean, fixture.output.text.replacingOccurrences(of: fixture.job, with: "DIR"))
  }

  private func change(_ path: String, _ body: (inout [UInt8]) -> Void) throws {
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    body(&bytes)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  func testVerify() throws {
    let fixture = try filled()
    let manifest = try fixture.store.manifest(of: 2).manifest
    let (first, all) = (manifest.stateFiles[0].size, manifest.stateFiles.reduce(0) { $0 + $1.size })
    let intact =
      "epoch 1: intact: 1 files, \(first) bytes\nepoch 2: intact: 4 files, \(all) bytes\n2 intact, 0 damaged\n"
    XCTAssertEqual(try verify(fixture).text, intact)
    XCTAssert(try verify(fixture, 1).isClean)

    try change(fixture.store.runPath("2-0.run")) { $0[12] ^= 1 }
    let (isClean, text) = try verify(fixture)
    XCTAssertFalse(isClean)
    XCTAssertEqual(
      text,
      "epoch 1: intact: 1 files, \(first) bytes\nepoch 2: damaged\n"
        + "  DIR/state/2-0.run: checksum mismatch in block 0 at byte 8\n1 intact, 1 damaged\n")
    XCTAssert(try verify(fixture, 1).isClean)
    XCTAssertThrowsError(try verify(fixture, 3))
  }

  func testEveryFlippedByteIsFound() throws {
    let fixture = try filled()
    let files = try fixture.store.manifest(of: 2).manifest.stateFiles.map { file in
      file.kind == .run ? fixture.store.runPath(file.name) : "\(fixture.store.path(of: 2))/\(file.name)"
    }
    for path in files {
      let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
      for place in 0..<size {
        try change(path) { $0[place] ^= 1 }
        let (isClean, text) = try verify(fixture, 2)
        XCTAssertFalse(isClean, "byte \(place) of \(path)")
        XCTAssert(text.contains(path.replacingOccurrences(of: fixture.job, with: "DIR")), text)
        try change(path) { $0[place] ^= 1 }
      }
    }
    XCTAssert(try verify(fixture).isClean)
    try change("\(fixture.store.path(of: 2))/manifest.json") { $0[500] ^= 1 }
    XCTAssert(try verify(fixture, 2).text.contains("manifest.json: checksum mismatch"))
  }

  func testMissingFilesAndForeignRuns() throws {
    let fixture = try filled()
    // A run that is whole in itself, but not the one that was written.
    let other = try fixture.write("other.run", ["N1": InspectionFixture.record(count: 8)], worker: 0, groups: 0..<8)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture.store.runPath(other.name)))
    try bytes.write(to: URL(fileURLWithPath: fixture.store.runPath("2-1.run")))
    try FileManager.default.removeItem(atPath: fixture.store.runPath("1-0.run"))
    let text = try verify(fixture, 2).text
    XCTAssert(text.contains("DIR/state/1-0.run: the file is missing"), text)
    XCTAssert(text.contains("DIR/state/2-1.run: "), text)
  }

  func testRecordsOfOtherStates() throws {
    let fixture = try filled()
    let file = try fixture.write("3-0.run", ["N1": [0, 1, 0, 1, 7, 0, 0, 0, 0]], worker: 0, groups: 0..<8)
    try fixture.store.startEpoch(3)
    _ = try fixture.store.writeManifest(fixture.manifest(3, [file]))
    try fixture.store.markCommitted(3)
    let (isClean, text) = try verify(fixture, 3)
    XCTAssertFalse(isClean)
    XCTAssert(text.contains("step \"alerts\", key {\"tailnum\":\"N1\"}: the record has a value of 1 bytes"), text)
  }

  func testUnfinishedIsNoDamage() throws {
    let fixture = try filled()
    try fixture.store.startEpoch(3)
    let (isClean, text) = try verify(fixture, 3)
    XCTAssert(isClean)
    XCTAssertEqual(text, "epoch 3: unfinished: it has no manifest\n0 intact, 0 damaged, 1 unfinished\n")
  }
}
