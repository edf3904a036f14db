import Foundation
import XCTest

@testable import Checkpointing

/// Outboxes in the store and in manifests, and when a start sends one.
final class OutboxTests: XCTestCase {
  private var directory: TemporaryDirectory!

  override func setUpWithError() throws { directory = try TemporaryDirectory() }
  override func tearDown() { directory = nil }

  private func open() throws -> CheckpointStore {
    try CheckpointStore(location: "file://\(directory.path)/store", job: "fraud")
  }

  /// Writes an outbox of the bytes into the directory of an epoch.
  private func put(_ text: String, _ name: String, _ epoch: UInt64, _ store: CheckpointStore) throws -> Manifest.Outbox
  {
    let file = try store.createOutbox(name, epoch: epoch)
    try Array(text.utf8).withUnsafeBytes { try file.write($0) }
    try file.finish()
    return .init(
      connection: "far-\(name)", name: name, rowCount: 1, size: Int64(text.utf8.count),
      sha256: SHA256.hex(Array(text.utf8)))
  }

  func testAnOutboxLivesAndDiesWithItsCheckpoint() throws {
    let store = try open()
    for epoch in UInt64(1)...3 {
      let box = try put("rows of \(epoch)", "outbox-1", epoch, store)
      try store.startEpoch(epoch, keeping: [box.name])
      var manifest = Manifest.sample(epoch: epoch, files: [])
      manifest.outboxes = [box]
      _ = try store.writeManifest(manifest)
      XCTAssertEqual(try store.manifest(of: epoch).manifest.outbox(for: "far-outbox-1"), box)
      XCTAssertNil(try store.manifest(of: epoch).manifest.outbox(for: "near"))
      try store.check(box, epoch: epoch)
      try store.markCommitted(epoch)
      try store.dropBefore(epoch, keeping: 2)
    }
    XCTAssertFalse(FileManager.default.fileExists(atPath: store.outboxPath("outbox-1", epoch: 1)))
    XCTAssertTrue(FileManager.default.fileExists(atPath: store.outboxPath("outbox-1", epoch: 2)))
    XCTAssertThrowsError(try store.createOutbox("outbox-1", epoch: 3), "a committed epoch is not written again")
    _ = try put("leftover", "outbox-1", 4, store)
    XCTAssertEqual(try store.list().last?.condition, .unfinished)
    try store.discardAfter(3)
    XCTAssertEqual(try store.epochs(), [2, 3])
  }

