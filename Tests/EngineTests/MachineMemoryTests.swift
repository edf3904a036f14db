import XCTest

@testable import Engine

final class MachineMemoryTests: XCTestCase {
  func testMachine() {
    XCTAssertEqual(
      MachineMemory.total(meminfo: "MemTotal:       16384256 kB\nMemFree:         1 kB\n"), 16_384_256 * 1024)
    for text in ["", "MemFree: 1 kB\n", "MemTotal: x kB\n", "MemTotal: 5\n", "MemTotal: 99999999999999999999 kB\n"] {
      XCTAssertNil(MachineMemory.total(meminfo: text), text)
    }
  }

  func testControlGroups() {
    XCTAssertEqual(MachineMemory.limit(memoryMax: "1073741824\n"), 1 << 30)
    for text in ["max\n", "", "\n", "-1\n", "0\n"] { XCTAssertNil(MachineMemory.limit(memoryMax: text), text) }
    XCTAssertEqual(MachineMemory.paths(cgroup: "0::/\n"), [""])
    XCTAssertEqual(
      MachineMemory.paths(cgroup: "4:memory:/old\n0::/system.slice/millrace.service\n"),
      ["", "/system.slice", "/system.slice/millrace.service"])
    XCTAssertEqual(MachineMemory.paths(cgroup: "4:memory:/old\n"), [])
  }

  func testThisMachine() throws {
    let total = try XCTUnwrap(MachineMemory.total())
    XCTAssertGreaterThan(total, 64 << 20)
    XCTAssertEqual(MachineMemory.budget(atLeast: 1), total / 2)
    XCTAssertEqual(MachineMemory.budget(atLeast: total), total)
  }
}
