import Columnar
import State
import XCTest

@testable import PluginHost

/// A newer version takes over from a running one.
final class SwapTests: XCTestCase {
  private static let lab = Result { try PluginLab() }
  override class func tearDown() { try? lab.get().remove() }

  private static let old = Result { try OperatorBench.type(lab.get()) }
  private static let new = Result { try OperatorBench.type(lab.get(), version: "2.0.0") }

  private func running() throws -> OperatorBench {
    let bench = try OperatorBench(Self.old.get())
    try bench.open()
    try bench.running.process(OperatorBench.batch(["a", "b", "a"]), port: 0)
    XCTAssertEqual(bench.output.take(), ["a 1 1", "b 1 2", "a 2 3"])
    return bench
  }

  func testStateTimersAndPrivateBytesStay() throws {
    let bench = try running()
    try bench.running.advance(to: 500)
    let successor = try bench.instance(Self.new.get(), does: "")
    try successor.takeOver(from: bench.running)
    try successor.process(OperatorBench.batch(["a", "c"]), port: 0)
    XCTAssertEqual(bench.output.take(), ["a 3 4", "c 1 5"])
    try successor.advance(to: 1000)
    XCTAssertEqual(bench.output.take(), ["1000@timer 3 5", "1000@timer 1 5", "1000@timer 1 5"])
    try successor.advance(to: 10_000)
    XCTAssertEqual(bench.output.take(), ["2000@timer 3 5", "3000@timer 3 5"])
    successor.close()
  }

  func testTheOldVersionCanTakeOverAgain() throws {
    let bench = try running()
    let second = try bench.instance(Self.new.get(), does: "")
    try second.takeOver(from: bench.running)
    let third = try bench.instance(Self.old.get(), does: "")
    try third.takeOver(from: second)
    try third.process(OperatorBench.batch(["a"]), port: 0)
    XCTAssertEqual(bench.output.take(), ["a 3 4"])
  }

  func testAFailedTakeOverLeavesThePredecessorAsItWas() throws {
    for (what, text) in [
      ("open-fails", "bad.operator: open: can't open"),
      ("restore-fails", "bad.operator: restore: can't read what 1.0.0 wrote"),
    ] {
      let bench = try running()
      var successor: PluginOperator? = try bench.instance(Self.new.get(), does: what)
      XCTAssertEqual(pluginError { try successor?.takeOver(from: bench.running) }.text, text)
      successor = nil
      try bench.running.process(OperatorBench.batch(["a"]), port: 0)
      XCTAssertEqual(bench.output.take(), ["a 3 4"], what)
      try bench.running.advance(to: 10_000)
      XCTAssertEqual(bench.output.take().count, 4, what)
      XCTAssertEqual(try bench.running.snapshot().own, [4, 0, 0, 0, 0, 0, 0, 0])
    }
  }

  func testAPredecessorThatCantSaveItsBytesStays() throws {
    let bench = try OperatorBench(Self.old.get(), does: "snapshot-fails")
    try bench.open()
    let successor = try bench.instance(Self.new.get(), does: "")
    XCTAssertEqual(
      pluginError { try successor.takeOver(from: bench.running) }.text, "bad.operator: snapshot: can't say")
    try bench.running.process(OperatorBench.batch(["a"]), port: 0)
    XCTAssertEqual(bench.output.take(), ["a 1 1"])
  }

  func testOnlyARunningOperatorCanBeTakenOver() throws {
    let bench = try OperatorBench(Self.old.get())
    let successor = try bench.instance(Self.new.get(), does: "")
    let error = pluginError { try successor.takeOver(from: bench.running) }
    XCTAssertEqual(error.text, "bad.operator: the running version is not open")
  }

  func testDifferences() throws {
    let current = try Self.old.get().descriptor
    XCTAssertNil(PluginOperator.difference(of: try Self.new.get().descriptor, from: current))
    func difference(_ edit: (inout OperatorDescriptor) -> Void) -> String? {
      var other = current
      edit(&other)
      return PluginOperator.difference(of: other, from: current)
    }
    XCTAssertNil(difference { $0.summary = "Other." })
    XCTAssertNil(difference { $0.configSchema = nil })
    XCTAssertEqual(difference { $0.inputs[0].name = "other" }, "its inputs differ")
    XCTAssertEqual(difference { $0.inputs[0].isKeyed = false }, "its inputs differ")
    XCTAssertEqual(difference { $0.outputs = [] }, "its outputs differ")
    XCTAssertEqual(difference { $0.states = [] }, "it has 0 states, not 1")
    XCTAssertEqual(difference { $0.states[0].name = "other" }, "state \"counts\" became \"other\"")
    XCTAssertEqual(
      difference { $0.states[0].schemaVersion = 2 }, "state \"counts\" has schema version 2, was 1")
    XCTAssertEqual(difference { $0.states[0].kind = .list }, "state \"counts\" is of kind list, was value")
    XCTAssertEqual(
      difference { $0.states[0].type = .structure([Field("count", .int32)]) },
      "state \"counts\" is struct<count: int32>, was struct<count: int64>")
  }
}
