import Columnar
import Dataflow
import Foundation
import Synchronization
import XCTest

/// Workers driven for real, over threads.
final class WorkerTests: XCTestCase {
  private func rows(splits: Int64, length: Int64, first: Int64 = 0) -> [Row] {
    (first..<first + splits).flatMap { split in (0..<length).map { FakeSource.row(split: split, place: $0) } }
  }

  /// source -> key_by -> counting -> sink.
  private func keyed(
    tap: FakeSource.Tap, splits: Int64, workers: Int, log: FakeOperator.Log, sink: FakeSink.Store,
    onBatch: (@Sendable (_ worker: Int, _ rows: [Row]) throws -> Void)? = nil
  ) -> [Graph.Node] {
    [
      .source(tap: tap, splits: splits, workers: workers),
      .pass("count", log: log, inputs: [.keyed(from: 0, workers: workers)], onBatch: onBatch), .sink(sink, from: 1),
    ]
  }

  func testRowsInAreRowsOut() {
    for workers in [1, 2, 4] {
      let (log, sink) = (FakeOperator.Log(), FakeSink.Store())
      let tap = FakeSource.Tap(length: 2000)
      let job = Job(keyed(tap: tap, splits: 5, workers: workers, log: log, sink: sink), workers: workers)
      job.start()
      job.waitForEnd()
      _ = job.endEpoch(1)
      job.stop()
      XCTAssertEqual(sink.all.map(\.row).sorted(), rows(splits: 5, length: 2000), "\(workers) workers")
      checkKeysStay(log, workers: workers)
      for worker in 0..<workers { XCTAssertEqual(log[worker].watermarks_us.last, .max, "worker \(worker)") }
    }
  }

  /// Every key is on one worker, and its rows of one split come in order.
  private func checkKeysStay(_ log: FakeOperator.Log, workers: Int) {
    var home: [Int64: Int] = [:]
    for worker in 0..<workers {
      var last: [[Int64]: Int64] = [:]
      for row in log[worker].rows {
        XCTAssertEqual(home[row.key, default: worker], worker, "key \(row.key) is on two workers")
        home[row.key] = worker
        XCTAssertGreaterThan(row.place, last[[row.key, row.split]] ?? -1)
        last[[row.key, row.split]] = row.place
      }
    }
  }

  func testSnapshotsAreCutWhereThePositionsAre() {
    let (log, sink) = (FakeOperator.Log(), FakeSink.Store())
    let tap = FakeSource.Tap()
    let job = Job(keyed(tap: tap, splits: 3, workers: 2, log: log, sink: sink), workers: 2, bounded: false)
    job.start()
    var positions: [UInt64: [Int64: Int64]] = [0: [:]]
    for epoch in UInt64(1)...20 {
      usleep(2000)
      let snapshots = job.endEpoch(epoch)
      positions[epoch] = check(snapshots, sources: [0], counting: 1)
    }
    job.stop()
    for (epoch, row) in sink.all where epoch <= 20 {
      XCTAssertGreaterThanOrEqual(row.place, positions[epoch - 1]![row.split] ?? 0)
      XCTAssertLessThan(row.place, positions[epoch]![row.split]!)
    }
    XCTAssertEqual(
      Int64(sink.all.filter { $0.epoch <= 20 }.count), positions[20]!.values.reduce(0, +), "rows of the 20 epochs")
  }

  func testSplitsMayComeLater() {
    let (log, sink) = (FakeOperator.Log(), FakeSink.Store())
    let tap = FakeSource.Tap(limit: 50)
    let job = Job(keyed(tap: tap, splits: 1, workers: 2, log: log, sink: sink), workers: 2, bounded: false)
    job.start()
    XCTAssert(job.wait { sink.count == 50 }, "\(sink.count) rows")
    XCTAssertEqual(check(job.endEpoch(1), sources: [0], counting: 1), [0: 50])
    for split in Int64(1)...3 {
      tap.add(split: split)
      let count = 50 * Int(split + 1)
      XCTAssert(job.wait { sink.count == count }, "\(sink.count) rows, expected \(count)")
    }
    XCTAssertEqual(check(job.endEpoch(2), sources: [0], counting: 1), [0: 50, 1: 50, 2: 50, 3: 50])
    job.stop()
    checkKeysStay(log, workers: 2)
  }

