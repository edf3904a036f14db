import Columnar
import Dataflow
import Foundation
import XCTest

/// What goes wrong in a step is reported with the step's id; replacements at a barrier.
final class FailureTests: XCTestCase {
  private let (log, sink) = (FakeOperator.Log(), FakeSink.Store())

  private func nodes(
    onBatch: (@Sendable (_ worker: Int, _ rows: [Row]) throws -> Void)? = nil
  ) -> [Graph.Node] {
    [
      .source(tap: FakeSource.Tap(), splits: 2, workers: 2),
      .pass("count", log: log, inputs: [.keyed(from: 0, workers: 2)], onBatch: onBatch), .sink(sink, from: 1),
    ]
  }

  /// Runs until a worker fails; gives the step and the error's text.
  private func failure(_ job: Job, line: UInt = #line) -> (node: String?, text: String) {
    XCTAssert(job.wait { !job.failures.isEmpty }, "nothing failed", line: line)
    job.stop(line: line)
    guard let failure = job.failures.first else { return (nil, "") }
    return (failure.node, (failure.error as? Problem)?.text ?? "\(failure.error)")
  }

  func testOperator() {
    let job = Job(
      nodes { worker, rows in
        if worker == 1, rows.contains(where: { $0.place > 1000 }) { throw Problem(text: "bad row") }
      }, workers: 2, bounded: false)
    job.start()
    let found = failure(job)
    XCTAssertEqual(found.node, "count")
    XCTAssertEqual(found.text, "bad row")
    XCTAssertEqual(job.failures.count, 1)
  }

  func testOperatorDownstreamOfAnother() {
    var all = nodes()
    all.insert(
      .pass("second", log: log, inputs: [Graph.Input(from: 1)]) { _, _ in throw Problem(text: "below") }, at: 2)
    all[3].inputs[0].from = 2
    let job = Job(all, workers: 2, bounded: false)
    job.start()
    XCTAssertEqual(failure(job).node, "second")
  }

  func testSinkWhileRowsWait() {
    let job = Job(nodes(), workers: 2, bounded: false)
    sink.makeRoom(100)
    job.start()
    XCTAssert(job.wait { sink.count == 100 })
    _ = job.wait(seconds: 0.1) { false }
    sink.breakDown()
    let found = failure(job)
    XCTAssertEqual(found.node, "sink")
    XCTAssertEqual(found.text, "the sink broke")
  }

  func testMakingAStep() {
    var all = nodes()
    all[1].kind = .operator { _ in throw Problem(text: "can't be made") }
    let job = Job(all, workers: 2, bounded: false)
    job.start()
    XCTAssertEqual(failure(job).node, "count")
  }

  func testMakingAnExchange() {
    var all = nodes()
    all[1].inputs[0].partitioner = { _ in throw Problem(text: "no such column") }
    let job = Job(all, workers: 2, bounded: false)
    job.start()
    XCTAssertEqual(failure(job).node, "count")
  }

  func testReplacement() {
    let job = Job(nodes(), workers: 2, bounded: false)
    job.start()
    XCTAssert(job.wait { sink.count > 100 })
    let replace: Replacement = { current, _ in (current as! FakeOperator).successor() }
    let snapshots = job.endEpoch(1, replacements: [1: replace])
    XCTAssertEqual(snapshots.count, 2)
    let before = sink.count
    XCTAssert(job.wait { sink.count > before + 1000 && (0..<2).allSatisfy { self.log[$0].version == 2 } })
    _ = job.endEpoch(2)
    _ = job.endEpoch(3, replacements: [1: replace])
    XCTAssert(job.wait { (0..<2).allSatisfy { self.log[$0].version == 3 } })
    let last = job.endEpoch(4)
    job.stop()
    var counts: [Int64: Int64] = [:]
    for snapshot in last {
      for (split, count) in FakeOperator.counts(in: snapshot.operators[1]!) { counts[split, default: 0] += count }
    }
    for position in last.flatMap({ $0.sources[0]! }) {
      XCTAssertEqual(counts[Int64(position.split.dropFirst(2))!], position.next, "rows lost or repeated")
    }
  }

  func testReplacementThatThrows() {
    for (node, id) in [(0, "source"), (1, "count"), (2, "sink")] {
      let job = Job(nodes(), workers: 2, bounded: false)
      job.start()
      job.control.injectBarrier(
        epoch: 1, replacements: Replacements(nodes: [node: { _, _ in throw Problem(text: "no") }]))
      XCTAssertEqual(failure(job).node, id)
    }
  }

  func testReplacementOfAnotherKind() {
    for (node, id) in [(0, "source"), (1, "count"), (2, "sink")] {
      let job = Job(nodes(), workers: 2, bounded: false)
      job.start()
      job.control.injectBarrier(epoch: 1, replacements: Replacements(nodes: [node: { _, _ in NSObject() }]))
      XCTAssertEqual(failure(job).node, id)
    }
  }
}
