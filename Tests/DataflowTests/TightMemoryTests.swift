import Columnar
import Dataflow
import Foundation
import XCTest

/// Graphs at random under budgets that are next to nothing: all rows arrive, every epoch ends.
final class TightMemoryTests: XCTestCase {
  private struct SeededRandom: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }
  }

  /// A graph, and how often each of its nodes gets each row of each source.
  private struct Made {
    var nodes: [Graph.Node] = []
    /// By node, then source.
    var times: [[Int: Int]] = []
    var sources: [Int] = []
    var operators: [Int] = []
    var store = FakeSink.Store()
    var sinkTimes = 0
  }

  private static let length: Int64 = 1200
  private static let splits: Int64 = 2

  private func make(workers: Int, _ random: inout SeededRandom) -> Made {
    var made = Made()
    for number in 0..<Int.random(in: 1...3, using: &random) {
      made.nodes.append(
        .source(
          "source\(number)", tap: FakeSource.Tap(length: Self.length), splits: Self.splits, workers: workers,
          batchRows: [1, 7, 50].randomElement(using: &random)!, first: Int64(number * 10)))
      made.times.append([number: 1])
      made.sources.append(number)
    }
    for _ in 0..<Int.random(in: 1...5, using: &random) { addOperator(to: &made, workers, &random) }
    for node in made.operators { addSink(to: &made, from: node) }
    return made
  }

  private func addOperator(to made: inout Made, _ workers: Int, _ random: inout SeededRandom) {
    var inputs: [Graph.Input] = []
    var times: [Int: Int] = [:]
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let from = Int.random(in: 0..<made.nodes.count, using: &random)
      inputs.append(Bool.random(using: &random) ? .keyed(from: from, workers: workers) : Graph.Input(from: from))
      for (source, count) in made.times[from] { times[source, default: 0] += count }
    }
    let slow = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0..<workers, using: &random) : -1
    let own: Int64 = [0, 0, 1, 3].randomElement(using: &random)!
    made.operators.append(made.nodes.count)
    made.nodes.append(
      .pass("operator\(made.nodes.count)", log: FakeOperator.Log(), inputs: inputs, rowsPerWatermark: own) {
        worker, _ in
        if worker == slow { usleep(50) }
      })
    made.times.append(times)
  }

  private func addSink(to made: inout Made, from node: Int) {
    made.nodes.append(.sink(made.store, from: node))
    made.times.append([:])
    made.sinkTimes += made.times[node].values.reduce(0, +)
  }

  func testRandomGraphs() {
    let given = ProcessInfo.processInfo.environment["MILLRACE_SEED"].flatMap(UInt64.init)
    let seed = given ?? UInt64.random(in: 0...UInt64.max)
    print("tight memory: MILLRACE_SEED=\(seed)")
    var random = SeededRandom(state: seed)
    for _ in 0..<12 where !run(&random) { return XCTFail("seed \(seed)") }
  }

  /// Runs one graph to its end, with epochs on the way. False if something was wrong.
  private func run(_ random: inout SeededRandom) -> Bool {
    let workers = Int.random(in: 1...3, using: &random)
    let limit = [0, 1000, 8 * 1000, 8 * 50_000].randomElement(using: &random)!
    let made = make(workers: workers, &random)
    let budget = MemoryBudget(limit: limit)
    var job: Job? = Job(
      made.nodes, workers: workers, ringCapacity: Int.random(in: 2...8, using: &random), budget: budget)
    job?.start()
    for epoch in UInt64(1)...4 {
      usleep(UInt32.random(in: 0...2000, using: &random))
      _ = job?.endEpoch(epoch)
    }
    job?.waitForEnd()
    let last = job?.endEpoch(5) ?? []
    job?.stop()
    let isRight = job?.failures.isEmpty == true && check(made, last)
    job = nil
    XCTAssertEqual(budget.used, 0, "rows are counted though they are gone")
    return isRight && budget.used == 0
  }

  private func check(_ made: Made, _ snapshots: [WorkerSnapshot]) -> Bool {
    var isRight = true
    for node in made.operators {
      var expected: [Int64: Int64] = [:]
      for (source, times) in made.times[node] {
        for split in 0..<Self.splits { expected[Int64(source) * 10 + split] = Self.length * Int64(times) }
      }
      var counts: [Int64: Int64] = [:]
      for snapshot in snapshots {
        guard let counted = snapshot.operators[node] else { continue }
        for (split, count) in FakeOperator.counts(in: counted) {
          if split >= 0 { counts[split, default: 0] += count }
        }
      }
      XCTAssertEqual(counts, expected, "rows of \(made.nodes[node].id)")
      isRight = isRight && counts == expected
    }
    let rows = made.sinkTimes * Int(Self.length * Self.splits)
    let count = made.store.all.count { $0.row.split >= 0 }
    XCTAssertEqual(count, rows)
    return isRight && count == rows
  }

  func testManyRowsOfOneWatermarkWaitForRoom() {
    let sink = FakeSink.Store(room: 0)
    let log = FakeOperator.Log()
    // The share: 1000 rows of 32 bytes.
    let budget = MemoryBudget(limit: 8 * 32 * 1000)
    let given: Int64 = 50_000
    let job = Job(
      [
        .source(tap: FakeSource.Tap(length: 0), splits: 2, workers: 2),
        .pass("many", log: FakeOperator.Log(), inputs: [.keyed(from: 0, workers: 2)], rowsPerWatermark: given),
        .pass("next", log: log, inputs: [.keyed(from: 1, workers: 2)]), .sink(sink, from: 2),
      ], workers: 2, budget: budget)
    job.start()
    job.waitForEnd()
    job.control.injectBarrier(epoch: 1, replacements: Replacements())
    _ = job.wait(seconds: 0.3) { false }
    XCTAssertFalse(job.hasPassed(1), "an epoch ended before its rows were there")
    XCTAssertLessThan(budget.used(.exchange), 2500 * 32)
    XCTAssertTrue(log.all.allSatisfy { $0.watermarks_us.isEmpty }, "rows come after their time")
    sink.makeRoom(.max)
    XCTAssertTrue(job.wait { job.hasPassed(1) }, "the epoch did not end")
    XCTAssertTrue(log.all.allSatisfy { $0.watermarks_us == [.max] })
    XCTAssertEqual(sink.count, 2 * Int(given))
    job.stop()
    XCTAssertTrue(job.failures.isEmpty, "\(job.failures)")
  }

  func testSourcesPauseWhenTheShareIsUsedUp() {
    let sink = FakeSink.Store(room: 0)
    // The share: 1000 rows of 32 bytes.
    let budget = MemoryBudget(limit: 8 * 32 * 1000)
    let job = Job(
      [
        .source(tap: FakeSource.Tap(length: 20_000), splits: 2, workers: 2, batchRows: 100),
        .pass("count", log: FakeOperator.Log(), inputs: [.keyed(from: 0, workers: 2)]), .sink(sink, from: 1),
      ], workers: 2, ringCapacity: 64, budget: budget)
    job.start()
    func read() -> Int64 { job.workers.map { $0.metrics.rowsOut(node: 0) }.reduce(0, +) }
    XCTAssert(job.wait { read() > 500 }, "there is room for more: \(read()) rows")
    _ = job.wait(seconds: 0.5) { false }
    // Beyond the share: a batch at each source, and in each ring, input and sink.
    XCTAssertLessThan(read(), 2500, "sources go on though their rows have no room")
    XCTAssertLessThan(budget.used(.exchange), 2500 * 32)
    sink.makeRoom(.max)
    job.waitForEnd()
    _ = job.endEpoch(1)
    job.stop()
    XCTAssertEqual(sink.count, 40_000)
  }
}
