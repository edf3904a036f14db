import Foundation
import Synchronization
import XCTest

@testable import PluginHost

/// Files that are damaged. What is read of a file before it is loaded may be anything; only files that pass are loaded,
/// so these tests load none: the dynamic loader itself is not safe from what this reading does not cover.
final class DamagedFileTests: XCTestCase {
  private func good(_ lab: PluginLab) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: lab.compile("bad-operator.c", as: lab.aside("good.so")))))
  }

  func testTruncatedAtEveryLength() throws {
    let bytes = try good(PluginLab())
    XCTAssertNoThrow(try ElfFile(bytes))
    // The section table comes last: whatever is cut off, some of it is.
    for length in 0..<bytes.count where length < 200 || length % 13 == 0 || length > bytes.count - 200 {
      XCTAssertThrowsError(try ElfFile(Array(bytes[0..<length])), "\(length) bytes") { error in
        let text = "\(error)"
        XCTAssert(text.contains("truncated") || text == "is not an ELF file", "\(length) bytes: \(text)")
      }
    }
  }

  func testTruncatedFilesAreRefusedByTheRegistry() throws {
    let lab = try PluginLab()
    let bytes = try good(lab)
    for part in 1...8 {
      let path = lab.path("part-\(part).so")
      try Data(bytes[0..<(bytes.count * part / 9)]).write(to: URL(fileURLWithPath: path))
    }
    let findings = lab.registry().scan()
    XCTAssertEqual(findings.compactMap(\.refusal?.code), Array(repeating: "not-a-plugin", count: 8))
    XCTAssertEqual(
      findings[3].refusal?.message,
      "is truncated or damaged: a table points past its \(bytes.count * 4 / 9) bytes")
  }

  func testFlippedBytesNeverTrap() throws {
    let bytes = try good(PluginLab())
    var random = SeededRandom("flipped bytes")
    let sections = Int(bytes[40..<48].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    var refused = 0
    for round in 0..<20_000 {
      var damaged = bytes
      // The file's header, its segments', or its sections'.
      let range = [0..<64, 64..<64 + 56 * 11, sections..<bytes.count][round % 3]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: range, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      do { _ = try ElfFile(damaged) } catch { refused += 1 }
    }
    XCTAssertGreaterThan(refused, 2000)
    XCTAssertLessThan(refused, 19_000)
  }

  func testNonsenseNeverTraps() throws {
    let bytes = try good(PluginLab())
    var random = SeededRandom("nonsense")
    for _ in 0..<2000 {
      let size = Int.random(in: 4...400, using: &random)
      _ = try? ElfFile(Array(bytes[0..<16]) + (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
  }

  func testSegmentsPastTheEndAreRefused() throws {
    var bytes = try good(PluginLab())
    // Size in the file of the first segment, which is the first to load.
    for index in 0..<8 { bytes[64 + 32 + index] = index == 4 ? 1 : 0 }
    XCTAssertThrowsError(try ElfFile(bytes)) { XCTAssert("\($0)".hasPrefix("is truncated or damaged"), "\($0)") }
  }

  func testAFileThatChangesWhileItIsRead() throws {
    let lab = try PluginLab()
    let path = lab.path("changing.so")
    // Bytes behind the end are no part of the ELF file; they make reading it take a while.
    try Data(try good(lab) + [UInt8](repeating: 0, count: 32 << 20)).write(to: URL(fileURLWithPath: path))
    let touched = Atomic(0)
    let isDone = Atomic(false)
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      if index == 0 {
        while !isDone.load(ordering: .relaxed) {
          let time = timespec(tv_sec: 1_000_000, tv_nsec: touched.load(ordering: .relaxed))
          let times = [time, time]
          utimensat(AT_FDCWD, path, times, 0)
          touched.add(1, ordering: .relaxed)
          usleep(500)
        }
        return
      }
      defer { isDone.store(true, ordering: .relaxed) }
      while touched.load(ordering: .relaxed) < 10 { usleep(100) }
      // Reading may fall between two touches when the machine is busy; not twenty times.
      let errors = (0..<20).lazy.compactMap { _ in Self.refusal(path) }
      XCTAssertEqual(errors.first?.code, "changing")
      XCTAssertEqual(
        errors.first?.message, "changed while it was read; put plugins in place by renaming a finished file")
    }
  }

  private static func refusal(_ path: String) -> PluginError? {
    do { _ = try PluginFile(path: path) } catch { return error as? PluginError }
    return nil
  }
}
