import Columnar
import Dataflow
import Synchronization
import XCTest

/// Splits that are kept together in event time.
final class DriftTests: XCTestCase {
  func testASplitIsPausedAheadOfTheLimitAndGoesOnWithinHalfOfIt() {
    var drift = DriftControl(limit_us: 100)
    XCTAssertNil(drift.look(at: 3, watermark_us: 1100, slowest_us: 1000), "as far as may be")
    XCTAssertEqual(drift.look(at: 3, watermark_us: 1101, slowest_us: 1000), true)
    XCTAssertNil(drift.look(at: 3, watermark_us: 1101, slowest_us: 1000), "told once")
    XCTAssertEqual(drift.paused, [3])
    XCTAssertNil(drift.look(at: 4, watermark_us: 1000, slowest_us: 1000))
    XCTAssertNil(drift.look(at: 3, watermark_us: 1101, slowest_us: 1050), "it would be paused again soon")
    XCTAssertEqual(drift.look(at: 3, watermark_us: 1101, slowest_us: 1051), false)
    XCTAssertNil(drift.look(at: 3, watermark_us: 1101, slowest_us: 1051))
    XCTAssertEqual(drift.paused, [])
  }

  func testTheSlowestIsNeverPaused() {
    for slowest in [Int64.min, .min + 1, 0, 5, .max - 1, .max] {
      for limit in [Int64(1), 1000, .max] {
        var drift = DriftControl(limit_us: limit)
        XCTAssertNil(drift.look(at: 0, watermark_us: slowest, slowest_us: slowest), "\(slowest), \(limit)")
        // Nobody is active any more, or it has become the slowest: what waited goes on.
        _ = drift.look(at: 0, watermark_us: .max - 1, slowest_us: .min)
        _ = drift.look(at: 0, watermark_us: .max - 1, slowest_us: .max)
        XCTAssertEqual(drift.paused, [], "\(limit)")
      }
    }
  }

  func testASplitWithoutEventTimeHoldsAllOthers() {
    var drift = DriftControl(limit_us: 1000)
    XCTAssertNil(drift.look(at: 0, watermark_us: .min, slowest_us: .min))
    XCTAssertEqual(drift.look(at: 1, watermark_us: 5, slowest_us: .min), true)
  }

  func testTheSlowestOfAllWorkers() {
    let alignment = EventTimeAlignment(limit_us: 10, workerCount: 3)
    alignment.tell(worker: 0, 50)
    alignment.tell(worker: 2, .max)
    XCTAssertEqual(alignment.slowest_us, .min, "worker 1 has not begun yet")
    alignment.tell(worker: 1, 70)
    XCTAssertEqual(alignment.slowest_us, 50)
    alignment.tell(worker: 0, .max)
    XCTAssertEqual(alignment.slowest_us, 70)
  }

  // MARK: - Of a source's splits

  func testTheSlowestSplitIsOneThatCounts() {
    var splits = SplitWatermarks(policy: WatermarkPolicy(outOfOrderness_us: 5, idleAfter_us: 10))
    XCTAssertEqual(splits.slowest_us, .max, "there are none")
    for split in 0..<3 { splits.add(split: split, watermark_us: .min) }
    splits.saw(split: 0, greatest_us: 100)
    XCTAssertEqual(splits.slowest_us, .min)
    splits.ended(split: 1)
    splits.saw(split: 2, greatest_us: 50)
    XCTAssertEqual(splits.slowest_us, 44)
    for now in Int64(0)...20 {
      splits.saw(split: 0, greatest_us: 100)
      _ = splits.poll(now_us: now)
    }
    XCTAssertEqual(splits.slowest_us, 94, "split 2 is idle")
    XCTAssertEqual([0, 1, 2, 9].map(splits.isActive), [true, false, false, false])
  }

  func testAPausedSplitDoesNotBecomeIdle() {
    var splits = SplitWatermarks(policy: WatermarkPolicy(outOfOrderness_us: 0, idleAfter_us: 10))
    splits.add(split: 0, watermark_us: 100)
    splits.setPaused(split: 0, true)
    XCTAssertEqual(splits.condition(of: 0), .paused)
    for now in Int64(0)...100 { _ = splits.poll(now_us: now) }
    XCTAssertEqual(splits.condition(of: 0), .paused)
    splits.setPaused(split: 0, false)
    for now in Int64(101)...109 { _ = splits.poll(now_us: now) }
    XCTAssertEqual(splits.condition(of: 0), .active, "idle time counts from where it was read again")
    for now in Int64(110)...120 { _ = splits.poll(now_us: now) }
    XCTAssertEqual(splits.condition(of: 0), .idle)
  }

