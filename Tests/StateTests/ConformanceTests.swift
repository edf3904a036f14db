import MillraceTesting
import XCTest

/// The engine's store of keyed state does what every store must.
final class ConformanceTests: XCTestCase {
  private let conformance = StateConformance { try EngineStateStore($0, keyGroups: $1, clock: $2) }

  func testEverything() {
    XCTAssertGreaterThan(conformance.tests.count, 30)
    for test in conformance.tests {
      do { try test.run() } catch { XCTFail("\(test.name): \(error)") }
    }
  }

  func testRandomOperations() throws { try conformance.testRandomOperations(seed: testSeed(), steps: 100_000) }

  func testRandomDamage() throws { try conformance.testRandomDamage(seed: testSeed(), rounds: 10_000) }
}
