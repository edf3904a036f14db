import Columnar
import Dataflow
import Foundation
import Synchronization
import XCTest

struct Problem: Error, Equatable {
  var text: String
}

/// A flag that one thread sets and others see.
final class Flag: Sendable { let value = Atomic<Bool>(false) }

/// Cuts batches by their key column, as a keyed exchange does.
final class KeyExchange: BatchPartitioner {
  static let keyGroups = 32
  private let partitioner: KeyPartitioner

  init(workers: Int) throws {
    partitioner = try KeyPartitioner(schema: Rows.schema, keyColumns: [0], keyGroups: Self.keyGroups, workers: workers)
  }

  func partition(_ batch: RecordBatch, into parts: inout [RecordBatch?]) throws {
    partitioner.partition(batch, into: &parts)
  }
}

/// Splits with rows that follow from their split and place. What all its instances share is in `Tap`.
final class FakeSource: DataflowSource {
  /// How far every split may be read; moved by the test.
  final class Tap: Sendable {
    let limit: Atomic<Int64>
    let length: Int64
    /// `length`: where the splits end; `limit`: how far they may be read for now.
    init(limit: Int64 = .max, length: Int64 = .max) {
      self.limit = Atomic(limit)
      self.length = length
    }
    func open(to place: Int64) { limit.store(place, ordering: .releasing) }
    /// How often a split was paused.
    let pauses = Atomic<Int>(0)

    private let newcomers = Mutex<[Int64]>([])
    /// A split that comes later, to whichever worker looks first.
    func add(split number: Int64) { newcomers.withLock { $0.append(number) } }
    fileprivate func takeNewcomers() -> [Int64] {
      newcomers.withLock { numbers in
        defer { numbers = [] }
        return numbers
      }
    }
  }

  private(set) var splits: [SplitPosition]
  private var numbers: [Int64]
  private let tap: Tap
  private let batchRows: Int64
  private var next: [Int64]
  private var ended: [Bool]
  private var paused: Set<Int> = []
  private var turn = 0

  init(numbers: [Int64], tap: Tap, batchRows: Int64 = 7, from positions: [SplitPosition] = []) {
    self.numbers = numbers
    self.tap = tap
    self.batchRows = batchRows
    splits = numbers.map { number in
      positions.first { $0.split == "s-\(number)" } ?? SplitPosition(split: "s-\(number)", next: 0, watermark_us: .min)
    }
    next = splits.map(\.next)
    ended = numbers.map { _ in false }
  }

  static func row(split: Int64, place: Int64) -> Row {
    Row(key: (split * 31 + place * 7) % 101, split: split, place: place)
  }

  func takeNewSplits() -> [SplitPosition] {
    let new = tap.takeNewcomers()
    let positions = new.map { SplitPosition(split: "s-\($0)", next: 0, watermark_us: .min) }
    numbers += new
    splits += positions
    next += new.map { _ in 0 }
    ended += new.map { _ in false }
    return positions
  }

  func poll(max_rows: Int, output: any SourceOutput) throws -> Bool {
    for _ in numbers.indices {
      turn = (turn + 1) % numbers.count
      if read(turn, output) { return true }
    }
    return false
  }

  private func read(_ split: Int, _ output: any SourceOutput) -> Bool {
    if ended[split] || paused.contains(split) { return false }
    if next[split] == tap.length {
      ended[split] = true
      output.ended(split: split)
      return true
    }
    let end = min(next[split] + batchRows, tap.length, tap.limit.load(ordering: .acquiring))
    guard next[split] < end else { return false }
    let rows = (next[split]..<end).map { Self.row(split: numbers[split], place: $0) }
    next[split] = end
    output.emit(Rows.batch(rows), split: split)
    return true
  }

  func position(split: Int) -> Int64 { next[split] }

  func setPaused(split: Int, _ isPaused: Bool) {
    XCTAssertNotEqual(paused.contains(split), isPaused, "told twice")
    if isPaused { paused.insert(split) } else { paused.remove(split) }
    if isPaused { tap.pauses.wrappingAdd(1, ordering: .relaxed) }
  }

  func close() {}
}

/// Passes rows on; counts them by split, and notes what it hears. Its snapshot is the counts.
final class FakeOperator: DataflowOperator {
  /// What all instances of a step saw, by worker.
  final class Log: Sendable {
    struct Seen {
      var rows: [Row] = []
      var ports: [Int] = []
      var watermarks_us: [Int64] = []
      var lateRows: [Row] = []
      var version = 1
    }
    private let seen = Mutex<[Int: Seen]>([:])
    func note(_ worker: Int, _ change: @Sendable (inout Seen) -> Void) {
      seen.withLock { change(&$0[worker, default: Seen()]) }
    }
    subscript(worker: Int) -> Seen { seen.withLock { $0[worker] ?? Seen() } }
    var all: [Seen] { seen.withLock { Array($0.values) } }
  }