  /// Checks that the rows counted are those before the positions, times `times`; gives the positions by split.
  @discardableResult
  private func check(
    _ snapshots: [WorkerSnapshot], sources: [NodeIndex], counting node: NodeIndex, times: Int64 = 1, line: UInt = #line
  ) -> [Int64: Int64] {
    var positions: [Int64: Int64] = [:]
    var counts: [Int64: Int64] = [:]
    for snapshot in snapshots {
      for position in sources.flatMap({ snapshot.sources[$0] ?? [] }) where position.next > 0 {
        positions[Int64(position.split.dropFirst(2))!] = position.next
      }
      guard let counted = snapshot.operators[node] else { continue }
      for (split, count) in FakeOperator.counts(in: counted) { counts[split, default: 0] += count }
    }
    XCTAssertEqual(counts, positions.mapValues { $0 * times }, line: line)
    return positions
  }

  func testDiamond() {
    let (left, right, both, sink) = (FakeOperator.Log(), FakeOperator.Log(), FakeOperator.Log(), FakeSink.Store())
    let job = Job(
      [
        .source(tap: FakeSource.Tap(), splits: 3, workers: 2),
        .pass("left", log: left, inputs: [Graph.Input(from: 0)]),
        .pass("right", log: right, inputs: [.keyed(from: 0, workers: 2)]),
        .pass("both", log: both, inputs: [Graph.Input(from: 1), Graph.Input(from: 2)]),
        .sink(sink, from: 3),
      ], workers: 2, bounded: false)
    job.start()
    for epoch in UInt64(1)...20 {
      usleep(1000)
      let snapshots = job.endEpoch(epoch)
      check(snapshots, sources: [0], counting: 1)
      check(snapshots, sources: [0], counting: 2)
      check(snapshots, sources: [0], counting: 3, times: 2)
    }
    job.stop()
    XCTAssertEqual(Set(both.all.flatMap(\.ports)), [0, 1])
  }

  /// A node with an input of its own worker, where a barrier has come, must go on taking what the other workers send:
  /// the barrier that it waits for is behind it.
  func testBlockedInputDoesNotBlockOthers() {
    let (slow, both, sink) = (FakeOperator.Log(), FakeOperator.Log(), FakeSink.Store())
    let job = Job(
      [
        .source(tap: FakeSource.Tap(), splits: 2, workers: 2, batchRows: 1),
        .source("other", tap: FakeSource.Tap(length: 500), splits: 2, workers: 2, batchRows: 1, first: 10),
        .pass("slow", log: slow, inputs: [Graph.Input(from: 1)]) { worker, _ in if worker == 1 { usleep(3000) } },
        .pass("both", log: both, inputs: [Graph.Input(from: 0), .keyed(from: 2, workers: 2)]),
        .sink(sink, from: 3),
      ], workers: 2, bounded: false)
    job.start()
    for epoch in UInt64(1)...10 {
      usleep(2000)
      check(job.endEpoch(epoch), sources: [0, 1], counting: 3)
    }
    job.stop()
  }

