import Kafka
import XCTest

@testable import Dataflow
@testable import Engine

/// What `millrace status` tells of splits, and rates.
final class StatusSplitsTests: XCTestCase {
  private func split(
    _ name: String, _ watermark_us: Int64?, _ condition: JobStatus.Split.Condition = .active
  ) -> JobStatus.Split {
    JobStatus.Split(
      step: "in", split: name, worker: 0, next: 0, watermark_us: watermark_us, condition: condition)
  }

  private func holder(_ splits: [JobStatus.Split]) -> [String] {
    var marked = splits
    CounterReport.markHolder(&marked)
    return marked.filter(\.holdsWatermark).map(\.split)
  }

  func testTheSplitFurthestBehindHoldsTheWatermark() {
    XCTAssertEqual(holder([split("a", 30), split("b", 10), split("c", 20)]), ["b"])
    XCTAssertEqual(holder([split("a", 30), split("b", 10, .idle), split("c", 20, .ended)]), ["a"])
    XCTAssertEqual(holder([split("a", 30), split("b", nil)]), ["b"], "one without rows holds all up")
    XCTAssertEqual(holder([split("a", nil), split("b", nil)]), [], "there is no event time")
    XCTAssertEqual(holder([split("a", 30, .idle), split("b", 10, .ended)]), [])
    XCTAssertEqual(holder([]), [])
  }

  // MARK: - The warning

  /// Notes splits a and b at these event times.
  private func note(_ watch: inout WatermarkWatch, at_s: Int64, _ a: Int64?, _ b: Int64?) -> [WatermarkWatch.Finding] {
    var splits = [split("a", a), split("b", b)]
    CounterReport.markHolder(&splits)
    return watch.note(splits, now_us: at_s * 1_000_000)
  }

  func testASplitThatHoldsOthersUpIsTold() {
    var watch = WatermarkWatch()
    for second in Int64(0)..<10 { XCTAssertEqual(note(&watch, at_s: second, 5, 100 + second), []) }
    let found = note(&watch, at_s: 10, 5, 110)
    XCTAssertEqual(
      found,
      [.init(step: "in", split: "a", watermark_us: 5, duration_us: 10_000_000, furthest_us: 110)])
    XCTAssert(
      "\(found[0])".contains("step \"in\": a holds the watermark back: its event time is 1970-01-01T00:00:00.000005Z"))
    for second in Int64(11)..<70 { XCTAssertEqual(note(&watch, at_s: second, 5, 100 + second), [], "told again") }
    XCTAssertEqual(note(&watch, at_s: 70, 5, 170).map(\.duration_us), [70_000_000])
  }

  func testASplitWithoutEventTimeIsTold() {
    var watch = WatermarkWatch()
    XCTAssertEqual(note(&watch, at_s: 0, nil, 1), [])
    XCTAssertEqual(note(&watch, at_s: 10, nil, 2).map(\.watermark_us), [nil])
  }

  func testWhatMovesOrWhatNobodyWaitsForIsNotTold() {
    var watch = WatermarkWatch()
    for second in Int64(0)..<60 {
      XCTAssertEqual(note(&watch, at_s: second, second, 1000 + second), [], "it moves")
    }
    watch = WatermarkWatch()
    for second in Int64(0)..<60 { XCTAssertEqual(note(&watch, at_s: second, 5, 9), [], "nobody moves") }
    watch = WatermarkWatch()
    for second in Int64(0)..<60 { XCTAssertEqual(note(&watch, at_s: second, second, second), [], "all are level") }
    XCTAssertEqual(watch.note([], now_us: 1), [])
  }

  func testASplitThatPausedOnesWaitForIsTold() {
    var watch = WatermarkWatch()
    let splits = [split("a", 30, .paused), split("b", 10)]
    for second in Int64(0)..<10 { XCTAssertEqual(noted(&watch, splits, at_s: second), []) }
    XCTAssertEqual(noted(&watch, splits, at_s: 10), ["b"])
  }

  private func noted(_ watch: inout WatermarkWatch, _ splits: [JobStatus.Split], at_s: Int64) -> [String] {
    var splits = splits
    CounterReport.markHolder(&splits)
    return watch.note(splits, now_us: at_s * 1_000_000).map(\.split)
  }

  func testTheFirstPausedSplitOfAStepIsTold() {
    var watch = DriftWatch()
    var splits = [split("a", 30_000_000, .paused), split("b", 10), split("c", 40, .paused)]
    CounterReport.markHolder(&splits)
    XCTAssertEqual(watch.note(splits), [])
    splits[0].paused_us = 1
    splits[2].paused_us = 1
    XCTAssertEqual(
      watch.note(splits),
      [
        "step \"in\": a has been paused: its event time is further ahead of the step's slowest than `max_drift` allows. "
          + "Others may follow; `millrace status` shows them"
      ])
    XCTAssertEqual(watch.note(splits), [], "told again")
  }

  // MARK: - Rates

  private func sample(_ time_s: Double, attempt: Int = 1, rows: Int64 = 0) -> CounterSample {
    CounterSample(time_us: Int64(time_s * 1_000_000), attempt: attempt, rows: [rows], rowsOfSplits: [:])
  }
  private func base_s(_ history: CounterHistory, _ sample: CounterSample) -> Double? {
    history.base(of: sample).map { Double($0.time_us) / 1_000_000 }
  }

