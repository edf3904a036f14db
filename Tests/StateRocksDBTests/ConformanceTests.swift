import Columnar
import Foundation
import MillraceTesting
import State
import StateRocksDB
import XCTest

/// Keyed state whose keys go to RocksDB and come back all the time does what state in memory does.
final class ConformanceTests: XCTestCase {
  private var directory: URL!
  private var storeCount = 0

  override func setUpWithError() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("millrace-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  override func tearDownWithError() throws { try FileManager.default.removeItem(at: directory) }

  /// Stores with room for a few keys only.
  private func conformance() -> StateConformance {
    let resources = RocksResources(cacheCapacity: 1 << 20, writeBufferSize: 1 << 16)
    let budget = MemoryBudget(limit: 0)
    budget.charge(.plugins, 64 << 20)
    return StateConformance { [unowned self] descriptors, keyGroups, clock in
      storeCount += 1
      var surroundings = KeyedState.Surroundings()
      surroundings.cold = try RocksColdStore(
        directory: directory.appendingPathComponent("store-\(storeCount)").path, resources: resources,
        now: { clock.now_us })
      surroundings.budget = budget
      surroundings.leastRoom = 8
      surroundings.leastChanges = 2000
      return try EngineStateStore(descriptors, keyGroups: keyGroups, clock: clock, surroundings: surroundings)
    }
  }

  /// The seed of random tests: MILLRACE_SEED, or a new one; printed, so that a failure can be repeated.
  private func seed() -> UInt64 {
    let given = ProcessInfo.processInfo.environment["MILLRACE_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
    print("MILLRACE_SEED=\(seed)")
    return seed
  }

  func testEverything() {
    for test in conformance().tests {
      do { try test.run() } catch { XCTFail("\(test.name): \(error)") }
    }
  }

  func testRandomOperations() throws { try conformance().testRandomOperations(seed: seed(), steps: 40_000) }
}