  func testBackPressure() {
    let (log, sink) = (FakeOperator.Log(), FakeSink.Store(room: 0))
    let tap = FakeSource.Tap(length: 60_000)
    let nodes: [Graph.Node] = [
      .source(tap: tap, splits: 4, workers: 2, batchRows: 100),
      .pass("count", log: log, inputs: [.keyed(from: 0, workers: 2)]), .sink(sink, from: 1),
    ]
    let job = Job(nodes, workers: 2)
    job.start()
    func read() -> Int64 { job.workers.map { $0.metrics.rowsOut(node: 0) }.reduce(0, +) }
    XCTAssert(job.wait { read() > 60_000 }, "there is room for more: \(read()) rows")
    _ = job.wait(seconds: 1) { false }
    // What fits: twice the sinks' limit and a batch, the rings, and a batch at each sender.
    XCTAssertLessThan(read(), 80_000, "sources go on though the sink takes nothing")
    XCTAssertEqual(job.ended, [])
    for room in [1, 10, 1000, 50_000, .max] {
      sink.makeRoom(room)
      usleep(20_000)
    }
    job.waitForEnd()
    _ = job.endEpoch(1)
    job.stop()
    XCTAssertEqual(sink.all.map(\.row).sorted(), rows(splits: 4, length: 60_000))
  }

  func testClosedGate() {
    let (log, sink) = (FakeOperator.Log(), FakeSink.Store())
    let tap = FakeSource.Tap(limit: 100, length: 60_000)
    let job = Job(keyed(tap: tap, splits: 2, workers: 2, log: log, sink: sink), workers: 2)
    job.start()
    XCTAssert(job.wait { sink.count == 200 })
    _ = job.endEpoch(1, opensGate: false)
    tap.open(to: .max)
    _ = job.wait(seconds: 0.5) { false }
    XCTAssertEqual(sink.count, 200, "rows of an epoch whose gate is closed")
    let read = job.workers.map { $0.metrics.rowsOut(node: 0) }.reduce(0, +)
    XCTAssertLessThan(read, 80_000, "sources go on though the gate is closed")
    job.control.injectBarrier(epoch: 2)
    _ = job.wait(seconds: 0.3) { false }
    XCTAssertFalse(job.hasPassed(2), "an epoch passed though its rows have not left")
    job.control.gate.advance(to: 2)
    check(job.endEpoch(2), sources: [0], counting: 1)
    job.waitForEnd()
    _ = job.endEpoch(3)
    job.stop()
    XCTAssertEqual(sink.all.map(\.row).sorted(), rows(splits: 2, length: 60_000))
    XCTAssertEqual(Set(sink.all.map(\.epoch)), [1, 2, 3])
  }

  func testWorkerWithoutSplitsHoldsNothingBack() {
    let (log, sink) = (FakeOperator.Log(), FakeSink.Store())
    let tap = FakeSource.Tap(limit: 500)
    let job = Job(keyed(tap: tap, splits: 1, workers: 3, log: log, sink: sink), workers: 3, bounded: false)
    job.start()
    XCTAssert(job.wait { (0..<3).allSatisfy { log[$0].watermarks_us.last == 499 * 1000 - 1 } })
    let snapshots = job.endEpoch(1)
    check(snapshots, sources: [0], counting: 1)
    XCTAssertEqual(snapshots.map { $0.sources[0]?.count ?? -1 }, [1, 0, 0])
    job.stop()
  }

  func testSilentSplitsHoldNothingBackForLong() {
    let (log, sink) = (FakeOperator.Log(), FakeSink.Store())
    let (tap, silent) = (FakeSource.Tap(limit: 500), FakeSource.Tap(limit: 10))
    let policy = WatermarkPolicy(outOfOrderness_us: 0, idleAfter_us: 100_000)
    let job = Job(
      [
        .source(tap: tap, splits: 2, workers: 2, policy: policy),
        .source("silent", tap: silent, splits: 2, workers: 2, policy: policy, first: 10),
        .pass("count", log: log, inputs: [.keyed(from: 0, workers: 2), .keyed(from: 1, workers: 2)]),
        .sink(sink, from: 2),
      ], workers: 2, bounded: false)
    job.start()
    XCTAssert(job.wait { (0..<2).allSatisfy { log[$0].watermarks_us.last == 9 * 1000 - 1 } })
    tap.open(to: 100_000)  // keeps rows coming
    XCTAssert(
      job.wait { (0..<2).allSatisfy { (log[$0].watermarks_us.last ?? 0) > 500_000 } }, "idleness is not noticed")
    job.stop()
  }

