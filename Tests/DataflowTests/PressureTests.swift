import Columnar
import Foundation
import Synchronization
import XCTest

@testable import Dataflow

/// Operators that have no room hold sources back, and ask for an end of the epoch.
final class PressureTests: XCTestCase {
  /// Keeps rows until the epoch ends; has room for so many.
  private final class Hoarder: DataflowOperator {
    final class Seen: Sendable {
      let rows = Atomic<Int>(0)
      let greatest = Atomic<Int>(0)
    }
    private let seen: Seen
    private let wantsAt: Int
    private let fullAt: Int
    private let frees: Bool
    private var kept = 0
    private var output: (any OperatorOutput)?

    init(_ seen: Seen, wantsAt: Int, fullAt: Int, frees: Bool) {
      self.seen = seen
      self.wantsAt = wantsAt
      self.fullAt = fullAt
      self.frees = frees
    }
    var pressure: OperatorPressure { kept >= fullAt ? .full : kept >= wantsAt ? .wantsEpoch : .none }
    func open(output: any OperatorOutput) throws { self.output = output }
    func restore(_ snapshot: OperatorSnapshot, version: String) throws {}
    func process(_ batch: RecordBatch, port: Int) throws {
      kept += batch.rowCount
      seen.rows.add(batch.rowCount, ordering: .relaxed)
      if kept > seen.greatest.load(ordering: .relaxed) { seen.greatest.store(kept, ordering: .relaxed) }
      output?.emit(batch, port: 0)
    }
    func advance(to watermark_us: Int64, mayGoOn: () -> Bool) throws -> Bool { true }
    func tick(now_us: Int64, mayGoOn: () -> Bool) throws -> Bool { false }
    func flush(epoch: UInt64) throws {}
    func snapshot() throws -> OperatorSnapshot {
      if frees { kept = 0 }
      return OperatorSnapshot()
    }
    func close() {}
  }

  private let seen = Hoarder.Seen()
  private let sink = FakeSink.Store()

  private func job(
    wantsAt: Int, fullAt: Int, length: Int64 = .max, frees: Bool = true,
    onHeldBack: @escaping @Sendable (HeldBack) -> Void = { _ in }
  ) -> Job {
    let seen = seen
    return Job(
      [
        .source(tap: FakeSource.Tap(length: length), splits: 2, workers: 2, batchRows: 10),
        Graph.Node(
          id: "keep",
          kind: .operator { worker in
            Hoarder(seen, wantsAt: worker == 1 ? wantsAt : .max, fullAt: worker == 1 ? fullAt : .max, frees: frees)
          }, inputs: [.keyed(from: 0, workers: 2)]),
        .sink(sink, from: 1),
      ], workers: 2, bounded: length != .max, onHeldBack: onHeldBack)
  }

  func testFullHoldsAllSourcesBackUntilTheEpochEnds() {
    let job = job(wantsAt: .max, fullAt: 1000, length: 20_000)
    job.start()
    XCTAssert(job.wait { !job.wanted.isEmpty }, "no epoch was asked for")
    _ = job.wait(seconds: 0.2) { false }
    XCTAssertTrue(job.control.pressure.isFull)
    let rows = seen.rows.load(ordering: .relaxed)
    // Rows that were under way when it got full: the rings', and a batch or two at each worker.
    XCTAssertLessThan(seen.greatest.load(ordering: .relaxed), 1500)
    _ = job.wait(seconds: 0.2) { false }
    XCTAssertEqual(seen.rows.load(ordering: .relaxed), rows, "rows are read though there is no room")
    XCTAssertEqual(job.wanted.map(\.epoch), [1], "asked more than once for one epoch")
    var epoch: UInt64 = 0
    while job.ended.count < 2 {
      epoch += 1
      XCTAssert(job.wait { job.ended.count == 2 || job.wanted.contains { $0.epoch == epoch } }, "epoch \(epoch)")
      if job.ended.count < 2 { _ = job.endEpoch(epoch) }
      if epoch > 500 { return XCTFail("epochs end, but no rows come") }
    }
    _ = job.endEpoch(job.ended.count == 2 ? epoch + (job.hasPassed(epoch) ? 1 : 0) : epoch)
    job.stop()
    XCTAssertEqual(sink.count, 40_000)
    XCTAssertEqual(Set(job.wanted.map(\.worker)), [1])
    XCTAssertEqual(Set(job.wanted.map(\.epoch)).count, job.wanted.count)
  }

  func testLittleRoomAsksButHoldsNothingBack() {
    let job = job(wantsAt: 100, fullAt: .max, length: 5000)
    job.start()
    job.waitForEnd()
    XCTAssertFalse(job.control.pressure.isFull)
    _ = job.endEpoch(1)
    job.stop()
    XCTAssertEqual(job.wanted.filter { $0.epoch == 1 }.count, 1)
    XCTAssertEqual(sink.count, 10_000)
  }

  func testItIsToldWithTheRemedy() {
    let told = Mutex<[HeldBack]>([])
    let job = job(wantsAt: .max, fullAt: 100, frees: false) { heldBack in told.withLock { $0.append(heldBack) } }
    job.start()
    XCTAssert(job.wait { !told.withLock { $0.isEmpty } }, "nothing was told")
    job.stop()
    XCTAssertFalse(job.control.pressure.isFull, "a worker that has stopped is not full")
    let first = told.withLock { $0[0] }
    XCTAssertEqual(first.cause, .step("keep"))
    let text = "\(first)"
    for part in ["\"keep\"", "state.memory", "slots", "1 s"] { XCTAssert(text.contains(part), text) }
  }

  func testTexts() {
    let budget = MemoryBudget(limit: 512 << 20)
    budget.charge(.exchange, 70 << 20)
    XCTAssertEqual(
      "\(HeldBack(cause: .exchange, duration_s: 12, budget: budget))",
      "sources have been held back for 12 s: rows between steps use more than their share, 64 MiB: what comes after "
        + "them is slower than the sources. Memory: 70 MiB of 512 MiB (slots 0 KiB, cold_store 0 KiB, exchange 70 MiB, "
        + "batches 0 KiB, plugins 0 KiB). Raise state.memory, or parallelism if there are cores left")
  }

  func testWhenToTell() {
    var watch = HeldBackWatch()
    func at(_ time_ms: Int64, _ isHeldBack: Bool) -> Int64? {
      watch.note(isHeldBack: isHeldBack, now_us: time_ms * 1000)
    }
    XCTAssertNil(at(0, true))
    XCTAssertNil(at(999, true))
    XCTAssertEqual(at(1000, true), 1_000_000)
    XCTAssertNil(at(1001, true))
    XCTAssertNil(at(10_999, true))
    XCTAssertEqual(at(11_000, true), 11_000_000)
    XCTAssertNil(at(12_000, false))
    XCTAssertNil(at(12_001, true))
    XCTAssertNil(at(13_100, true), "told less than ten seconds ago")
    XCTAssertEqual(at(21_001, true), 9_000_000, "since the last break")
  }
}
