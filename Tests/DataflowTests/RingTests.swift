import Dataflow
import Foundation
import XCTest

final class RingTests: XCTestCase {
  func testOrderAndFull() {
    let ring = SpscRing<Int>(capacity: 5)  // rounded up to 8
    XCTAssertNil(ring.pop())
    for round in 0..<10 {
      for value in 0..<8 { XCTAssertTrue(ring.push(round * 8 + value)) }
      XCTAssertFalse(ring.push(-1), "a full ring takes nothing")
      for value in 0..<8 { XCTAssertEqual(ring.pop(), round * 8 + value) }
      XCTAssertNil(ring.pop())
    }
  }

  func testLetsGoOfItsElements() {
    final class Thing {}
    weak var popped: Thing?
    weak var left: Thing?
    var ring: SpscRing<Thing>? = SpscRing(capacity: 4)
    do {
      let (first, second) = (Thing(), Thing())
      popped = first
      left = second
      _ = ring?.push(first)
      _ = ring?.push(second)
    }
    _ = ring?.pop()
    XCTAssertNil(popped, "the ring keeps what was popped")
    XCTAssertNotNil(left)
    ring = nil
    XCTAssertNil(left, "the ring went without what was in it")
  }

  func testTwoThreads() {
    let ring = SpscRing<Int>(capacity: 64)
    let count = 1_000_000
    let producer = Thread {
      var next = 0
      while next < count { if ring.push(next) { next += 1 } else { sched_yield() } }
    }
    producer.start()
    var expected = 0
    while expected < count {
      guard let value = ring.pop() else {
        sched_yield()
        continue
      }
      guard value == expected else { return XCTFail("popped \(value), wanted \(expected)") }
      expected += 1
    }
    XCTAssertNil(ring.pop())
  }
}
