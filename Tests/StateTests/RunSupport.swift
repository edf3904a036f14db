import Columnar
import Foundation
import MillraceTesting
import State
import XCTest

/// A file for runs, gone with the object.
final class RunPath {
  let path = NSTemporaryDirectory() + "millrace-run-" + UUID().uuidString
  deinit { unlink(path) }

  func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
  func open() throws -> RunReader { try RunReader(path: path) }
}

/// An entry with memory of its own.
struct OwnedEntry: Equatable, CustomStringConvertible {
  var key: [UInt8]
  var record: [UInt8]?

  var hash: UInt64 { hashOfKey(key) }
  var description: String { "\(key): \(record.map { "\($0.count) bytes \($0.prefix(20))" } ?? "removed")" }

  init(_ key: [UInt8], _ record: [UInt8]?) {
    self.key = key
    self.record = record
  }

  init(_ entry: RunEntry) {
    key = Array(entry.key)
    record = entry.record.map { Array($0) }
  }

  func precedes(_ other: OwnedEntry) -> Bool {
    hash != other.hash ? hash < other.hash : key.lexicographicallyPrecedes(other.key)
  }

  func withEntry<Result>(_ body: (RunEntry) throws -> Result) rethrows -> Result {
    try key.withUnsafeBufferPointer { key in
      guard let record else { return try body(RunEntry(hash: hash, key: key, record: nil)) }
      return try record.withUnsafeBytes { try body(RunEntry(hash: hash, key: key, record: $0)) }
    }
  }
}

func hashOfKey(_ key: [UInt8]) -> UInt64 {
  // An empty array need not have an address.
  (key + [0]).withUnsafeBufferPointer { keyHash($0.baseAddress!, key.count) }
}

/// The bytes of a run of `entries`, which are sorted first, and what its writer says of it.
func makeRun(of entries: [OwnedEntry], blockSize: Int = RunWriter.blockSize) throws -> (bytes: [UInt8], RunSummary) {
  var bytes: [UInt8] = []
  var writer = RunWriter(blockSize: blockSize) { bytes += $0 }
  for entry in entries.sorted(by: { $0.precedes($1) }) { try entry.withEntry { try writer.add($0) } }
  let summary = try writer.finish()
  return (bytes, summary)
}

func all(_ cursor: RunCursor) throws -> [OwnedEntry] {
  var found: [OwnedEntry] = []
  while let entry = try cursor.next() {
    XCTAssertEqual(entry.hash, hashOfKey(Array(entry.key)))
    found.append(OwnedEntry(entry))
  }
  return found
}

/// Keys that all have one hash: `keyHash` multiplies by zero when a word is its own secret.
func collidingKeys(_ count: Int) -> [[UInt8]] {
  (0..<count).map { number in
    withUnsafeBytes(of: (0xe703_7ed1_a0b4_28db as UInt64).littleEndian) { Array($0) } + [
      UInt8(number >> 8), UInt8(number & 255),
    ]
  }
}

extension SimulationRandom {
  mutating func bytes(upTo limit: Int) -> [UInt8] { (0..<below(limit + 1)).map { _ in UInt8(below(256)) } }

  /// Different keys, of different sizes, with records or without.
  mutating func entries(_ count: Int, keys: Int) -> [OwnedEntry] {
    var records: [[UInt8]: [UInt8]?] = [:]
    for _ in 0..<count {
      let number = UInt32(below(keys))
      let key = withUnsafeBytes(of: number.littleEndian) { Array($0) }
      records[number % 3 == 0 ? key + key : number % 3 == 1 ? Array(key.prefix(2)) : key] =
        .some(once(in: 4) ? nil : [0] + bytes(upTo: 40))
    }
    return records.map { OwnedEntry($0.key, $0.value) }
  }
}