  func testRatesAreOfTheLastTenSeconds() {
    var history = CounterHistory()
    XCTAssertNil(base_s(history, sample(0)))
    for second in 0..<60 {
      history.add(sample(Double(second)))
      XCTAssertEqual(base_s(history, sample(Double(second) + 0.5)), Double(max(0, second - 10)), "\(second)")
    }
    XCTAssertNil(CounterHistory().base(of: sample(1)))
  }

  func testTooShortATimeHasNoRate() {
    var history = CounterHistory()
    history.add(sample(5))
    XCTAssertNil(base_s(history, sample(5.1)))
    XCTAssertEqual(base_s(history, sample(5.3)), 5)
  }

  func testAnAttemptIsNotComparedWithTheOneBefore() {
    var history = CounterHistory()
    history.add(sample(1, rows: 1_000_000))
    XCTAssertNil(base_s(history, sample(5, attempt: 2)))
    history.add(sample(6, attempt: 2))
    XCTAssertEqual(base_s(history, sample(8, attempt: 2)), 6)
  }

  func testManyLooksKeepFewSamples() {
    var history = CounterHistory()
    for look in 0..<10_000 { history.add(sample(Double(look) / 100)) }
    XCTAssertEqual(base_s(history, sample(100)), 90, "looking often forgets what is older")
  }

  // MARK: - All together

  func testSplits() throws {
    let workers = (0..<2).map { _ in WorkerMetrics(nodeCount: 1) }
    let starts: [[(name: String, next: Int64)]] = [[("t-10", 5), ("t-2", 7)], [("u-0", 9), ("other", 1)]]
    let splits = starts.map { ofWorker in
      ofWorker.map { SplitMetrics(SplitPosition(split: $0.name, next: $0.next, watermark_us: .min)) }
    }
    for (worker, splits) in zip(workers, splits) { worker.setSplits(node: 0, splits) }
    var view = AttemptView(workers: workers, steps: [.init(id: "in", kind: "source")])
    view.topics[0] = AttemptView.Topics(end: { $0.topic == "u" ? nil : 100 })
    let before = CounterSample(view, attempt: 1, time_us: 0)
    splits[0][1].read(rows: 25)
    splits[0][1].publish(next: 32, watermark_us: 4000, .active)
    splits[0][0].publish(next: 105, watermark_us: 5000, .idle)
    splits[1][0].publish(next: 9, watermark_us: .min, .paused)
    splits[1][0].waited(250_000)
    workers[0].rowsOut(node: 0, count: 25)
    let report = CounterReport(view: view, sample: CounterSample(view, attempt: 1, time_us: 2_000_000), base: before)
    let found = report.splits
    XCTAssertEqual(found.map(\.split), ["other", "t-2", "t-10", "u-0"])
    XCTAssertEqual(
      found[1],
      JobStatus.Split(
        step: "in", split: "t-2", topic: "t", partition: 2, worker: 0, next: 32, end: 100, lag: 68, rowsPerS: 12.5,
        watermark_us: 4000, condition: .active))
    XCTAssertEqual(found[2].lag, 0, "the end that is known is older than the position")
    XCTAssertEqual(found[2].condition, .idle)
    XCTAssertEqual(
      found[3],
      JobStatus.Split(
        step: "in", split: "u-0", topic: "u", partition: 0, worker: 1, next: 9, rowsPerS: 0, condition: .paused,
        paused_us: 250_000))
    XCTAssertTrue(found[0].holdsWatermark, "it is the first of those without an event time")
    XCTAssertNil(found[0].topic)
    XCTAssertEqual(report.steps.first?.rowsPerS, 12.5)
    XCTAssertEqual(report.window_us, 2_000_000)
    checkMetrics(view)
  }

  private func checkMetrics(_ view: AttemptView) {
    let board = StatusBoard(JobFacts(job: "j", engineVersion: "1", guarantee: "exactly_once", parallelism: 2))
    let registry = MetricsRegistry()
    SplitGauges.register(in: registry, board)
    XCTAssertEqual(registry.text(), "", "there is no attempt yet")
    board.attemptIsMade(view, committed: 0)
    let text = registry.text()
    for line in [
      #"millrace_split_next{step="in",split="t-2"} 32"#, #"millrace_split_lag{step="in",split="t-2"} 68"#,
      #"millrace_split_watermark_seconds{step="in",split="t-2"} 0.004"#,
      #"millrace_split_holds_watermark{step="in",split="other"} 1"#,
      #"millrace_split_holds_watermark{step="in",split="t-2"} 0"#, #"millrace_split_paused{step="in",split="t-2"} 0"#,
      #"millrace_split_paused{step="in",split="u-0"} 1"#,
      #"millrace_split_paused_seconds_total{step="in",split="u-0"} 0.25"#,
    ] { XCTAssert(text.contains(line + "\n"), "\(line) is not in\n\(text)") }
    XCTAssertFalse(text.contains(#"millrace_split_lag{step="in",split="u-0"}"#), "its end is not known")
  }
}
