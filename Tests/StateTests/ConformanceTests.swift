import Foundation
import MillraceTesting
import XCTest

/// The engine's store of keyed state does what every store must.
final class ConformanceTests: XCTestCase {
  private let conformance = StateConformance { try MemoryStateStore($0, keyGroups: $1, clock: $2) }

  /// The seed of random tests: MILLRACE_SEED, or a new one; printed, so that a failure can be repeated.
  private func seed() -> UInt64 {
    let given = ProcessInfo.processInfo.environment["MILLRACE_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
    print("MILLRACE_SEED=\(seed)")
    return seed
  }

  func testEverything() {
    XCTAssertGreaterThan(conformance.tests.count, 30)
    for test in conformance.tests {
      do { try test.run() } catch { XCTFail("\(test.name): \(error)") }
    }
  }

  func testRandomOperations() throws { try conformance.testRandomOperations(seed: seed(), steps: 200_000) }

  func testRandomDamage() throws { try conformance.testRandomDamage(seed: seed(), rounds: 10_000) }
}
