import MillraceTesting
import State
import XCTest

final class ColdFilterTests: XCTestCase {
  /// A worker's share of the key groups, and all of them.
  private static let ranges: [ClosedRange<UInt64>] = [
    0...UInt64.max, 1 << 63...UInt64.max, 0x5555_5555_0000_0000...0x6aaa_aaaa_ffff_ffff, 7...7,
  ]

  /// Keeps a filter by the rules, with all hashes at hand, as the cold store has them.
  private struct Kept {
    let filter: ColdFilter
    var hashes: [UInt64] = []
    var rebuildCount = 0

    mutating func insert(_ hash: UInt64) {
      hashes.append(hash)
      filter.insert(hash)
      while let range = filter.partitionToRebuild {
        filter.rebuildPartition { insert in for hash in hashes where range.contains(hash) { insert(hash) } }
        rebuildCount += 1
      }
    }
  }

  private func hash(_ range: ClosedRange<UInt64>, _ random: inout SimulationRandom) -> UInt64 {
    let span = range.upperBound - range.lowerBound
    return span == .max ? random.next() : range.lowerBound + random.next() % (span + 1)
  }

  func testForgetsNothing() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("ColdFilterTests: seed \(seed)")
    var random = SimulationRandom(seed: seed)
    for range in Self.ranges {
      var kept = Kept(filter: ColdFilter(hashes: range))
      for _ in 0..<200_000 { kept.insert(hash(range, &random)) }
      for hash in kept.hashes where !kept.filter.mayContain(hash) {
        return XCTFail("seed \(seed): \(hash) of \(range) is gone")
      }
      let isOneHash = range.lowerBound == range.upperBound
      XCTAssert(kept.rebuildCount >= 10 || isOneHash, "seed \(seed): \(kept.rebuildCount) rebuilds in \(range)")
    }
  }

  /// More keys than the limit has room for: none is forgotten, more pass that are not there, and rebuilding ends.
  func testMemoryLimit() {
    for range in Self.ranges.dropLast() {
      var random = SimulationRandom(seed: 2)
      var kept = Kept(filter: ColdFilter(hashes: range, memoryLimit: 64 << 10))
      for _ in 0..<200_000 { kept.insert(hash(range, &random)) }
      XCTAssertLessThanOrEqual(kept.filter.memoryUse, 64 << 10)
      XCTAssertTrue(kept.hashes.allSatisfy { kept.filter.mayContain($0) })
      XCTAssertLessThan(kept.rebuildCount, 64 * 12)
    }
    let tiny = ColdFilter(hashes: 0...UInt64.max, memoryLimit: 0)
    tiny.insert(5)
    XCTAssertTrue(tiny.mayContain(5))
  }

  func testFewOthersPassAndMemoryIsSmall() {
    for range in Self.ranges.dropLast() {
      var random = SimulationRandom(seed: 1)
      var kept = Kept(filter: ColdFilter(hashes: range))
      for _ in 0..<200_000 { kept.insert(hash(range, &random)) }
      var passed = 0
      for _ in 0..<400_000 where kept.filter.mayContain(hash(range, &random)) { passed += 1 }
      print("ColdFilterTests: \(Double(passed) / 4000) % pass, \(kept.filter.memoryUse * 8 / 200_000) bits a key")
      XCTAssertLessThan(passed, 6000, "more than 1.5 % of other keys pass in \(range)")
      XCTAssertGreaterThan(passed, 400, "so few pass that this looks at something else")
      XCTAssertLessThan(kept.filter.memoryUse, 200_000 * 24 / 8)
    }
  }

  /// Inserting again what passes already must not fill a partition.
  func testInsertingAgainDoesNotCount() {
    let filter = ColdFilter(hashes: 0...UInt64.max)
    var random = SimulationRandom(seed: 2)
    let hashes = (0..<10_000).map { _ in random.next() }
    for _ in 0..<20 { for hash in hashes { filter.insert(hash) } }
    XCTAssertNil(filter.partitionToRebuild)
  }

  func testPartitionsFillAtDifferentTimes() {
    var random = SimulationRandom(seed: 3)
    var kept = Kept(filter: ColdFilter(hashes: 0...UInt64.max))
    var rebuilds: [Int] = []
    for _ in 0..<100 {
      let before = kept.rebuildCount
      for _ in 0..<2000 { kept.insert(random.next()) }
      rebuilds.append(kept.rebuildCount - before)
    }
    XCTAssertGreaterThan(kept.rebuildCount, 64)
    XCTAssertLessThan(rebuilds.max() ?? 0, 20, "rebuilds for each 2000 keys: \(rebuilds)")
  }

  func testRebuildForgetsWhatIsGone() throws {
    let filter = ColdFilter(hashes: 0...UInt64.max)
    var hash: UInt64 = 0
    while filter.partitionToRebuild == nil {
      hash += 1
      filter.insert(hash)
    }
    filter.rebuildPartition { insert in insert(1) }
    XCTAssertNil(filter.partitionToRebuild)
    XCTAssert(filter.mayContain(1))
    XCTAssertLessThan((2...hash).filter { filter.mayContain($0) }.count, 10)
  }

  func testRebuildThatFailsChangesNothing() {
    struct Failure: Error {}
    let filter = ColdFilter(hashes: 0...UInt64.max)
    var hash: UInt64 = 0
    while filter.partitionToRebuild == nil {
      hash += 1
      filter.insert(hash)
    }
    XCTAssertThrowsError(try filter.rebuildPartition { _ in throw Failure() })
    XCTAssertNotNil(filter.partitionToRebuild)
    XCTAssert((1...hash).allSatisfy { filter.mayContain($0) })
  }
}
