import CRocksDB
import Foundation
import MillraceTesting
import State
import XCTest

@testable import StateRocksDB

final class EntriesTests: StoreTestCase {
  /// Random batches, look-ups and scans against a dictionary.
  func testRandomOperations() throws { try runRandomOperations(mapsFiles: false) }

  func testRandomOperationsOnMappedFiles() throws { try runRandomOperations(mapsFiles: true) }

  private func runRandomOperations(mapsFiles: Bool) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("EntriesTests: seed \(seed)")
    var random = SimulationRandom(seed: seed)
    let store = try store(mapsFiles: mapsFiles)
    let keys =
      (0..<3000).map { number in
        [UInt8](repeating: UInt8(number % 251), count: [8, 2, 3, 20][number % 4])
          + withUnsafeBytes(of: number) { [UInt8]($0) }
      } + [[]]
    var model: [[UInt8]: [UInt8]] = [:]
    for step in 0..<400 {
      let batch = Set((0..<1 + random.below(400)).map { _ in random.below(keys.count) }).map { index in
        Entry(key: keys[index], record: random.once(in: 4) ? nil : record(&random))
      }
      try store.write(batch)
      for entry in batch { model[entry.key] = entry.record }
      let wanted = Set((0..<random.below(600)).map { _ in random.below(keys.count) }).map { keys[$0] }
      let expected = wanted.compactMap { key in model[key].map { (key, $0) } }
      XCTAssertEqual(try store.read(wanted), Dictionary(uniqueKeysWithValues: expected), "seed \(seed), step \(step)")
      if random.once(in: 10) { try compareScan(store, model, &random, "seed \(seed), step \(step)") }
    }
    XCTAssertGreaterThan(
      store.property("rocksdb.current-super-version-number", store.entries), 50, "nothing was written out")
  }

  private func record(_ random: inout SimulationRandom) -> [UInt8] {
    [0] + (0..<random.below(200)).map { _ in UInt8(random.below(256)) }
  }

  private func compareScan(
    _ store: RocksColdStore, _ model: [[UInt8]: [UInt8]], _ random: inout SimulationRandom, _ message: String
  ) throws {
    let ends = [random.next(), random.next()].sorted()
    for range in [0...UInt64.max, ends[0]...ends[1]] {
      let expected = model.map { Entry(key: $0.key, record: $0.value) }.filter { range.contains($0.hash) }
      XCTAssertEqual(try store.scanAll(range), expected.sorted { $0.precedes($1) }, message)
    }
  }

  /// Keys of one hash, and hashes at the ends of the range.
  func testOrderIsThatOfRuns() throws {
    let store = try store()
    let entries = [
      Entry(key: [], record: [0], hash: 0), Entry(key: [1], record: [0], hash: 0),
      Entry(key: [0xff], record: [0, 2], hash: 5),
      Entry(key: [0xff, 0], record: [0], hash: 5), Entry(key: [3], record: [0], hash: .max),
    ]
    try store.write(entries)
    XCTAssertEqual(try store.scanAll(), entries)
    XCTAssertEqual(try store.scanAll(5...5), Array(entries[2...3]))
    XCTAssertEqual(try store.scanAll(6...UInt64.max), Array(entries[4...]))
  }

  func testScanGivesKeysAndRecordsThatAreValid() throws {
    let store = try store()
    try store.write([Entry(key: [1, 2, 3], record: [0, 9])])
    XCTAssertEqual(try store.scanAll().map(\.key), [[1, 2, 3]])
  }

  /// Records whose time is over go when files are merged, others stay.
  func testExpiredRecordsGo() throws {
    let store = try store()
    let early: [UInt8] = [0x80, 0xb5, 0x18, 7]  // 400,000 µs
    let late: [UInt8] = [0x80, 0x89, 0x7a, 7]  // 2,000,000 µs
    let never: [UInt8] = [0, 7]
    clock.now_us = 0
    try store.write(
      (0..<300).map { Entry(key: [UInt8($0 % 256), UInt8($0 / 256)], record: [early, late, never][$0 % 3]) })
    compact(store)
    XCTAssertEqual(try store.scanAll().count, 300)
    clock.now_us = 400_000
    compact(store)
    XCTAssertEqual(Set(try store.scanAll().map(\.record)), [late, never])
    clock.now_us = 2_000_000
    compact(store)
    XCTAssertEqual(try store.scanAll().map(\.record), [[UInt8]?](repeating: never, count: 100))
  }

  private func compact(_ store: RocksColdStore) {
    let options = rocksdb_compactoptions_create()
    rocksdb_compactoptions_set_bottommost_level_compaction(options, 2)
    rocksdb_compact_range_cf_opt(store.database, store.entries, options, nil, 0, nil, 0)
    rocksdb_compactoptions_destroy(options)
  }

  func testBytesThatAreNoRecordHaveNoExpiry() {
    for bytes: [UInt8] in [[], [0x80], [UInt8](repeating: 0xff, count: 20), [0]] {
      bytes.withUnsafeBytes { XCTAssertNil(expiry(ofRecord: $0)) }
    }
    ([0x80, 0xb5, 0x18] as [UInt8]).withUnsafeBytes { XCTAssertEqual(expiry(ofRecord: $0), 400_000) }
  }

  /// One store's keys are not the other's, though they share cache and threads.
  func testStoresAreApart() throws {
    let resources = RocksResources(cacheCapacity: 1 << 20)
    do {
      let stores = try (0..<3).map { number in
        try RocksColdStore(directory: directory + "/\(number)", resources: resources, now: { 0 })
      }
      for (number, store) in stores.enumerated() { try store.write([Entry(key: [1], record: [0, UInt8(number)])]) }
      for (number, store) in stores.enumerated() { XCTAssertEqual(try store.read([[1]]), [[1]: [0, UInt8(number)]]) }
      XCTAssertGreaterThan(stores[0].memoryUse, 0)
    }
    try FileManager.default.removeItem(atPath: directory)
  }

  func testWhatWasInTheDirectoryIsDeleted() throws {
    try FileManager.default.createDirectory(atPath: directory + "/a/b", withIntermediateDirectories: true)
    XCTAssert(FileManager.default.createFile(atPath: directory + "/a/b/old", contents: Data([1])))
    do { try store().write([Entry(key: [1], record: [0])]) }
    XCTAssertEqual(try store().scanAll(), [])
  }
}
