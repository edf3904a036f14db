import Checkpointing
import Foundation
import XCTest

final class JobLockTests: XCTestCase {
  func testTheSecondIsRefusedWithTheOwnersName() throws {
    let directory = try TemporaryDirectory()
    var first: JobLock? = try JobLock(directory: directory.path, now_us: 1_790_000_000_000_000)
    let owner = try XCTUnwrap(first?.owner)
    XCTAssert(owner.contains("pid \(getpid())") && owner.contains("since 2026-09-21T"), owner)
    XCTAssertThrowsError(try JobLock(directory: directory.path, now_us: 0)) {
      XCTAssert("\($0)".contains(owner), "\($0)")
    }
    first = nil
    XCTAssertNoThrow(try JobLock(directory: directory.path, now_us: 0))
  }

  func testTakesOverAtOnceFromADeadProcess() throws {
    let directory = try TemporaryDirectory()
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
    holder.arguments = ["--no-fork", "-x", "\(directory.path)/owner.lock", "/bin/sh", "-c", "echo held; exec sleep 60"]
    let output = Pipe()
    holder.standardOutput = output
    try holder.run()
    XCTAssertEqual(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self), "held\n")
    XCTAssertThrowsError(try JobLock(directory: directory.path, now_us: 0)) {
      XCTAssert("\($0)".contains("left no name"), "\($0)")
    }
    kill(holder.processIdentifier, SIGKILL)
    holder.waitUntilExit()
    XCTAssertNoThrow(try JobLock(directory: directory.path, now_us: 0))
  }

  func testAMissingDirectoryIsAnError() {
    XCTAssertThrowsError(try JobLock(directory: "/nonexistent/job", now_us: 0)) {
      XCTAssert("\($0)".contains("/nonexistent/job/owner.lock"))
    }
  }
}
