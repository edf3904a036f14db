import Columnar
import Foundation
import MillraceTesting
import State
import StateRocksDB
import XCTest

/// A store in a directory of its own for each test, with buffers so small that files are written and merged all the time.
class StoreTestCase: XCTestCase {
  let clock = SharedClock()
  private(set) var directory = ""

  override func setUp() {
    directory = NSTemporaryDirectory() + "millrace-cold-\(UUID().uuidString)"
  }

  override func tearDown() {
    XCTAssertFalse(FileManager.default.fileExists(atPath: directory), "the store has left files behind")
    try? FileManager.default.removeItem(atPath: directory)
  }

  func store(mapsFiles: Bool = false) throws -> RocksColdStore {
    let resources = RocksResources(
      cacheCapacity: 64 << 10, writeBufferSize: 64 << 10, openFiles: 20, fileSize: 32 << 10, mapsFiles: mapsFiles)
    return try RocksColdStore(directory: directory, resources: resources, now: { [clock] in clock.now_us })
  }
}

/// A clock that tests set and any thread reads.
final class SharedClock: @unchecked Sendable {
  private let lock = NSLock()
  private var time_us: Int64 = 1_000_000

  var now_us: Int64 {
    get { lock.withLock { time_us } }
    set { lock.withLock { time_us = newValue } }
  }
}

/// One key and its record (nil: removed), owned.
struct Entry: Equatable {
  var hash: UInt64
  var key: [UInt8]
  var record: [UInt8]?

  init(key: [UInt8], record: [UInt8]?, hash: UInt64? = nil) {
    self.hash = hash ?? (key + [0]).withUnsafeBufferPointer { keyHash($0.baseAddress!, key.count) }
    self.key = key
    self.record = record
  }

  init(_ entry: RunEntry) {
    self.init(key: [UInt8](entry.key), record: entry.record.map { [UInt8]($0) }, hash: entry.hash)
  }

  func precedes(_ other: Entry) -> Bool {
    hash != other.hash ? hash < other.hash : key.lexicographicallyPrecedes(other.key)
  }
}

extension ColdStore {
  /// Writes entries in any order.
  func write(_ entries: [Entry]) throws {
    var rest = entries.sorted { $0.precedes($1) }[...]
    // The store may only look at an entry until it asks for the next; memory that is reused shows if it does.
    let key = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 256)
    let recordSize = entries.map { $0.record?.count ?? 0 }.max() ?? 0
    let record = UnsafeMutableRawBufferPointer.allocate(byteCount: recordSize, alignment: 1)
    defer {
      key.deallocate()
      record.deallocate()
    }
    try write {
      key.update(repeating: 0xff)
      record.initializeMemory(as: UInt8.self, repeating: 0xff)
      guard let entry = rest.popFirst() else { return nil }
      _ = key.update(fromContentsOf: entry.key)
      if let bytes = entry.record { record.copyBytes(from: bytes) }
      return RunEntry(
        hash: entry.hash, key: UnsafeBufferPointer(rebasing: key[..<entry.key.count]),
        record: entry.record.map { UnsafeRawBufferPointer(rebasing: record[..<$0.count]) })
    }
  }

  /// The records of keys in any order, nil where there is none.
  func read(_ keys: [[UInt8]]) throws -> [[UInt8]: [UInt8]] {
    let wanted = keys.map { Entry(key: $0, record: nil) }.sorted { $0.precedes($1) }
    var found: [[UInt8]: [UInt8]] = [:]
    var last = -1
    try withRunKeys(wanted) { keys in
      try read(keys) { index, record in
        XCTAssertGreaterThan(index, last)
        last = index
        found[wanted[index].key] = [UInt8](record)
      }
    }
    return found
  }

  func scanAll(_ hashes: ClosedRange<UInt64> = 0...UInt64.max) throws -> [Entry] {
    var found: [Entry] = []
    try scan(hashes) { found.append(Entry($0)) }
    return found
  }
}

/// Calls `body` with keys whose bytes lie in memory for as long.
func withRunKeys<Result>(_ entries: [Entry], _ body: (UnsafeBufferPointer<RunKey>) throws -> Result) rethrows -> Result
{
  let bytes = entries.flatMap(\.key) + [0]
  return try bytes.withUnsafeBufferPointer { bytes in
    var start = 0
    let keys = entries.map { entry in
      defer { start += entry.key.count }
      return RunKey(
        hash: entry.hash, bytes: UnsafeBufferPointer(rebasing: bytes[start..<start + entry.key.count]))
    }
    return try keys.withUnsafeBufferPointer(body)
  }
}
