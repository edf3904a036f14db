import CMillrace
import Columnar
import State
import XCTest

@testable import PluginHost

/// Operators that do wrong, and one that does right.
final class OperatorTests: XCTestCase {
  private static let lab = Result { try PluginLab() }
  override class func tearDown() { try? lab.get().remove() }

  private static let type = Result { try OperatorBench.type(lab.get()) }

  private func bench(_ what: String) throws -> OperatorBench {
    let bench = try OperatorBench(Self.type.get(), does: what)
    try bench.open()
    return bench
  }

  private func failure(_ what: String, file: StaticString = #filePath, line: UInt = #line) throws -> (String, String) {
    let bench = try bench(what)
    let error = pluginError(file: file, line: line) {
      try bench.running.process(OperatorBench.batch(["a", "b"]), port: 0)
    }
    XCTAssertEqual(bench.output.batches.count, 0, file: file, line: line)
    return (error.code, error.text)
  }

  func testRowsStateAndTimers() throws {
    let bench = try bench("")
    let long = "a name of more than twelve bytes"
    try bench.running.process(OperatorBench.batch(["a", long, "a"]), port: 0)
    XCTAssertEqual(bench.output.take(), ["a 1 1", "\(long) 1 2", "a 2 3"])
    try bench.running.advance(to: 1000)
    XCTAssertEqual(bench.output.take().sorted(), ["1000@timer 1 3", "1000@timer 2 3"])
    XCTAssertEqual(bench.state.keyCount, 2)
    bench.running.close()
  }

  /// An operator that sets a timer again whenever it fires.
  func testTimersSetAgainForEver() throws {
    let bench = try bench("rearm")
    try bench.running.process(OperatorBench.batch(["a"]), port: 0)
    try bench.running.advance(to: 3500)
    XCTAssertEqual(bench.output.take(), ["a 1 1", "1000@timer 1 1", "2000@timer 1 1", "3000@timer 1 1"])
    try bench.running.process(OperatorBench.batch(["b"]), port: 0)
    try bench.running.advance(to: .max)
    let behind = ["1000@timer 1 2", "2000@timer 1 2", "3000@timer 1 2"]  // b's, up to the watermark before
    XCTAssertEqual(bench.output.take(), ["b 1 2"] + behind + ["4000@timer 1 2", "4000@timer 1 2"])
    try bench.running.advance(to: .max)
    XCTAssertEqual(bench.output.take(), [], "the end, told again")
    XCTAssertEqual(bench.state.keyCount, 2)
  }

  /// More timers than may fire without a look at what is downstream.
  func testTimersThatWait() throws {
    let names = (0..<3000).map { "name \($0)" }
    var outputs: [[String]] = []
    for mayGoOn in [true, false] {
      let bench = try bench("rearm")
      try bench.running.process(OperatorBench.batch(names), port: 0)
      _ = bench.output.take()
      var output: [String] = []
      for watermark_us in [1000, 2500, Int64.max] {
        var calls = 1
        while try !bench.running.advance(to: watermark_us, mayGoOn: { mayGoOn }) {
          calls += 1
          let part = bench.output.take()
          XCTAssertTrue((1...1024).contains(part.count), "\(part.count) rows at once")
          output += part
        }
        XCTAssertTrue(mayGoOn ? calls == 1 : calls >= 3, "\(calls) calls")
        output += bench.output.take()
      }
      outputs.append(output)
    }
    XCTAssertEqual(outputs[0].count, 9000)
    XCTAssertEqual(outputs[0], outputs[1])
  }

  func testSnapshotsComeBack() throws {
    let bench = try bench("")
    try bench.running.process(OperatorBench.batch(["a", "b", "a"]), port: 0)
    let snapshot = try bench.running.snapshot()
    XCTAssertEqual(snapshot.own, [3, 0, 0, 0, 0, 0, 0, 0])
    let restored = try self.bench("")
    try restored.running.restore(OperatorBench.stored(snapshot), version: "1.0.0")
    try restored.running.process(OperatorBench.batch(["a"]), port: 0)
    XCTAssertEqual(restored.output.take(), ["a 3 4"])
    try restored.running.advance(to: 2000)
    XCTAssertEqual(restored.output.take().sorted(), ["1000@timer 1 4", "1000@timer 3 4", "2000@timer 3 4"])
  }

  func testCallsThatFail() throws {
    var found = try failure("fail")
    XCTAssertEqual(found.0, "plugin-call-failed")
    XCTAssertEqual(found.1, "bad.operator: process: broken on purpose")
    found = try failure("silent")
    XCTAssertEqual(found.1, "bad.operator: process: process failed with status 5 and said nothing")
    found = try failure("unterminated")
    XCTAssertEqual(found.1, "bad.operator: process: " + String(repeating: "x", count: 512))
    found = try failure("bad-timer")
    XCTAssertEqual(
      found.1,
      "bad.operator: process: no such timer kind (0) or slot (1073741824), or the operator has no keyed input")
  }

  func testErrorClasses() throws {
    let bench = try bench("retry")
    XCTAssertThrowsError(try bench.running.process(OperatorBench.batch(["a"]), port: 0)) {
      XCTAssertEqual(($0 as? PluginError)?.errorClass, .retry)
    }
  }

