import Columnar
import Foundation
import XCTest

final class MemoryBudgetTests: XCTestCase {
  private let mib = 1 << 20

  func testShares() {
    let shares = MemoryShares(limit: 512 * mib)
    for kind in [MemoryKind.exchange, .batches, .coldStore] { XCTAssertEqual(shares[kind], 64 * mib) }
    for kind in [MemoryKind.slots, .plugins] { XCTAssertEqual(shares[kind], 320 * mib) }
    for limit in [1, 16 * mib, 16 * mib + 7, 1 << 40, Int.max] {
      let shares = MemoryShares(limit: limit)
      XCTAssertEqual(shares.rest + 3 * shares.eighth, limit)
      XCTAssertGreaterThanOrEqual(shares.rest, 5 * shares.eighth)
    }
    for limit in [-1, 0] {
      for kind in MemoryKind.allCases { XCTAssertEqual(MemoryShares(limit: limit)[kind], 0, "\(limit)") }
    }
  }

  func testReserveHasTheSharesAsLimits() {
    let budget = MemoryBudget(limit: 64 * mib)
    XCTAssertTrue(budget.reserve(.exchange, 8 * mib))
    XCTAssertFalse(budget.reserve(.exchange, 1))
    XCTAssertEqual(budget.used(.exchange), 8 * mib)
    XCTAssertFalse(budget.isOver(.exchange))
    XCTAssertEqual(budget.available(.exchange), 0)
    XCTAssertTrue(budget.reserve(.slots, 30 * mib))
    XCTAssertEqual(budget.available(.plugins), 10 * mib)
    XCTAssertTrue(budget.reserve(.plugins, 10 * mib))
    XCTAssertFalse(budget.reserve(.slots, 1), "slots and plugins share what they have")
    XCTAssertEqual(budget.used, 48 * mib)
    budget.release(.plugins, 4 * mib)
    XCTAssertEqual(budget.available(.slots), 4 * mib)
    XCTAssertTrue(budget.reserve(.slots, 4 * mib))
  }

  func testReserveHasTheLimitOverShares() {
    let budget = MemoryBudget(limit: 64 * mib)
    budget.charge(.exchange, 62 * mib)
    XCTAssertTrue(budget.isOver(.exchange))
    XCTAssertFalse(budget.isOver)
    XCTAssertEqual(budget.available(.slots), 2 * mib)
    XCTAssertFalse(budget.reserve(.slots, 3 * mib))
    XCTAssertEqual(budget.used(.slots), 0)
    budget.charge(.slots, 3 * mib)
    XCTAssertTrue(budget.isOver)
    XCTAssertFalse(budget.isOver(.coldStore), "its own share is not used up")
    XCTAssertFalse(budget.reserve(.coldStore, 1), "no kind has room when there is none at all")
    XCTAssertEqual(budget.available(.coldStore), 0)
    budget.release(.exchange, 62 * mib)
    XCTAssertFalse(budget.isOver)
    XCTAssertEqual(budget.used, 3 * mib)
  }

  func testUnlimited() {
    let budget = MemoryBudget(limit: .max)
    budget.charge(.slots, 1 << 50)
    XCTAssertTrue(budget.reserve(.plugins, 1 << 50))
    for kind in MemoryKind.allCases { XCTAssertFalse(budget.isOver(kind)) }
  }

  func testManyThreads() {
    let budget = MemoryBudget(limit: 64 * mib)
    let share = budget.shares[.exchange]
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      for _ in 0..<20_000 {
        if budget.reserve(.exchange, 1000) { budget.release(.exchange, 1000) }
        budget.charge(.slots, 3)
        budget.release(.slots, 2)
      }
    }
    XCTAssertEqual(budget.used(.exchange), 0)
    XCTAssertEqual(budget.used(.slots), 80_000)
    XCTAssertEqual(budget.available(.exchange), share)
  }

  func testText() {
    XCTAssertEqual(MemoryBudget.text(0), "0 KiB")
    XCTAssertEqual(MemoryBudget.text(10 * mib - 1), "10239 KiB")
    XCTAssertEqual(MemoryBudget.text(512 * mib), "512 MiB")
    XCTAssertEqual(MemoryBudget.text(64 << 30), "64 GiB")
    let budget = MemoryBudget(limit: 512 * mib)
    budget.charge(.plugins, 20 * mib)
    XCTAssertEqual(
      "\(budget)",
      "20 MiB of 512 MiB (slots 0 KiB, cold_store 0 KiB, exchange 0 KiB, batches 0 KiB, plugins 20 MiB)")
  }
}
