import Columnar
import MillraceTesting
import State
import XCTest

/// What is written into a run is found in it.
final class RunRoundTripTests: XCTestCase {
  private let path = RunPath()

  private func open(_ entries: [OwnedEntry], blockSize: Int = RunWriter.blockSize) throws -> RunReader {
    let (bytes, summary) = try makeRun(of: entries, blockSize: blockSize)
    try path.write(bytes)
    let reader = try path.open()
    XCTAssertEqual(summary.size, bytes.count)
    XCTAssertEqual(summary.entryCount, entries.count)
    XCTAssertEqual(summary.removedCount, entries.count { $0.record == nil })
    XCTAssertEqual(summary.tail, Array(bytes.suffix(summary.tail.count)))
    XCTAssertEqual(reader.tail, summary.tail)
    XCTAssertEqual(reader.size, summary.size)
    XCTAssertEqual(reader.entryCount, summary.entryCount)
    XCTAssertEqual(reader.removedCount, summary.removedCount)
    try reader.verify()
    return reader
  }

  func testAnEmptyRun() throws {
    let reader = try open([])
    XCTAssertEqual(reader.size, 64)
    XCTAssertEqual(try all(reader.entries()), [])
    XCTAssertEqual(try all(reader.entries(keyGroups: 0..<128, keyGroupCount: 128)), [])
    XCTAssertNil(try find([1], in: reader))
  }

  /// The bytes of docs/formats.md, by hand.
  func testTheLayout() throws {
    let (bytes, _) = try makeRun(of: [OwnedEntry([7, 8], [1, 2, 3])])
    XCTAssertEqual(Array(bytes.prefix(8)), Array("millrun1".utf8))
    XCTAssertEqual(Array(bytes[8..<15]), [2, 7, 8, 4, 1, 2, 3])
    XCTAssertEqual(words(bytes[15..<31]), [hashOfKey([7, 8]), 8])
    XCTAssertEqual(Array(bytes[31..<39]), [7, 0, 0, 0, 1, 0, 0, 0])
    XCTAssertEqual(words(bytes[39..<47]), [hashOfKey([2, 7, 8, 4, 1, 2, 3])])
    XCTAssertEqual(
      words(bytes[47..<95]),
      [15, 1, 1, 0, hashOfKey(Array(bytes[15..<47])), hashOfKey(Array(bytes[47..<87]))])
    XCTAssertEqual(Array(bytes[95...]), Array("millend1".utf8))
  }