  func testBatchesThatAreRefused() throws {
    var found = try failure("wrong-port")
    XCTAssertEqual(found.0, "bad-batch")
    XCTAssertEqual(found.1, "bad.operator: emit: there is no output 9, there are 1")
    found = try failure("ignore")
    XCTAssertEqual(found.0, "bad-batch")
    XCTAssertEqual(
      found.1, "bad.operator: emit: there is no output 9, there are 1", "the plugin says all is well, but rows are lost"
    )
    for what in ["wild-view", "wild-buffer"] {
      found = try failure(what)
      XCTAssertEqual(found.0, "bad-batch")
      XCTAssertEqual(
        found.1,
        "bad.operator: emit to output 0: column \"name\" (utf8) has a view in row 0 that points out of its data buffers"
      )
    }
    found = try failure("released")
    XCTAssertEqual(found.1, "bad.operator: emit to output 0: a batch was released before it came")
  }

  func testAnOperatorGoesOnAfterAFailure() throws {
    let bench = try bench("ignore")
    for _ in 0..<2 { XCTAssertThrowsError(try bench.running.process(OperatorBench.batch(["a"]), port: 0)) }
    XCTAssertNoThrow(try bench.running.advance(to: 1), "a failure is reported once")
  }

  func testGoodViewsPass() throws {
    let bench = try bench("good-view")
    try bench.running.process(OperatorBench.batch(["a"]), port: 0)
    XCTAssertEqual(bench.output.take(), ["hello 1 1"])
  }

  func testOffsetsBecomeViewsAndOutliveTheCall() throws {
    let bench = try bench("offsets")
    let names = ["", "short", "a name of more than twelve bytes", "another name of more than twelve bytes"]
    XCTAssertEqual(bench.running.outputs, [OperatorBench.schema])
    try bench.running.process(OperatorBench.batch(names), port: 0)
    try bench.running.process(OperatorBench.batch(names.reversed()), port: 0)
    XCTAssertEqual(bench.output.take(), names + names.reversed())
  }

  func testRejectedRows() throws {
    let bench = try bench("reject")
    let batch = OperatorBench.batch(["a", "b"])
    try bench.running.process(batch, port: 0)
    XCTAssertEqual(bench.rejected.map(\.row), [0, 1])
    XCTAssertEqual(bench.rejected.map(\.code), [40, 41])
    XCTAssertEqual(bench.rejected.map(\.message), ["not wanted", "rejected"])
    XCTAssert(bench.rejected.allSatisfy { $0.batch === batch })
    bench.rejectFailure = CancellationError()
    XCTAssertThrowsError(try bench.running.process(batch, port: 0)) { XCTAssert($0 is CancellationError) }
  }

  func testInstancesThatCantBeMade() throws {
    let type = try Self.type.get()
    for (what, code, text) in [
      ("create-fails", "plugin-call-failed", "create: no such thing"),
      ("no-instance", "plugin-call-failed", "create gave no instance"),
      ("bad-schema", "bad-schema", "bind gave a bad schema for output 0: "),
      ("no-schema", "bad-schema", "bind gave a bad schema for output 0: field \"\" has no format"),
    ] {
      let error = pluginError {
        _ = try BoundOperator(type: type, config: "{\"do\":\"\(what)\"}", inputs: [OperatorBench.schema])
      }
      XCTAssertEqual(error.code, code, what)
      XCTAssert(error.text.hasPrefix("bad.operator: " + text), error.text)
    }
    let error = pluginError { _ = try BoundOperator(type: type, config: "{}", inputs: [Schema([])]) }
    XCTAssertEqual(
      error.text,
      "bad.operator: bind: input has no column \"name\"; add it to the fields of the topic or of the step before")
  }

  func testInstancesThatCantBeOpened() throws {
    for (what, text) in [
      ("open-fails", "open: can't open"),
      ("unknown-state", "open: no state \"other\" is declared in the operator's descriptor"),
    ] {
      let bench = try OperatorBench(Self.type.get(), does: what)
      XCTAssertEqual(pluginError { try bench.open() }.text, "bad.operator: " + text)
      bench.running.close()
    }
  }

  func testSnapshotsThatFail() throws {
    var bench = try bench("snapshot-fails")
    XCTAssertEqual(pluginError { _ = try bench.running.snapshot() }.text, "bad.operator: snapshot: can't say")
    bench = try self.bench("snapshot-large")
    XCTAssertEqual(
      pluginError { _ = try bench.running.snapshot() }.text,
      "bad.operator: snapshot: a snapshot's private bytes may be 1 GiB at most; keep what is large in keyed state")
    bench = try self.bench("restore-fails")
    XCTAssertEqual(
      pluginError { try bench.running.restore(.init(own: [1]), version: "0.9.0") }.text,
      "bad.operator: restore: can't read what 0.9.0 wrote")
  }

  func testLogLinesAreLimited() throws {
    let lines = LogLines()
    let bench = try bench("log")
    var start = time(nil)
    // All lines must fall into one second.
    repeat {
      start = time(nil)
      while time(nil) == start { usleep(1000) }
      start = time(nil)
      try bench.running.process(OperatorBench.batch(["a"]), port: 0)
    } while time(nil) != start
    let own = lines.all.filter { $0.component == "bad.operator" }
    XCTAssertEqual(own.count % 100, 0)
    XCTAssertEqual(own.first, .init(level: MILL_LOG_WARNING, component: "bad.operator", message: "a line"))
    let other = lines.all.filter { $0.component == "another" }
    XCTAssertEqual(other.last, .init(level: MILL_LOG_ERROR, component: "another", message: ""))
    XCTAssertEqual(own.count, other.count * 100, "100 of the 150 lines of each second")
  }
}