  // MARK: - On workers

  /// How far split 1 was ahead of split 0 when a batch of it came, in rows; a millisecond of event time lies between two.
  private final class Gap: Sendable {
    private let last = Mutex<[Int64: Int64]>([:])
    private let widest = Atomic<Int64>(0)

    func note(_ rows: [Row]) {
      guard let first = rows.first, let end = rows.last else { return }
      last.withLock { last in
        if first.split == 1, let others = last[0] {
          widest.store(max(widest.load(ordering: .relaxed), first.place - others), ordering: .relaxed)
        }
        last[first.split] = end.place
      }
    }
    var rows: Int64 { widest.load(ordering: .relaxed) }
  }

  /// Reads splits 0 and 1 to their ends, the first from place 0, the other from 5000 on, and gives the greatest gap.
  private func gap(workers: Int, alignment: EventTimeAlignment?, tap: FakeSource.Tap, line: UInt = #line) -> Int64 {
    let gap = Gap()
    let positions = [
      SplitPosition(split: "s-0", next: 0, watermark_us: .min),
      SplitPosition(split: "s-1", next: 5000, watermark_us: 4_999_000),
    ]
    let job = Job(
      [
        .source(tap: tap, splits: 2, workers: workers, alignment: alignment, from: positions),
        .pass("pass", log: FakeOperator.Log(), inputs: [Graph.Input(from: 0)]) { _, rows in gap.note(rows) },
      ], workers: workers)
    job.start()
    job.waitForEnd(line: line)
    let ends = job.workers.flatMap { $0.metrics.splits(node: 0) }
    XCTAssertEqual(ends.map(\.rows).sorted(), [5000, 10_000], "rows are lost or repeated", line: line)
    XCTAssertEqual(ends.contains { $0.paused_us > 0 }, alignment != nil, line: line)
    job.stop()
    return gap.rows
  }

  func testSplitsStayTogether() {
    for workers in [1, 2, 3] {
      let tap = FakeSource.Tap(length: 10_000)
      let alignment = EventTimeAlignment(limit_us: 1_000_000, workerCount: workers)
      let widest = gap(workers: workers, alignment: alignment, tap: tap)
      // One batch of 7 rows beyond the limit.
      XCTAssertLessThanOrEqual(widest, 1000 + 7, "on \(workers) workers")
      XCTAssertGreaterThan(tap.pauses.load(ordering: .relaxed), 0)
    }
  }

  func testWithoutALimitEachIsReadAsFastAsCanBe() {
    let tap = FakeSource.Tap(length: 10_000)
    XCTAssertGreaterThan(gap(workers: 1, alignment: nil, tap: tap), 4000)
    XCTAssertEqual(tap.pauses.load(ordering: .relaxed), 0)
  }

  /// A split that has no rows holds the others until it is idle, not longer.
  func testIdlenessEndsTheWaiting() {
    let tap = FakeSource.Tap(limit: 1000)
    let job = Job(
      [
        .source(
          tap: tap, splits: 2, workers: 2, policy: WatermarkPolicy(outOfOrderness_us: 0, idleAfter_us: 50_000),
          alignment: EventTimeAlignment(limit_us: 10_000, workerCount: 2),
          from: [SplitPosition(split: "s-1", next: 1000, watermark_us: .min)]),
        .pass("pass", log: FakeOperator.Log(), inputs: [Graph.Input(from: 0)]),
      ], workers: 2, bounded: false)
    job.start()
    func splits() -> [SplitMetrics] { job.workers.flatMap { $0.metrics.splits(node: 0) } }
    XCTAssert(job.wait { splits().count == 2 && splits()[0].next == 1000 }, "it waits without end")
    XCTAssertGreaterThan(splits()[0].paused_us, 0)
    XCTAssertEqual(tap.pauses.load(ordering: .relaxed), 1)
    tap.open(to: 5000)
    XCTAssert(job.wait { splits().allSatisfy { $0.next == 5000 } }, "one of them does not go on")
    job.stop()
  }
}
