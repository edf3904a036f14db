import Checkpointing
import Columnar
import Foundation
import XCTest

@testable import Dataflow
@testable import Engine

/// What is written is Prometheus' text format 0.0.4:
/// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
final class MetricsTests: XCTestCase {
  /// What is wrong with a text; nil if nothing is. Strict: all lines of a metric together, HELP before TYPE before samples.
  private static func problem(_ text: String) -> String? {
    guard text.hasSuffix("\n"), !text.hasSuffix("\n\n") else { return "no newline at the end, or too many" }
    var seen: Set<String> = []
    var series: Set<String> = []
    var (name, kind) = ("", "")
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if let found = line.wholeMatch(of: /# HELP ([a-z_][a-z0-9_]*) (([^\\]|\\\\|\\n)+)/) {
        name = String(found.1)
        kind = ""
        guard seen.insert(name).inserted else { return "\(name) comes twice" }
      } else if let found = line.wholeMatch(of: /# TYPE ([a-z0-9_]+) (counter|gauge)/) {
        guard found.1 == name, kind.isEmpty else { return "TYPE out of place: \(line)" }
        kind = String(found.2)
        guard (kind == "counter") == name.hasSuffix("_total") else { return "\(name) is no name of a \(kind)" }
      } else if let found = line.wholeMatch(
        of: /([a-z0-9_]+)(\{([a-z_]+="([^"\\]|\\\\|\\"|\\n)*",?)+\})? (-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?|NaN|[-+]Inf)/)
      {
        guard found.1 == name, !kind.isEmpty else { return "sample out of place: \(line)" }
        guard found.2?.hasSuffix(",}") != true else { return "comma at the end: \(line)" }
        guard series.insert("\(found.1)\(found.2 ?? "")").inserted else { return "series twice: \(line)" }
      } else {
        return "not a line of the format: \(line)"
      }
    }
    return nil
  }

  func testTheCheckFindsWhatIsWrong() {
    XCTAssertNil(Self.problem("# HELP a_total text\n# TYPE a_total counter\na_total 1\n"))
    let wrong = [
      "", "\n", "# HELP a t\n# TYPE a gauge\na 1", "# HELP a t\na 1\n", "a 1\n",
      "# HELP a t\n# TYPE a counter\na 1\n", "# HELP a t\n# TYPE a gauge\nb 1\n", "# HELP a t\n# TYPE a gauge\na x\n",
      "# HELP a t\n# TYPE a gauge\na{b=\"c\",} 1\n", "# HELP a t\n# TYPE a gauge\na{b=\"\"\"} 1\n",
      "# HELP a t\n# TYPE a gauge\na 1\na 2\n", "# HELP a t\n# TYPE a gauge\na 1\n\n",
    ]
    for text in wrong { XCTAssertNotNil(Self.problem(text), text) }
  }

  func testText() {
    let registry = MetricsRegistry()
    registry.gauge("b", help: "second", ["step": "a\"\\\n", "worker": "0"]).set(1.5)
    registry.counter("a_total", help: "first\nline \\").add(2)
    registry.counter("a_total", help: "ignored").add(3)
    registry.gauge("b", help: "second", ["step": "", "worker": "1"]).set(-7)
    let text = registry.text()
    XCTAssertEqual(
      text,
      """
      # HELP a_total first\\nline \\\\
      # TYPE a_total counter
      a_total 5
      # HELP b second
      # TYPE b gauge
      b{step="",worker="1"} -7
      b{step="a\\"\\\\\\n",worker="0"} 1.5

      """)
    XCTAssertNil(Self.problem(text))
  }

  func testNumbers() {
    let expected: [(Double, String)] = [
      (0, "0"), (-0.0, "0"), (1, "1"), (-1, "-1"), (0.1, "0.1"), (1e14, "100000000000000"),
      (1e15, "1000000000000000.0"), (1e17, "1e+17"),
      (1e-9, "1e-09"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (1.5e300, "1.5e+300"),
    ]
    for (value, text) in expected {
      XCTAssertEqual(MetricsText.number(value), text)
      let registry = MetricsRegistry()
      registry.gauge("n", help: "n").set(value)
      XCTAssertNil(Self.problem(registry.text()), text)
    }
  }

  func testManyThreads() {
    let registry = MetricsRegistry()
    DispatchQueue.concurrentPerform(iterations: 4) { worker in
      for step in 0..<5000 {
        registry.counter("a_total", help: "a").add(1)
        registry.gauge("g", help: "g", ["worker": "\(worker)", "step": "\(step % 3)"]).set(step)
        if step % 1000 == 0 { XCTAssertNil(Self.problem(registry.text())) }
      }
    }
    XCTAssertEqual(registry.counter("a_total", help: "a").value, 20_000)
  }

  func testProcess() throws {
    let registry = MetricsRegistry()
    let budget = MemoryBudget(limit: 64 << 20)
    ProcessMetrics.register(in: registry, budget: budget)
    budget.charge(.exchange, 123)
    let text = registry.text()
    XCTAssertNil(Self.problem(text), text)
    for line in [
      "millrace_memory_limit_bytes 67108864", "millrace_memory_used_bytes{kind=\"exchange\"} 123",
      "millrace_memory_share_bytes{kind=\"slots\"} 41943040", "millrace_ring_messages_limit 64",
    ] { XCTAssert(text.contains(line + "\n"), line) }
    XCTAssertGreaterThan(try XCTUnwrap(ProcessMetrics.residentBytes()), 1 << 20)
    let open = try XCTUnwrap(ProcessMetrics.openFiles())
    let pipe = Pipe()
    XCTAssertEqual(try XCTUnwrap(ProcessMetrics.openFiles()), open + 2)
    withExtendedLifetime(pipe) {}
    XCTAssertGreaterThan(ProcessMetrics.processorTime_s(), 0)
  }

  func testWorkers() {
    let registry = MetricsRegistry()
    let metrics = (0..<2).map { _ in WorkerMetrics(nodeCount: 2) }
    WorkerReport(metrics: metrics, steps: ["in", "out"]).register(in: registry)
    metrics[0].rowsOut(node: 0, count: 5)
    metrics[1].rowsIn(node: 1, count: 7)
    metrics[0].watermark(node: 0, 2_500_000)
    metrics[1].watermark(node: 0, 1_500_000)
    metrics[0].watermark(node: 1, 2_500_000)
    metrics[1].heldBack(for: 250_000)
    metrics[0].busy(node: 1, for: 1_500_000_000)
    metrics[0].backPressure(node: 0, for: 500_000)
    let text = registry.text()
    XCTAssertNil(Self.problem(text), text)
    for line in [
      "millrace_rows_out_total{step=\"in\",worker=\"0\"} 5", "millrace_rows_in_total{step=\"out\",worker=\"1\"} 7",
      "millrace_step_busy_seconds_total{step=\"out\",worker=\"0\"} 1.5",
      "millrace_step_back_pressure_seconds_total{step=\"in\",worker=\"0\"} 0.5",
      "millrace_watermark_seconds{step=\"in\"} 1.5", "millrace_watermark_seconds{step=\"out\"} 2.5",
      "millrace_sources_held_back_seconds_total{worker=\"1\"} 0.25",
    ] { XCTAssert(text.contains(line + "\n"), "\(line) is not in\n\(text)") }
  }

  func testEpochs() {
    let registry = MetricsRegistry()
    var epochs = EpochMetrics(registry: registry)
    epochs.note(EpochAction.injectBarrier(epoch: 1, isFinal: false), now_us: 1_000_000)
    epochs.note(EpochEvent.barrierPassed(epoch: 1), now_us: 1_500_000)
    epochs.note(EpochAction.flush(epoch: 1), now_us: 1_500_000)
    let failure = EpochFailure(step: .flush, epoch: 1, kind: .retriable, message: "")
    epochs.note(EpochEvent.failed(failure), now_us: 1_600_000)
    epochs.note(EpochAction.flush(epoch: 1), now_us: 1_700_000)
    epochs.note(EpochEvent.acknowledged(epoch: 1), now_us: 2_500_000)
    epochs.note(EpochAction.markCommitted(epoch: 1), now_us: 3_000_000)
    epochs.note(EpochEvent.marked(epoch: 1), now_us: 3_000_000)
    epochs.note(EpochEvent.committed(epoch: 1), now_us: 9_000_000)
    let text = registry.text()
    XCTAssertNil(Self.problem(text), text)
    for line in [
      "millrace_epoch_phase_seconds_total{phase=\"barrier\"} 0.5", "millrace_epoch_phase_seconds{phase=\"flush\"} 1",
      "millrace_epoch_phase_seconds_total{phase=\"mark\"} 0", "millrace_epochs_total{outcome=\"committed\"} 1",
      "millrace_epochs_total{outcome=\"failed\"} 0",
    ] { XCTAssert(text.contains(line + "\n"), "\(line) is not in\n\(text)") }
    XCTAssertFalse(text.contains("phase=\"commit\""), "what was not asked for is not timed")
  }

  func testFile() throws {
    let directory = NSTemporaryDirectory() + "millrace-metrics-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let path = directory + "/millrace.prom"
    let registry = MetricsRegistry()
    let gauge = registry.gauge("g", help: "g")
    gauge.set(1)
    let file = try MetricsFile(path: path, interval_us: 5000, registry: registry)
    func text() -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
    XCTAssert(text().hasSuffix("\ng 1\n"))
    gauge.set(2)
    let deadline = Date().addingTimeInterval(10)
    while !text().hasSuffix("\ng 2\n"), Date() < deadline {
      XCTAssertNil(Self.problem(text()), "half a file was seen")
      usleep(500)
    }
    XCTAssert(text().hasSuffix("\ng 2\n"), "the file is not written again")
    gauge.set(3)
    file.close()
    file.close()
    XCTAssert(text().hasSuffix("\ng 3\n"), "the end is not written")
    XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: directory), ["millrace.prom"])
  }

  func testFileThatCanNotBeWritten() {
    XCTAssertThrowsError(try MetricsFile(path: "/nowhere/m.prom", interval_us: 1000, registry: MetricsRegistry())) {
      XCTAssert("\($0)".contains("/nowhere/m.prom"), "\($0)")
    }
  }

  /// Every metric is in docs/metrics.md, and nothing else is.
  func testTheDocumentListsAll() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    func names(_ text: String) -> Set<String> {
      Set(text.matches(of: /\b(?:millrace|process)_[a-z0-9_]+/).map { String($0.0) })
    }
    let document = names(try String(contentsOf: root.appendingPathComponent("docs/metrics.md"), encoding: .utf8))
    var sources: Set<String> = []
    let directory = root.appendingPathComponent("Sources/Engine")
    for file in try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil) {
      let text = try String(contentsOf: file, encoding: .utf8)
      sources.formUnion(text.matches(of: /"((?:millrace|process)_[a-z0-9_]+)"/).map { String($0.1) })
    }
    XCTAssertEqual(document.subtracting(sources), [], "in the document only")
    XCTAssertEqual(sources.subtracting(document), [], "not in the document")
  }
}