  func testRowsAreNeverBehindTheirWatermark() {
    let (log, late, sink) = (FakeOperator.Log(), FakeOperator.Log(), FakeSink.Store())
    let workers = 3
    let job = Job(
      [
        .source(tap: FakeSource.Tap(length: 5000), splits: 5, workers: workers),
        .pass("first", log: log, inputs: [.keyed(from: 0, workers: workers)]),
        .pass("second", log: late, inputs: [.keyed(from: 1, workers: workers), Graph.Input(from: 1)]),
        .sink(sink, from: 2),
      ], workers: workers)
    job.start()
    job.waitForEnd()
    _ = job.endEpoch(1)
    job.stop()
    for worker in 0..<workers {
      for seen in [log[worker], late[worker]] {
        XCTAssertEqual(seen.lateRows, [])
        XCTAssertGreaterThan(seen.watermarks_us.count, 10)
        XCTAssertEqual(seen.watermarks_us, seen.watermarks_us.sorted(), "event time went back")
        XCTAssertEqual(Set(seen.watermarks_us).count, seen.watermarks_us.count, "event time told twice")
        XCTAssertEqual(seen.watermarks_us.last, .max)
      }
    }
    XCTAssertEqual(sink.count, 2 * 5 * 5000)
  }

  func testRestoreGoesOnFromThePositions() {
    let sink = FakeSink.Store()
    let first = Job(
      keyed(tap: FakeSource.Tap(limit: 700), splits: 3, workers: 2, log: FakeOperator.Log(), sink: sink), workers: 2,
      bounded: false)
    first.start()
    XCTAssert(first.wait { sink.count == 2100 })
    let snapshots = first.endEpoch(1)
    first.stop()
    let positions = snapshots.flatMap { $0.sources[0] ?? [] }
    XCTAssertEqual(positions.map(\.watermark_us), Array(repeating: Int64(698_999), count: 3))
    let log = FakeOperator.Log()
    let second = Job(
      [
        .source(tap: FakeSource.Tap(limit: 700, length: 1000), splits: 3, workers: 1, from: positions),
        .pass("count", log: log, inputs: [.keyed(from: 0, workers: 1)]), .sink(sink, from: 1),
      ], workers: 1, lastEpoch: 1)
    var restored = Worker.Restored()
    restored.operators[1] = snapshots.compactMap { $0.operators[1].map { ($0, "1.0.0") } }
    second.start(restored: [restored])
    XCTAssert(second.wait { log[0].watermarks_us == [699_000 - 1] }, "the restored watermark is not told")
    check(second.endEpoch(2), sources: [0], counting: 1)
    second.stop()
  }

  func testNothingIsLeftBehind() {
    weak var source: FakeSource?
    let made = Mutex<[WeakSource]>([])
    do {
      let sink = FakeSink.Store()
      var nodes = keyed(
        tap: FakeSource.Tap(length: 100), splits: 2, workers: 2, log: FakeOperator.Log(), sink: sink)
      nodes[0].kind = .source(policy: WatermarkPolicy(outOfOrderness_us: 0, idleAfter_us: nil)) { worker in
        let source = FakeSource(numbers: [Int64(worker)], tap: FakeSource.Tap(length: 100))
        made.withLock { $0.append(WeakSource(value: source)) }
        return source
      }
      let job = Job(nodes, workers: 2)
      job.start()
      job.waitForEnd()
      job.stop()
    }
    source = made.withLock { $0.first?.value }
    XCTAssertNil(source, "a worker that has stopped keeps its source")
    XCTAssertEqual(made.withLock { $0.count }, 2)
  }

  private struct WeakSource: @unchecked Sendable {
    weak var value: FakeSource?
  }
}
