import Foundation
import Glibc
import XCTest

@testable import Engine

/// The socket that a job answers on.
final class StatusServerTests: XCTestCase {
  private var directory = ""

  override func setUpWithError() throws {
    directory = NSTemporaryDirectory() + "millrace-status-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  override func tearDown() { try? FileManager.default.removeItem(atPath: directory) }

  private var path: String { "\(directory)/\(StatusSocket.fileName)" }
  private func mode(_ path: String) -> mode_t? {
    var found = stat()
    return lstat(path, &found) == 0 ? found.st_mode : nil
  }
  private func ask() throws -> String { String(decoding: try StatusCommand.ask(directory), as: UTF8.self) }

  private func check(_ expected: String, line: UInt = #line, _ body: () throws -> Void) {
    XCTAssertThrowsError(try body(), line: line) {
      XCTAssert("\($0)".contains(expected), "\($0)", line: line)
    }
  }

  func testEveryCallerGetsTheAnswer() throws {
    var count = 0  // used on the server's thread only
    let server = try StatusServer(directory: directory) {
      count += 1
      return Array("answer \(count)\n".utf8)
    }
    XCTAssertEqual(try ask(), "answer 1\n")
    XCTAssertEqual(try ask(), "answer 2\n")
    server.close()
    server.close()
    XCTAssertNil(mode(path), "the socket is left behind")
    check("[not-running]") { _ = try ask() }
  }

  func testOnlyTheOwnerMayAsk() throws {
    let server = try StatusServer(directory: directory) { [] }
    defer { server.close() }
    XCTAssertEqual(try XCTUnwrap(mode(path)) & 0o777, 0o600)
    XCTAssertEqual(try XCTUnwrap(mode(path)) & S_IFMT, S_IFSOCK)
  }

  /// Longer than what an address has room for, and around that limit.
  func testLongPaths() throws {
    let base = directory
    for size in [StatusSocket.pathLimit - 1, StatusSocket.pathLimit, StatusSocket.pathLimit + 1, 300] {
      let rest = size - base.utf8.count - StatusSocket.fileName.utf8.count - 2
      guard rest > 0 else { continue }
      var name = String(repeating: "d", count: rest)
      if rest > 200 {  // longer than a file's name may be
        let middle = name.index(name.startIndex, offsetBy: 100)
        name.replaceSubrange(middle...middle, with: "/")
      }
      directory = "\(base)/\(name)"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      XCTAssertEqual(path.utf8.count, size)
      let server = try StatusServer(directory: directory) { Array("\(size)\n".utf8) }
      XCTAssertEqual(try ask(), "\(size)\n")
      XCTAssertEqual(try XCTUnwrap(mode(path)) & 0o777, 0o600)
      server.close()
      XCTAssertNil(mode(path))
    }
    directory = base
  }

  func testWhatADeadOwnerLeftIsReplaced() throws {
    close(try StatusSocket(directory: directory).listen())
    XCTAssertNotNil(mode(path), "a kill leaves the socket")
    check("[not-running]") { _ = try ask() }
    let server = try StatusServer(directory: directory) { Array("new\n".utf8) }
    XCTAssertEqual(try ask(), "new\n")
    server.close()
  }

  func testOtherFilesAreLeftAlone() throws {
    try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
    check("is no socket") { _ = try StatusServer(directory: directory) { [] } }
    XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), "precious")
    directory += "/missing"
    check("can't bind") { _ = try StatusServer(directory: directory) { [] } }
    directory.removeLast("/missing".count)
  }

  func testAnAnswerThatIsCutOff() throws {
    let server = try StatusServer(directory: directory) { Array("{\"job\":".utf8) }
    check("cut off") { _ = try ask() }
    server.close()
  }

  /// Somebody who does not read holds others up for a while only, and nobody who goes away does any harm.
  func testCallersThatDoNotRead() throws {
    let large = [UInt8](repeating: UInt8(ascii: "x"), count: 4 << 20) + [UInt8(ascii: "\n")]
    let server = try StatusServer(directory: directory, patience_us: 300_000) { large }
    let socket = StatusSocket(directory: directory)
    let silent = try socket.connect(timeout_s: 1)
    for _ in 0..<5 { close(try socket.connect(timeout_s: 1)) }
    let start = Date()
    XCTAssertEqual(try StatusCommand.ask(directory).count, large.count)
    XCTAssertLessThan(Date().timeIntervalSince(start), 5)
    close(silent)
    server.close()
  }

  func testTheEndDoesNotWaitForCallers() throws {
    let large = [UInt8](repeating: 0, count: 4 << 20)
    let server = try StatusServer(directory: directory, patience_us: 60_000_000) { large }
    let silent = try StatusSocket(directory: directory).connect(timeout_s: 1)
    usleep(50_000)
    let start = Date()
    server.close()
    XCTAssertLessThan(Date().timeIntervalSince(start), 3)
    close(silent)
  }

  func testDirectoriesAndPipelineFiles() throws {
    let (job, file) = ("\(directory)/checkpoints/flights", "\(directory)/pipeline.yaml")
    try FileManager.default.createDirectory(atPath: job, withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: "\(job)/owner.lock"))
    let text = "job: flights\ncheckpoint: { interval: 1s, storage: file://./checkpoints }\n"
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    let server = try StatusServer(directory: job) { Array("{}\n".utf8) }
    defer { server.close() }
    for path in [job, "\(directory)/checkpoints", "file://\(job)", file] {
      var printed: [UInt8] = []
      try StatusCommand.run(path, asJSON: true) { printed += $0 }
      XCTAssertEqual(String(decoding: printed, as: UTF8.self), "{}\n", path)
      check("[other-version]") { try StatusCommand.run(path, asJSON: false) { _ in } }
    }
    try "job: flights\n".write(toFile: file, atomically: true, encoding: .utf8)
    check("[no-storage]") { try StatusCommand.run(file, asJSON: true) { _ in } }
    check("[no-checkpoints]") { try StatusCommand.run("\(directory)/nowhere", asJSON: true) { _ in } }
  }
}
