import Checkpointing
import Columnar
import Foundation
import State
import XCTest

@testable import Engine

/// Bytes of records and runs, made by hand from docs/formats.md.
struct RecordBytes {
  private(set) var bytes: [UInt8] = []

  /// `expiry_us`: 0 for never.
  init(expiry_us: UInt64 = 0) { integer(expiry_us) }

  mutating func integer(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func run(_ run: [UInt8]) {
    integer(UInt64(run.count))
    bytes += run
  }

  mutating func nothing() { integer(0) }

  /// A state of kind value or bytes.
  mutating func state(_ content: [UInt8], deadline_us: UInt64 = 0) {
    begin(deadline_us)
    run(content)
  }

  mutating func list(_ items: [[UInt8]]) {
    begin(0)
    integer(UInt64(items.count))
    items.forEach { run($0) }
  }

  mutating func map(_ entries: [([UInt8], [UInt8])]) {
    begin(0)
    integer(UInt64(entries.count))
    for entry in entries {
      run(entry.0)
      run(entry.1)
    }
  }

  mutating func timers(_ timers: [(kind: UInt64, time_us: Int64)]) {
    integer(UInt64(timers.count))
    for timer in timers {
      integer(timer.kind)
      integer(UInt64(bitPattern: timer.time_us << 1 ^ timer.time_us >> 63))
    }
  }

  private mutating func begin(_ deadline_us: UInt64) {
    integer(1)
    integer(deadline_us)
  }

  static func word(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}

/// A job `fraud` with committed checkpoints in a directory that goes away with the object.
///
/// Step `alerts` has the keys N1 (all states, timers), N2 (of which only the older run knows), N3 (removed by the newer
/// run), N4 (expired), `null` (in another worker's run).
final class InspectionFixture {
  static let created_us: Int64 = 1_700_000_000_000_000
  let root = NSTemporaryDirectory() + "millrace-inspection-" + UUID().uuidString
  let store: CheckpointStore
  let output = Output()

  final class Output {
    private(set) var bytes: [UInt8] = []
    var text: String { String(decoding: bytes, as: UTF8.self) }
    func take(_ more: [UInt8]) { bytes += more }
    func clear() { bytes = [] }
  }

  var job: String { "\(root)/fraud" }

  init() throws { store = try CheckpointStore(location: "file://\(root)", job: "fraud") }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  static let codec = try? KeyCodec([Field("tailnum", .utf8, nullable: true)])

  static func key(_ text: String) -> [UInt8] { (try? codec?.bytes(parsing: [text])) ?? [] }

  /// A record with only a total; `count` -1 for none.
  static func record(count: Int64, expiry_us: UInt64 = 0) -> [UInt8] {
    var record = RecordBytes(expiry_us: expiry_us)
    record.state(RecordBytes.word(count) + RecordBytes.word(created_us), deadline_us: expiry_us)
    for _ in 0..<3 { record.nothing() }
    record.timers([])
    return record.bytes
  }

  static var fullRecord: [UInt8] {
    var record = RecordBytes()
    record.state(RecordBytes.word(3) + RecordBytes.word(created_us + 250), deadline_us: UInt64(created_us) + 1)
    record.state(Array("late \"again\"\n".utf8))
    record.list([[1, 0], [0xff], Array("text".utf8)])
    record.map([(Array("EWR".utf8), RecordBytes.word(7)), (Array("JFK".utf8), [1])])
    record.timers([(0, created_us), (1, -1)])
    return record.bytes
  }

  static var expiredState: [UInt8] {
    var record = RecordBytes()
    record.state(RecordBytes.word(9) + RecordBytes.word(0), deadline_us: UInt64(created_us))
    record.state(Array("kept".utf8))
    record.nothing()
    record.nothing()
    record.timers([])
    return record.bytes
  }

  /// Writes a run; nil records are removed keys.
  func write(_ name: String, _ entries: [String: [UInt8]?], worker: Int, groups: Range<Int>) throws
    -> Manifest.StateFile
  {
    let sorted = entries.map { (key: Self.key($0.key), record: $0.value) }
      .map {
        (key: $0.key, hash: $0.key.withUnsafeBufferPointer { keyHash($0.baseAddress!, $0.count) }, record: $0.record)
      }
      .sorted { $0.hash < $1.hash }
    let file = Manifest.StateFile(
      step: "alerts", worker: worker, kind: .run, name: name, size: 0, sha256: "", keyGroups: .init(groups))
    return try RunFiles(store: store, keyGroupCount: 8).write(file) { writer in
      for entry in sorted {
        try entry.key.withUnsafeBufferPointer { key in
          guard let record = entry.record else {
            return try writer.add(RunEntry(hash: entry.hash, key: key, record: nil))
          }
          try record.withUnsafeBytes { try writer.add(RunEntry(hash: entry.hash, key: key, record: $0)) }
        }
      }
    }.file
  }

  static let states = [
    Manifest.State(
      name: "totals", kind: "value", schema: "struct<count: int64, last: timestamp[us, UTC]>", version: 1),
    Manifest.State(name: "note", kind: "bytes", schema: "utf8", version: 2),
    Manifest.State(name: "seen", kind: "list", schema: "int16", version: 1),
    Manifest.State(name: "by", kind: "map", schema: "int64", mapKeySchema: "utf8", version: 1),
  ]

  func manifest(_ epoch: UInt64, _ files: [Manifest.StateFile]) -> Manifest {
    var manifest = Manifest(
      job: "fraud", epoch: epoch, engineVersion: "0.0.1", createdAt_us: Self.created_us, guarantee: .exactlyOnce,
      commitPoint: .transaction, keyGroups: 8, parallelism: 2)
    manifest.plugins = [
      .init(step: "alerts", id: "x.alerts", version: "1.2.0", sha256: String(repeating: "a", count: 64), fromEpoch: 1)
    ]
    manifest.steps = [.init(id: "in"), .init(id: "alerts", key: "struct<tailnum: utf8?>", states: Self.states)]
    manifest.sources = [
      .init(step: "in", topic: "flights", partition: 0, nextOffset: 42, watermark_us: Self.created_us),
      .init(step: "in", topic: "flights", partition: 1, nextOffset: 0, watermark_us: .min),
    ]
    manifest.splits = [.init(step: "generated", split: "split-0", next: 7, watermark_us: .min)]
    manifest.stateFiles = files
    return manifest
  }

  /// Epochs 1 (a run) and 2 (it, a newer one, one of the other worker, private bytes), both committed.
  func fill() throws {
    // Worker 1's groups are those of the key null.
    let nullGroup = Self.key("null").withUnsafeBufferPointer {
      keyGroup(hash: keyHash($0.baseAddress!, $0.count), count: 8)
    }
    let other = nullGroup..<nullGroup + 1
    let first = try write(
      "1-0.run",
      [
        "N1": Self.record(count: 1), "N2": Self.record(count: 2), "N3": Self.record(count: 3),
        "N4": Self.record(count: 4, expiry_us: UInt64(Self.created_us)), "N5": Self.expiredState,
      ], worker: 0, groups: 0..<8)
    try store.startEpoch(1)
    _ = try store.writeManifest(manifest(1, [first]))
    try store.markCommitted(1)
    let newer = try write("2-0.run", ["N1": Self.fullRecord, "N3": nil], worker: 0, groups: 0..<8)
    let others = try write("2-1.run", ["null": Self.record(count: 5)], worker: 1, groups: other)
    try store.startEpoch(2)
    let own = try ([1, 2, 3] as [UInt8]).withUnsafeBytes {
      try store.writeOwn($0, epoch: 2, step: "alerts", worker: 0, name: "own-alerts-0")
    }
    _ = try store.writeManifest(manifest(2, [first, newer, others, own]))
    try store.markCommitted(2)
  }
}