  private func words(_ bytes: ArraySlice<UInt8>) -> [UInt64] {
    Array(bytes).withUnsafeBytes { raw in
      (0..<raw.count / 8).map { UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
    }
  }

  private func find(_ key: [UInt8], in reader: RunReader) throws -> OwnedEntry? {
    try OwnedEntry(key, nil).withEntry { try reader.find(RunKey(hash: $0.hash, bytes: $0.key)) { OwnedEntry($0) } }
  }

  func testManyBlocks() throws {
    var random = SimulationRandom(seed: testSeed())
    for blockSize in [1, 100, RunWriter.blockSize] {
      let entries = random.entries(5000, keys: 20_000)
      let reader = try open(entries, blockSize: blockSize)
      XCTAssertEqual(try all(reader.entries()), entries.sorted { $0.precedes($1) })
      for entry in entries { XCTAssertEqual(try find(entry.key, in: reader), entry) }
      let keys = Set(entries.map(\.key))
      for _ in 0..<2000 {
        let key = random.bytes(upTo: 3)
        if !keys.contains(key) { XCTAssertNil(try find(key, in: reader), "\(key)") }
      }
    }
  }

  func testOddEntries() throws {
    let large = [UInt8](repeating: 3, count: 200_000)
    let entries = [
      OwnedEntry([], [0]), OwnedEntry([1], []), OwnedEntry([2], nil), OwnedEntry([3], large), OwnedEntry(large, [1]),
      OwnedEntry(large + [1], nil), OwnedEntry([4], [UInt8](repeating: 1, count: 127)),
      OwnedEntry([5], [UInt8](repeating: 1, count: 126)),
    ]
    let reader = try open(entries)
    XCTAssertEqual(try all(reader.entries()), entries.sorted { $0.precedes($1) })
    for entry in entries { XCTAssertEqual(try find(entry.key, in: reader), entry) }
  }

  func testKeysOfOneHash() throws {
    let keys = collidingKeys(300)
    XCTAssertEqual(Set(keys.map(hashOfKey)).count, 1)
    let others = (0..<300).map { OwnedEntry([UInt8($0 & 255), UInt8($0 >> 8)], [9]) }
    let entries = keys.enumerated().map { OwnedEntry($1, $0 % 5 == 0 ? nil : [UInt8($0 & 255)]) } + others
    for blockSize in [1, 50, RunWriter.blockSize] {
      let reader = try open(entries, blockSize: blockSize)
      XCTAssertEqual(try all(reader.entries()), entries.sorted { $0.precedes($1) })
      for entry in entries { XCTAssertEqual(try find(entry.key, in: reader), entry) }
      XCTAssertNil(try find(collidingKeys(301)[300], in: reader))
    }
  }

  func testKeyGroups() throws {
    var random = SimulationRandom(seed: testSeed())
    let entries = random.entries(3000, keys: 100_000).sorted { $0.precedes($1) }
    for blockSize in [1, 200, RunWriter.blockSize] {
      let reader = try open(entries, blockSize: blockSize)
      for count in [1, 3, 7, 128, 32_768] {
        var bounds = [0, count, random.below(count + 1), random.below(count + 1)].sorted()
        bounds = Array(Set(bounds)).sorted()
        for (first, last) in zip(bounds, bounds.dropFirst()) {
          let wanted = entries.filter { (first..<last).contains(keyGroup(hash: $0.hash, count: count)) }
          XCTAssertEqual(try all(reader.entries(keyGroups: first..<last, keyGroupCount: count)), wanted)
        }
        XCTAssertEqual(try all(reader.entries(keyGroups: 0..<0, keyGroupCount: count)), [])
      }
    }
  }

  func testHashesOfKeyGroups() {
    for count in [1, 2, 3, 7, 100, 128, 32_767, 32_768] {
      var next: UInt64 = 0
      for group in 0..<count {
        guard let range = hashes(ofKeyGroups: group..<group + 1, keyGroupCount: count) else { return XCTFail() }
        XCTAssertEqual(range.lowerBound, next)
        XCTAssertEqual(keyGroup(hash: range.lowerBound, count: count), group)
        XCTAssertEqual(keyGroup(hash: range.upperBound, count: count), group)
        next = range.upperBound &+ 1
      }
      XCTAssertEqual(next, 0, "the last group ends with the last hash")
    }
  }

  func testWrongOrderIsRefused() throws {
    let sorted = [OwnedEntry([1], [1]), OwnedEntry([2], [1])].sorted { $0.precedes($1) }
    for entries in [[sorted[1], sorted[0]], [sorted[0], sorted[0]]] {
      for blockSize in [1, 1000] {
        var writer = RunWriter(blockSize: blockSize) { _ in }
        try entries[0].withEntry { try writer.add($0) }
        do {
          try entries[1].withEntry { try writer.add($0) }
          XCTFail("taken")
        } catch { XCTAssert("\(error)".contains("out of order"), "\(error)") }
      }
    }
  }

  func testWhatTheSinkThrowsComesOut() throws {
    struct Full: Error {}
    var writer = RunWriter(blockSize: 1) { _ in throw Full() }
    XCTAssertThrowsError(try OwnedEntry([1], nil).withEntry { try writer.add($0) }) { XCTAssert($0 is Full) }
    let other = RunWriter { _ in throw Full() }
    do {
      _ = try other.finish()
      XCTFail("taken")
    } catch { XCTAssert(error is Full) }
  }
}