  func testWhatATryLeftGoesAndTheOutboxStays() throws {
    let store = try open()
    let box = try put("rows", "outbox-1", 1, store)
    for _ in 1...2 {
      try store.startEpoch(1, keeping: [box.name])
      XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: store.path(of: 1)), ["outbox-1"])
      _ = try store.writeOwn(.init(start: nil, count: 0), epoch: 1, step: "a", worker: 0, name: "own-a-0")
      var manifest = Manifest.sample(epoch: 1, files: [])
      manifest.outboxes = [box]
      _ = try store.writeManifest(manifest)
    }
  }

  func testDamageIsFound() throws {
    let store = try open()
    let box = try put("rows", "outbox-1", 1, store)
    try store.startEpoch(1, keeping: [box.name])
    var manifest = Manifest.sample(epoch: 1, files: [])
    manifest.outboxes = [box]
    _ = try store.writeManifest(manifest)
    let url = URL(fileURLWithPath: store.outboxPath(box.name, epoch: 1))
    try Data("rowz".utf8).write(to: url)
    XCTAssertThrowsError(try store.check(box, epoch: 1)) { XCTAssert("\($0)".contains("checksum mismatch"), "\($0)") }
    try Data("row".utf8).write(to: url)
    for check in [{ try store.check(box, epoch: 1) }, { _ = try store.load(1) }] {
      XCTAssertThrowsError(try check()) { XCTAssert("\($0)".contains("has 3 bytes instead of 4"), "\($0)") }
    }
    try FileManager.default.removeItem(at: url)
    XCTAssertThrowsError(try store.load(1)) { XCTAssert("\($0)".contains("is missing"), "\($0)") }
  }

  func testManifestsThatCanNotBeRightAreRefused() throws {
    let good = Manifest.Outbox(
      connection: "far", name: "outbox-1", rowCount: 2, size: 9, sha256: String(repeating: "a", count: 64))
    func refusal(_ boxes: [Manifest.Outbox]) throws -> String? {
      var manifest = Manifest.sample(epoch: 1, files: [])
      manifest.outboxes = boxes
      do {
        let read = try Manifest(checking: manifest.encoded(), path: "m")
        XCTAssertEqual(read, manifest)
        return nil
      } catch { return "\(error)" }
    }
    func changed(_ change: (inout Manifest.Outbox) -> Void) -> [Manifest.Outbox] {
      var box = good
      change(&box)
      return [box]
    }
    XCTAssertNil(try refusal([good]))
    for (boxes, sign) in [
      (changed { $0.name = "../x" }, "not a plain file name"), (changed { $0.sha256 = "x" }, "not a SHA-256"),
      (changed { $0.size = -1 }, "-1 bytes"), (changed { $0.rowCount = 10 }, "10 rows"),
      ([good, good], "listed twice"),
    ] {
      let text = try refusal(boxes)
      XCTAssert(text?.contains(sign) == true, "\(text ?? "taken") instead of \(sign)")
    }
  }

  // MARK: - When to send

  private func decide(
    _ epoch: UInt64, _ record: UInt64?, isMarked: Bool = false, hasRows: Bool = true, digest: String = "d",
    isAssumed: Bool = false
  ) throws -> OutboxDecision {
    try Recovery.decide(
      outboxFor: "far", start: CommitRecord(epoch: epoch, digest: epoch == 0 ? "" : "d"), isMarked: isMarked,
      hasRows: hasRows, record: record.map { CommitRecord(epoch: $0, digest: $0 == 0 ? "" : digest) },
      isAssumed: isAssumed)
  }

  func testAnOutboxIsSentIfTheRecordIsBehindAndTheEpochNotMarked() throws {
    XCTAssertEqual(try decide(7, 6), .send)
    XCTAssertEqual(try decide(7, 3), .send)
    XCTAssertEqual(try decide(7, 7), .nothing)
    XCTAssertEqual(try decide(7, 6, isMarked: true), .record, "it is marked after it was sent")
    XCTAssertEqual(try decide(7, 6, hasRows: false), .record)
    XCTAssertEqual(try decide(7, nil, isMarked: true), .record, "Kafka forgot the record")
    XCTAssertEqual(try decide(7, 7, isMarked: true, digest: "of another run"), .record)
    XCTAssertEqual(try decide(0, nil, isMarked: true, hasRows: false), .record, "a fresh start")
    XCTAssertEqual(try decide(0, 0, isMarked: true, hasRows: false), .nothing)
  }

  func testWhatOnlyAPersonCanTell() throws {
    for (record, sign) in [(nil, "no commit record"), (8, "not of this run")] as [(UInt64?, String)] {
      XCTAssertThrowsError(try decide(7, record)) { XCTAssert("\($0)".contains(sign), "\($0)") }
      XCTAssertEqual(try decide(7, record, isAssumed: true), .record)
    }
    XCTAssertThrowsError(try decide(7, 8, isMarked: true))
    XCTAssertThrowsError(try decide(7, 7, digest: "of another run"))
    XCTAssertThrowsError(try decide(0, 57, isMarked: true, hasRows: false))
    XCTAssertEqual(try decide(7, 6, isAssumed: true), .send, "what is known is not assumed")
  }

  func testRowsForAClusterThatIsGoneAreNotForgotten() throws {
    var manifest = Manifest.sample(epoch: 7, files: [])
    manifest.outboxes = [
      .init(connection: "far", name: "outbox-1", rowCount: 2, size: 9, sha256: String(repeating: "a", count: 64))
    ]
    func check(_ isMarked: Bool, _ connections: [String], _ isAssumed: Bool = false) throws {
      try Recovery.checkOutboxes(of: manifest, isMarked: isMarked, connections: connections, isAssumed: isAssumed)
    }
    XCTAssertThrowsError(try check(false, ["other"])) { XCTAssert("\($0)".contains("2 rows"), "\($0)") }
    try check(false, ["far"])
    try check(true, [])
    try check(false, [], true)
  }
}
