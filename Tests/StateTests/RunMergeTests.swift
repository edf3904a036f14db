import Columnar
import MillraceTesting
import State
import XCTest

/// Merged runs say what the newest of them says of each key.
final class RunMergeTests: XCTestCase {
  private var paths: [RunPath] = []

  /// Readers of runs, newest first as given.
  private func open(_ runs: [[OwnedEntry]], blockSize: Int) throws -> [RunReader] {
    try runs.map { entries in
      let path = RunPath()
      paths.append(path)
      try path.write(makeRun(of: entries, blockSize: blockSize).bytes)
      return try path.open()
    }
  }

  private func merged(_ cursors: [RunCursor], droppingAt_us now_us: Int64? = nil) throws -> [OwnedEntry] {
    var merger = RunMerger(cursors, droppingAt_us: now_us)
    var found: [OwnedEntry] = []
    while let entry = try merger.next() { found.append(OwnedEntry(entry)) }
    XCTAssertNil(try merger.next(), "the end stays")
    return found
  }

  /// What a merge should give.
  private func model(_ runs: [[OwnedEntry]]) -> [OwnedEntry] {
    var newest: [[UInt8]: OwnedEntry] = [:]
    for run in runs.reversed() { for entry in run { newest[entry.key] = entry } }
    return newest.values.sorted { $0.precedes($1) }
  }

  func testAgainstAModel() throws {
    var random = SimulationRandom(seed: testSeed())
    for round in 0..<60 {
      let keys = 1 + random.below(400)
      let runs = (0..<random.below(round % 10 == 0 ? 61 : 6)).map { _ in random.entries(random.below(200), keys: keys) }
      let readers = try open(runs, blockSize: [1, 100, 5000][random.below(3)])
      XCTAssertEqual(try merged(readers.map { $0.entries() }), model(runs))
      let present = model(runs).filter { $0.record != nil }
      XCTAssertEqual(try merged(readers.map { $0.entries() }, droppingAt_us: 0), present)
      let some = try merged(readers.map { $0.entries(keyGroups: 3..<5, keyGroupCount: 8) })
      XCTAssertEqual(some, model(runs).filter { (3..<5).contains(keyGroup(hash: $0.hash, count: 8)) })
      paths = []
    }
  }

  func testKeysOfOneHash() throws {
    var random = SimulationRandom(seed: testSeed())
    let runs = (0..<10).map { run in
      collidingKeys(100).filter { _ in random.once(in: 2) }.map { OwnedEntry($0, [UInt8(run)]) }
    }
    XCTAssertEqual(try merged(open(runs, blockSize: 60).map { $0.entries() }), model(runs))
  }

  func testNoRun() throws {
    XCTAssertEqual(try merged([]), [])
    XCTAssertEqual(try merged(open([[], []], blockSize: 1).map { $0.entries() }), [])
  }

  func testExpiredRecordsAreDropped() throws {
    // 300 as LEB128, then as five bytes, then 2^63.
    let expiring = [0xac, 0x02, 9] as [UInt8]
    let far = [UInt8](repeating: 0x80, count: 9) + [1]
    let newer = [OwnedEntry([1], expiring), OwnedEntry([2], [0, 9]), OwnedEntry([3], far), OwnedEntry([4], [])]
    let older = [OwnedEntry([1], [0, 7]), OwnedEntry([5], expiring), OwnedEntry([6], [0x80])]
    let readers = try open([newer, older], blockSize: 1)
    func keys(at now_us: Int64?) throws -> Set<[UInt8]> {
      Set(try merged(readers.map { $0.entries() }, droppingAt_us: now_us).map(\.key))
    }
    let never: Set<[UInt8]> = [[2], [3], [4], [6]]
    XCTAssertEqual(try keys(at: nil), never.union([[1], [5]]))
    XCTAssertEqual(try keys(at: 299), never.union([[1], [5]]))
    XCTAssertEqual(try keys(at: 300), never, "nor does the older record of the key come back")
    XCTAssertEqual(try keys(at: .max), never)
    XCTAssertEqual(try keys(at: -1), never.union([[1], [5]]))
  }

  func testDamageComesOut() throws {
    let (bytes, _) = try makeRun(of: (0..<200).map { OwnedEntry([UInt8($0)], [0, 1, 2]) }, blockSize: 50)
    let path = RunPath()
    var damaged = bytes
    damaged[bytes.count / 4] ^= 1
    try path.write(damaged)
    let whole = try open([[OwnedEntry([1], nil)]], blockSize: 50)
    XCTAssertThrowsError(try merged([whole[0].entries(), path.open().entries()])) {
      XCTAssert("\($0)".contains("checksum mismatch in block"), "\($0)")
    }
  }
}
