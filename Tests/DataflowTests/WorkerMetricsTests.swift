import Columnar
import Dataflow
import Foundation
import XCTest

/// What others see of a worker while it runs.
final class WorkerMetricsTests: XCTestCase {
  /// source -> pass, on one worker each.
  private func job(
    _ tap: FakeSource.Tap, splits: Int64, workers: Int, policy: WatermarkPolicy, bounded: Bool
  ) -> Job {
    Job(
      [
        .source(tap: tap, splits: splits, workers: workers, policy: policy),
        .pass("pass", log: FakeOperator.Log(), inputs: [Graph.Input(from: 0)]),
      ], workers: workers, bounded: bounded)
  }

  private func splits(_ job: Job) -> [SplitMetrics] { job.workers.flatMap { $0.metrics.splits(node: 0) } }

  func testSplitsAreSeenWhileTheyAreRead() {
    let tap = FakeSource.Tap(limit: 100)
    let job = job(
      tap, splits: 3, workers: 2, policy: WatermarkPolicy(outOfOrderness_us: 500, idleAfter_us: nil), bounded: false)
    job.start()
    XCTAssert(
      job.wait { splits(job).count == 3 && splits(job).allSatisfy { $0.next == 100 } }, "positions are not seen")
    XCTAssertEqual(job.workers[0].metrics.splits(node: 0).map(\.split), ["s-0", "s-2"])
    XCTAssertEqual(job.workers[1].metrics.splits(node: 0).map(\.split), ["s-1"])
    for split in splits(job) {
      XCTAssertEqual(split.rows, 100)
      XCTAssertEqual(split.watermark_us, 99_000 - 500 - 1)
      XCTAssertEqual(split.condition, .active)
    }
    XCTAssertEqual(job.workers[0].metrics.splits(node: 1).count, 0, "an operator reads no splits")
    tap.open(to: 150)
    XCTAssert(job.wait { splits(job).allSatisfy { $0.next == 150 && $0.rows == 150 } }, "it does not go on")
    job.stop()
  }

  func testSplitsThatAreIdleOrEnded() {
    let policy = WatermarkPolicy(outOfOrderness_us: 0, idleAfter_us: 10_000)
    let idle = job(FakeSource.Tap(limit: 10), splits: 2, workers: 1, policy: policy, bounded: false)
    idle.start()
    XCTAssert(idle.wait { splits(idle).count == 2 && splits(idle).allSatisfy { $0.condition == .idle } })
    idle.stop()
    let ended = job(FakeSource.Tap(length: 10), splits: 2, workers: 1, policy: policy, bounded: true)
    ended.start()
    XCTAssert(ended.wait { splits(ended).count == 2 && splits(ended).allSatisfy { $0.condition == .ended } })
    XCTAssertEqual(splits(ended).map(\.next), [10, 10])
    ended.stop()
  }

  func testASplitStartsWhereTheCheckpointSays() {
    let metrics = SplitMetrics(SplitPosition(split: "s-7", next: 42, watermark_us: 9))
    XCTAssertEqual(metrics.split, "s-7")
    XCTAssertEqual([metrics.next, metrics.rows, metrics.watermark_us], [42, 0, 9])
    XCTAssertEqual(metrics.condition, .active)
  }

  // MARK: - Busy and back-pressure

  func testEachNodeGetsItsOwnTime() {
    let pause_us: Int64 = 3000
    let job = Job(
      [
        .source(tap: FakeSource.Tap(length: 210), splits: 1, workers: 1),
        .pass("slow", log: FakeOperator.Log(), inputs: [Graph.Input(from: 0)]) { _, _ in usleep(UInt32(pause_us)) },
        .pass("fast", log: FakeOperator.Log(), inputs: [Graph.Input(from: 1)]),
      ], workers: 1)
    job.start()
    job.waitForEnd()
    let metrics = job.workers[0].metrics
    let slow_us = metrics.busy_us(node: 1)
    XCTAssertGreaterThanOrEqual(slow_us, 30 * pause_us, "30 batches took at least this")
    XCTAssertGreaterThan(metrics.busy_us(node: 0), 0)
    XCTAssertGreaterThan(metrics.busy_us(node: 2), 0)
    XCTAssertLessThan(metrics.busy_us(node: 0), slow_us / 2, "a source gets the time of what it feeds")
    XCTAssertLessThan(metrics.busy_us(node: 2), slow_us / 2)
    usleep(100_000)
    XCTAssertLessThan(metrics.busy_us(node: 0) + metrics.busy_us(node: 1) - slow_us, slow_us / 2, "idle time counts")
    job.stop()
  }

  func testBackPressureGoesUpFromTheSink() {
    let sink = FakeSink.Store(room: 0)
    let tap = FakeSource.Tap(limit: 60_000)
    let job = Job(
      [
        .source(tap: tap, splits: 2, workers: 2, batchRows: 1000),
        .pass("pass", log: FakeOperator.Log(), inputs: [.keyed(from: 0, workers: 2)]),
        .pass("more", log: FakeOperator.Log(), inputs: [Graph.Input(from: 1)]), .sink(sink, from: 2),
      ], workers: 2, bounded: false)
    func waits_us(_ node: NodeIndex) -> Int64 {
      job.workers.reduce(0) { $0 + $1.metrics.backPressure_us(node: node) }
    }
    job.start()
    XCTAssert(job.wait { [0, 1, 3].allSatisfy { waits_us($0) > 50_000 } }, "a full sink is not felt")
    XCTAssertEqual(waits_us(2), 0, "it is fed on its own worker")
    sink.makeRoom(.max)
    XCTAssert(job.wait { sink.count == 120_000 }, "it does not go on")
    let before = [0, 1, 3].map(waits_us)
    usleep(100_000)
    XCTAssertEqual([0, 1, 3].map(waits_us), before, "nothing waits any more")
    job.stop()
  }
}