  private let worker: Int
  private let log: Log
  private let version: Int
  private let onBatch: (@Sendable (_ worker: Int, _ rows: [Row]) throws -> Void)?
  private var output: (any OperatorOutput)?
  fileprivate var counts: [Int64: Int64] = [:]
  private var watermark_us = Int64.min
  /// How many rows it gives at each watermark; after each of them it asks whether to go on.
  private let rowsPerWatermark: Int64
  private var toGive: Int64?

  init(
    worker: Int, log: Log, version: Int = 1, rowsPerWatermark: Int64 = 0,
    onBatch: (@Sendable (_ worker: Int, _ rows: [Row]) throws -> Void)? = nil
  ) {
    self.worker = worker
    self.log = log
    self.version = version
    self.rowsPerWatermark = rowsPerWatermark
    self.onBatch = onBatch
  }

  /// The next version, with this one's counts.
  func successor() -> FakeOperator {
    let next = FakeOperator(
      worker: worker, log: log, version: version + 1, rowsPerWatermark: rowsPerWatermark, onBatch: onBatch)
    next.output = output
    next.counts = counts
    next.watermark_us = watermark_us
    return next
  }

  func open(output: any OperatorOutput) throws { self.output = output }

  func restore(_ snapshot: OperatorSnapshot, version: String) throws {
    for (split, count) in Self.counts(in: snapshot) { counts[split, default: 0] += count }
  }

  func process(_ batch: RecordBatch, port: Int) throws {
    try checkNotAdvancing()
    let rows = Rows.rows(batch)
    try onBatch?(worker, rows)
    for row in rows { counts[row.split, default: 0] += 1 }
    let (watermark, version) = (watermark_us, version)
    let late = rows.filter { $0.place * 1000 <= watermark }
    log.note(worker) {
      $0.rows += rows
      $0.ports.append(port)
      $0.lateRows += late
      $0.version = version
    }
    output?.emit(batch, port: 0)
  }

  private func checkNotAdvancing() throws {
    if toGive != nil { throw Problem(text: "an event time is not through yet") }
  }

  func advance(to watermark_us: Int64, mayGoOn: () -> Bool) throws -> Bool {
    if toGive == nil { toGive = rowsPerWatermark } else { XCTAssertEqual(watermark_us, self.watermark_us) }
    self.watermark_us = watermark_us
    while let left = toGive, left > 0 {
      output?.emit(Rows.batch([Row(key: left, split: -1, place: left)]), port: 0)
      toGive = left - 1
      if !mayGoOn() { return false }
    }
    toGive = nil
    log.note(worker) { $0.watermarks_us.append(watermark_us) }
    return true
  }

  func tick(now_us: Int64, mayGoOn: () -> Bool) throws -> Bool { false }
  func flush(epoch: UInt64) throws {}
  func snapshot() throws -> OperatorSnapshot {
    try checkNotAdvancing()
    var bytes: [UInt8] = []
    for (split, count) in counts.sorted(by: { $0.key < $1.key }) {
      for number in [split, count] { withUnsafeBytes(of: number) { bytes += $0 } }
    }
    return OperatorSnapshot(own: bytes)
  }
  func close() {}

  /// The rows of each split that a snapshot has counted.
  static func counts(in snapshot: OperatorSnapshot) -> [Int64: Int64] {
    let numbers = snapshot.own.withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
    return Dictionary(
      uniqueKeysWithValues: stride(from: 0, to: numbers.count, by: 2).map { (numbers[$0], numbers[$0 + 1]) })
  }
}

/// A sink that keeps rows with their epochs, and takes only as many as it is allowed to.
final class FakeSink: DataflowSink {
  final class Store: Sendable {
    private let rows = Mutex<[(epoch: UInt64, row: Row)]>([])
    private let room: Atomic<Int>
    private let broken = Atomic<Bool>(false)

    init(room: Int = .max) { self.room = Atomic(room) }
    func makeRoom(_ count: Int) { room.store(count, ordering: .releasing) }
    func breakDown() { broken.store(true, ordering: .releasing) }
    var count: Int { rows.withLock { $0.count } }
    var all: [(epoch: UInt64, row: Row)] { rows.withLock { $0 } }

    func write(_ batch: RecordBatch, first: Int, epoch: UInt64) throws -> Int {
      if broken.load(ordering: .acquiring) { throw Problem(text: "the sink broke") }
      return rows.withLock { rows in
        let taken = max(0, min(batch.rowCount - first, room.load(ordering: .acquiring) - rows.count))
        rows += Rows.rows(batch, from: first, to: first + taken).map { (epoch, $0) }
        return taken
      }
    }
  }

  private let store: Store
  init(_ store: Store) { self.store = store }
  func write(_ batch: RecordBatch, first: Int, epoch: UInt64) throws -> Int {
    try store.write(batch, first: first, epoch: epoch)
  }
  func close() {}
}
