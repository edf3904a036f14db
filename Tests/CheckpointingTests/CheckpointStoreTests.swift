import Checkpointing
import Foundation
import XCTest

final class CheckpointStoreTests: XCTestCase {
  private var directory: TemporaryDirectory!
  private var location: String { "file://\(directory.path)/store" }

  override func setUpWithError() throws { directory = try TemporaryDirectory() }
  override func tearDown() { directory = nil }

  private func open() throws -> CheckpointStore { try CheckpointStore(location: location, job: "fraud") }

  /// Writes a checkpoint with private bytes and one run, its own or one that another lists too. Gives the run.
  @discardableResult
  private func write(_ store: CheckpointStore, _ epoch: UInt64, marked: Bool = true, run: Manifest.StateFile? = nil)
    throws -> Manifest.StateFile
  {
    try store.startEpoch(epoch)
    let own = try Array("state of \(epoch)".utf8).withUnsafeBytes {
      try store.writeOwn($0, epoch: epoch, step: "alerts", worker: 0, name: "own-alerts-0")
    }
    let run = try run ?? store.putRun("run-\(epoch)")
    let digest = try store.writeManifest(.sample(epoch: epoch, files: [own, run]))
    XCTAssertEqual(try store.manifest(of: epoch).digest, digest)
    if marked { try store.markCommitted(epoch) }
    return run
  }

