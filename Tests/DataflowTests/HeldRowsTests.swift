import Columnar
import Foundation
import Synchronization
import XCTest

@testable import Dataflow

/// Sources that hand over one thing that they have read in several pieces: no epoch ends in the middle of it.
final class HeldRowsTests: XCTestCase {
  /// One split of things that are `size` rows each, handed over seven at a time. Its position counts things.
  private final class Bulky: DataflowSource {
    static let size: Int64 = 100
    private let count: Int64
    private let onPiece: @Sendable () -> Void
    private var rows: Int64 = 0
    private var isEnded = false

    init(count: Int64, onPiece: @escaping @Sendable () -> Void) { (self.count, self.onPiece) = (count, onPiece) }

    let splits = [SplitPosition(split: "s", next: 0, watermark_us: .min)]
    var holdsRows: Bool { rows % Self.size != 0 }
    func position(split: Int) -> Int64 { (rows + Self.size - 1) / Self.size }
    func poll(max_rows: Int, output: any SourceOutput) throws -> Bool {
      guard rows < count * Self.size else {
        if !isEnded { output.ended(split: 0) }
        isEnded = true
        return false
      }
      let end = min(rows + 7, (rows / Self.size + 1) * Self.size)
      output.emit(Rows.batch((rows..<end).map { Row(key: $0 % 5, split: 0, place: $0) }), split: 0)
      rows = end
      onPiece()
      return true
    }
    func setPaused(split: Int, _ isPaused: Bool) {}
    func close() {}
  }

  /// Is full as soon as it has a row, until the epoch ends.
  private final class Full: DataflowOperator {
    private var isFull = false
    private var output: (any OperatorOutput)?
    var pressure: OperatorPressure { isFull ? .full : .none }
    func open(output: any OperatorOutput) throws { self.output = output }
    func restore(_ snapshot: OperatorSnapshot, version: String) throws {}
    func process(_ batch: RecordBatch, port: Int) throws {
      isFull = true
      output?.emit(batch, port: 0)
    }
    func advance(to watermark_us: Int64, mayGoOn: () -> Bool) throws -> Bool { true }
    func tick(now_us: Int64, mayGoOn: () -> Bool) throws -> Bool { false }
    func flush(epoch: UInt64) throws {}
    func snapshot() throws -> OperatorSnapshot {
      isFull = false
      return OperatorSnapshot()
    }
    func close() {}
  }

  private let sink = FakeSink.Store()

  private func job(things: Int64, _ more: [Graph.Node], onPiece: @escaping @Sendable () -> Void = {}) -> Job {
    let source = Graph.Node(
      id: "source",
      kind: .source(policy: WatermarkPolicy(outOfOrderness_us: 0, idleAfter_us: nil), alignment: nil) { _ in
        Bulky(count: things, onPiece: onPiece)
      }, inputs: [])
    return Job([source] + more, workers: 1)
  }

  /// Rows of each epoch, as the positions of the snapshots have them and as the sink has.
  private func check(_ snapshots: [WorkerSnapshot], line: UInt = #line) {
    var read: Int64 = 0
    for (index, snapshot) in snapshots.enumerated() {
      let next = snapshot.sources[0]?[0].next ?? -1
      let have = sink.all.count { $0.epoch == UInt64(index + 1) }
      XCTAssertEqual(Int64(have), (next - read) * Bulky.size, "epoch \(index + 1) up to \(next)", line: line)
      read = next
    }
    XCTAssertEqual(sink.all.map(\.row.place), Array(0..<read * Bulky.size), line: line)
  }

  func testEpochsEndBetweenThingsOnly() {
    let job = job(things: 50, [.sink(sink, from: 0)]) { usleep(300) }
    job.start()
    var snapshots: [WorkerSnapshot] = []
    while job.ended.isEmpty && snapshots.count < 500 { snapshots += job.endEpoch(UInt64(snapshots.count + 1)) }
    snapshots += job.endEpoch(UInt64(snapshots.count + 1))
    job.stop()
    XCTAssertGreaterThan(snapshots.count, 10, "too few epochs to meet a thing")
    check(snapshots)
    XCTAssertEqual(snapshots.last?.sources[0]?[0].next, 50)
  }

  /// What has room only once the epoch ends would wait for the source, and the source for it.
  func testAFullOperatorDoesNotKeepTheEpochFromEnding() {
    let full = Graph.Node(id: "full", kind: .operator { _ in Full() }, inputs: [Graph.Input(from: 0)])
    let job = job(things: 3, [full, .sink(sink, from: 1)])
    job.start()
    var snapshots: [WorkerSnapshot] = []
    for epoch in UInt64(1)...3 {
      XCTAssert(job.wait { job.wanted.contains { $0.epoch == epoch } }, "epoch \(epoch) was not asked for")
      XCTAssertFalse(job.hasPassed(epoch))
      snapshots += job.endEpoch(epoch)
    }
    job.stop()
    check(snapshots)
    XCTAssertEqual(snapshots.map { $0.sources[0]?[0].next }, [1, 2, 3], "more than the thing that was begun")
  }

  /// Sources that are to read no more still finish what they have begun.
  func testTheLastEpochEndsBehindAThing() {
    let pieces = PieceCount()
    let job = job(things: .max / 1000, [.sink(sink, from: 0)]) {
      pieces.value.add(1, ordering: .relaxed)
      usleep(300)
    }
    job.start()
    XCTAssert(job.wait { pieces.value.load(ordering: .relaxed) % 15 == 4 }, "nothing is read")
    job.control.pauseSources()
    check(job.endEpoch(1))
    let last = pieces.value.load(ordering: .relaxed)
    _ = job.wait(seconds: 0.1) { false }
    XCTAssertEqual(pieces.value.load(ordering: .relaxed), last, "it reads on")
    job.stop()
  }

  private final class PieceCount: Sendable { let value = Atomic<Int>(0) }
}
