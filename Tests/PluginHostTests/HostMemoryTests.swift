import CMillrace
import Columnar
import Foundation
import XCTest

@testable import PluginHost

/// "mill.memory/1", and that shipped plugins use it.
final class HostMemoryTests: XCTestCase {
  private let budget = MemoryBudget(limit: 1 << 20)

  override func setUp() { HostMemory.setBudget(budget) }
  override func tearDown() { HostMemory.setBudget(.unlimited) }

  private var memory: mill_memory {
    get throws {
      let found = Host.pointer.pointee.get_extension(Host.pointer, MILL_MEMORY)
      return try XCTUnwrap(found).assumingMemoryBound(to: mill_memory.self).pointee
    }
  }

  func testAllocationsCount() throws {
    let memory = try memory
    XCTAssertEqual(Int(memory.struct_size), MemoryLayout<mill_memory>.size)
    for alignment: UInt64 in [0, 1, 2, 8, 16, 64, 4096] {
      let block = try XCTUnwrap(memory.allocate(1000, alignment), "\(alignment)")
      memset(block, 1, 1000)
      if alignment > 0 { XCTAssertEqual(UInt(bitPattern: block) % UInt(alignment), 0) }
      XCTAssertEqual(budget.used(.plugins), 1000)
      memory.release(block, 1000)
      memory.release(nil, 1000)
      XCTAssertEqual(budget.used(.plugins), 0)
    }
    let nothing = try XCTUnwrap(memory.allocate(0, 0))
    memory.release(nothing, 0)
  }

  func testRefusals() throws {
    let memory = try memory
    for alignment: UInt64 in [3, 8192, .max] { XCTAssertNil(memory.allocate(1, alignment), "\(alignment)") }
    for size: UInt64 in [.max, UInt64(Int.max), (2 << 20) + 1] { XCTAssertNil(memory.allocate(size, 0), "\(size)") }
    budget.charge(.slots, 5 << 20)
    let block = try XCTUnwrap(memory.allocate(2 << 20, 0), "twice the limit is the slack, whatever others use")
    XCTAssertNil(memory.allocate(1, 0))
    memory.charge(5 << 20)
    XCTAssertEqual(budget.used(.plugins), 7 << 20)
    XCTAssertNil(memory.allocate(1, 0))
    memory.discharge(5 << 20)
    memory.release(block, 2 << 20)
    XCTAssertEqual(budget.used(.plugins), 0)
  }

  func testNoLimit() throws {
    HostMemory.setBudget(MemoryBudget(limit: .max))
    let memory = try memory
    let block = try XCTUnwrap(memory.allocate(100, 0))
    memory.release(block, 100)
    XCTAssertNil(memory.allocate(UInt64(Int.max), 64))
  }

  func testShippedSourceCountsItsBatches() throws {
    let lab = try PluginLab()
    let directory = try lab.make("plugins/nexmark")
    let registry = PluginRegistry(directories: [directory], cacheDirectory: lab.cache)
    _ = registry.scan()
    let type = try XCTUnwrap(registry.sources["nexmark"]?.first)
    var split: PluginSplit? = try PluginSplit(type: type, config: #"{"events":100000}"#, index: 0, count: 1)
    var batch = try split?.poll(max_rows: 4096).batch
    XCTAssertNotNil(batch)
    XCTAssertGreaterThan(budget.used(.plugins), 4000 * 8)
    let size = try XCTUnwrap(batch).byteSize
    XCTAssertGreaterThan(size, 4000 * 8)
    split = nil
    XCTAssertGreaterThan(budget.used(.plugins), 0, "the batch is still there")
    batch = nil
    XCTAssertEqual(budget.used(.plugins), 0)
  }
}