  private func damage(_ path: String, _ change: (inout Data) -> Void) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    change(&data)
    try data.write(to: URL(fileURLWithPath: path))
  }

  func testReadsBackAndLists() throws {
    let store = try open()
    try write(store, 1)
    try write(store, 2, marked: false)
    try store.startEpoch(3)
    let list = try store.list()
    XCTAssertEqual(list.map(\.epoch), [1, 2, 3])
    XCTAssertEqual(list.map(\.isMarked), [true, false, false])
    XCTAssertEqual(list[2].condition, .unfinished)
    let (manifest, digest) = try store.load(2)
    XCTAssertEqual(list[1].condition, .intact(digest: digest, commitPoint: .transaction))
    XCTAssertEqual(try store.readOwn(manifest.stateFiles[0], epoch: 2), Array("state of 2".utf8))
    XCTAssert(FileManager.default.fileExists(atPath: "\(store.directory)/epoch-00000000000000000002/manifest.json"))
  }

  func testALeftoverIsReplacedAndACommittedEpochIsNot() throws {
    let store = try open()
    try write(store, 1, marked: false)
    try store.startEpoch(1)
    XCTAssertEqual(try store.list().map(\.condition), [.unfinished])
    try write(store, 1)
    XCTAssertThrowsError(try store.startEpoch(1)) { XCTAssert("\($0)".contains("is committed")) }
  }

  func testDamageIsFoundAndNamed() throws {
    let store = try open()
    let damages: [(String, (inout Data) -> Void, String)] = [
      ("manifest.json", { $0[$0.count / 2] ^= 1 }, "checksum mismatch"),
      ("manifest.json", { $0 = Data() }, "not a complete manifest"),
      ("own-alerts-0", { $0[0] ^= 1 }, "checksum mismatch"),
      ("own-alerts-0", { $0.removeLast() }, "bytes instead of"),
    ]
    for (offset, (file, change, reason)) in damages.enumerated() {
      let epoch = UInt64(offset + 1)
      try write(store, epoch)
      try damage("\(store.path(of: epoch))/\(file)", change)
      guard case .damaged(let text)? = try store.list().last?.condition else { return XCTFail("took \(file)") }
      XCTAssert(text.contains(file) && text.contains(reason), text)
    }
    try write(store, 9)
    try FileManager.default.removeItem(atPath: "\(store.path(of: 9))/own-alerts-0")
    XCTAssertThrowsError(try store.load(9)) { XCTAssert("\($0)".contains("missing")) }
    try FileManager.default.removeItem(atPath: "\(store.path(of: 9))/manifest.json")
    guard case .damaged? = try store.list().last?.condition else { return XCTFail("marked, so there was a manifest") }
  }

  func testAnotherEpochsOrJobsManifestIsRefused() throws {
    let store = try open()
    try write(store, 1)
    try FileManager.default.copyItem(atPath: store.path(of: 1), toPath: store.path(of: 5))
    XCTAssertThrowsError(try store.load(5)) { XCTAssert("\($0)".contains("is of epoch 1")) }
    let other = try CheckpointStore(location: location, job: "other")
    try FileManager.default.copyItem(atPath: store.path(of: 1), toPath: other.path(of: 1))
    XCTAssertThrowsError(try other.load(1)) { XCTAssert("\($0)".contains("of job fraud")) }
  }

  func testBadLocationsAndNames() throws {
    for place in ["s3://bucket", "/var/lib", "file://relative", "file://"] {
      XCTAssertThrowsError(try CheckpointStore(location: place, job: "a"), place)
    }
    for job in ["", "..", "a/b", ".x"] { XCTAssertThrowsError(try CheckpointStore(location: location, job: job), job) }
    let store = try open()
    try store.startEpoch(1)
    for name in ["committed", "manifest.json", "manifest.json.tmp", "../x"] {
      XCTAssertThrowsError(
        try store.writeOwn(UnsafeRawBufferPointer(start: nil, count: 0), epoch: 1, step: "a", worker: 0, name: name))
    }
  }

  func testRetention() throws {
    let store = try open()
    for epoch: UInt64 in 1...5 { try write(store, epoch) }
    try write(store, 6, marked: false)
    XCTAssertThrowsError(try store.dropBefore(6, keeping: 1))
    XCTAssertEqual(try store.dropBefore(5, keeping: 2), [1, 2, 3])
    XCTAssertEqual(try store.list().map(\.epoch), [4, 5, 6])
    XCTAssertEqual(try store.dropBefore(5, keeping: 0), [4], "the newest stays whatever is asked for")
    XCTAssertNoThrow(try store.load(5))
  }

  private func runs(_ store: CheckpointStore) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: store.runDirectory).sorted()
  }

  func testRunsStayAsLongAsAManifestListsThem() throws {
    let store = try open()
    let base = try write(store, 1)
    try write(store, 2)
    try write(store, 3, run: base)
    try store.putRun("of-nobody")
    try store.dropBefore(3, keeping: 1)
    XCTAssertEqual(try store.listedRuns().names, [3: ["run-1"]])
    try store.removeUnlistedRuns()
    XCTAssertEqual(try runs(store), ["run-1"])
    XCTAssertNoThrow(try store.load(3))
    try write(store, 4)
    try store.putRun("of-nobody")
    try damage("\(store.path(of: 4))/manifest.json") { $0 = Data() }
    try store.removeUnlistedRuns()
    XCTAssertEqual(try runs(store), ["of-nobody", "run-1", "run-4"], "what can't be read may list anything")
  }

  func testRunsOfWhatWasSetAsideStay() throws {
    let store = try open()
    try write(store, 1)
    try write(store, 2)
    try store.discardAfter(1)
    try store.removeUnlistedRuns()
    XCTAssertEqual(try runs(store), ["run-1", "run-2"])
  }

  func testARunThatIsGoneOrCutIsNamed() throws {
    let store = try open()
    try write(store, 1)
    try damage(store.runPath("run-1")) { $0.removeLast() }
    XCTAssertThrowsError(try store.load(1)) { XCTAssert("\($0)".contains("run-1: has 3 bytes instead of 4"), "\($0)") }
    try store.removeRuns(["run-1"])
    XCTAssertThrowsError(try store.load(1)) { XCTAssert("\($0)".contains("missing"), "\($0)") }
  }

  func testDiscardSetsCommittedOnesAside() throws {
    let store = try open()
    for epoch: UInt64 in 1...3 { try write(store, epoch, marked: epoch < 3) }
    try store.startEpoch(4)
    try store.discardAfter(1)
    XCTAssertEqual(try store.epochs(), [1])
    let names = try FileManager.default.contentsOfDirectory(atPath: store.directory).sorted()
    XCTAssertEqual(names, ["epoch-00000000000000000001", "set-aside-epoch-00000000000000000002", "state"])
    try write(store, 2)
    try store.discardAfter(1)
    XCTAssertEqual(try store.epochs(), [1])
  }
}

extension CheckpointStore {
  /// A file in the place of a run.
  @discardableResult
  func putRun(_ name: String) throws -> Manifest.StateFile {
    let output = try createRun(name)
    try [1, 2, 3, 4].withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
      try output.write(UnsafeRawBufferPointer(rebasing: bytes[0..<4]))
    }
    try output.finish()
    return .init(
      step: "alerts", worker: 0, kind: .run, name: name, size: 4, sha256: SHA256.hex([1]), keyGroups: .init(0..<64))
  }
}
