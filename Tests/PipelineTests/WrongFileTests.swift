import Foundation
import Pipeline
import XCTest

/// Every file in wrong/ is refused with exactly the messages in its .expected.
final class WrongFileTests: XCTestCase {
  func testEachWrongFileHasItsMessages() throws {
    let files = try Files.pipelines(in: "wrong")
    XCTAssertGreaterThanOrEqual(files.count, 30)
    for file in files {
      let result = Files.plan(try Files.bytes(file))
      let expected = file.deletingPathExtension().appendingPathExtension("expected")
      // A changed message is looked at, then taken over with MILLRACE_TAKE_MESSAGES=1.
      if ProcessInfo.processInfo.environment["MILLRACE_TAKE_MESSAGES"] == "1" {
        try result.text.write(to: expected, atomically: true, encoding: .utf8)
      }
      XCTAssertNil(result.plan, file.lastPathComponent)
      XCTAssert(result.diagnostics.contains { $0.severity == .error }, file.lastPathComponent)
      let text = (try? String(contentsOf: expected, encoding: .utf8)) ?? "no file \(expected.lastPathComponent)"
      XCTAssertEqual(result.text, text, file.lastPathComponent)
    }
  }

  func testEveryExpectationHasItsFile() throws {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: Files.directory.appendingPathComponent("wrong").path)
    let expected = Set(names.filter { $0.hasSuffix(".expected") }.map { $0.dropLast(".expected".count) })
    let files = Set(names.filter { $0.hasSuffix(".yaml") }.map { $0.dropLast(".yaml".count) })
    XCTAssertEqual(expected, files)
  }

  func testFileThatIsNotThere() {
    let result = PipelineDocument(path: "/nowhere/pipeline.yaml").plan(catalog: FakeCatalog())
    XCTAssertEqual(
      result.text, "/nowhere/pipeline.yaml:1:1: error: the file can't be read: No such file or directory\n")
  }

  func testFileThatIsTooLarge() {
    let result = Files.plan(Array(repeating: UInt8(ascii: "#"), count: (1 << 20) + 1))
    XCTAssertEqual(
      result.text, "pipeline.yaml:1:1: error: the file has 1048577 bytes; at most 1048576 are read\n")
  }

  func testMessagesHaveALimit() {
    let keys = (0..<500).map { "key\($0): 1\n" }.joined()
    let result = Files.plan("job: a\nsteps: [{ id: a, source: nexmark, config: { events: 1 } }]\n" + keys)
    XCTAssertEqual(result.diagnostics.count, 101)
    XCTAssertEqual(result.diagnostics.last?.message, "and 401 more; mend these first")
  }
}
