import Columnar
import Foundation
import XCTest

@testable import Dataflow

final class ExchangeRingTests: XCTestCase {
  /// A batch of `rows` rows, of 32 bytes each.
  private func batch(_ rows: Int) -> Message {
    .batch(Rows.batch((0..<rows).map { Row(key: 0, split: 0, place: Int64($0)) }))
  }

  func testBytes() {
    let ring = ExchangeRing(capacity: 64, byteLimit: 100 * 32)
    XCTAssertEqual(batch(1).byteSize, 32)
    XCTAssertTrue(ring.push(batch(60)))
    XCTAssertTrue(ring.push(batch(40)))
    XCTAssertFalse(ring.push(batch(1)), "no bytes left")
    XCTAssertTrue(ring.push(.barrier(epoch: 1)), "what has no rows always fits")
    XCTAssertEqual(ring.pop()?.byteSize, 60 * 32)
    XCTAssertFalse(ring.push(batch(61)))
    XCTAssertTrue(ring.push(batch(60)))
    for _ in 0..<3 { XCTAssertNotNil(ring.pop()) }
    XCTAssertNil(ring.pop())
  }

  func testOneBatchAlwaysPasses() {
    for limit in [0, 1, 1000] {
      let ring = ExchangeRing(capacity: 4, byteLimit: limit)
      for _ in 0..<10 {
        XCTAssertTrue(ring.push(batch(50)))
        XCTAssertFalse(ring.push(batch(50)))
        XCTAssertTrue(ring.push(.idle))
        XCTAssertNotNil(ring.pop())
        XCTAssertNotNil(ring.pop())
      }
    }
  }

  func testMessagesAreStillLimited() {
    let ring = ExchangeRing(capacity: 4, byteLimit: .max)
    for _ in 0..<4 { XCTAssertTrue(ring.push(batch(1))) }
    XCTAssertFalse(ring.push(.idle))
    XCTAssertFalse(ring.push(batch(1)))
  }

  func testTwoThreads() {
    let ring = ExchangeRing(capacity: 16, byteLimit: 70 * 32)
    let sizes = [1, 30, 50, 7, 100, 2]
    let count = 60_000
    let messages = sizes.map(batch)
    let isThrough = Flag()
    let producer = Thread {
      var next = 0
      while next < count { if ring.push(messages[next % sizes.count]) { next += 1 } else { sched_yield() } }
      isThrough.value.store(true, ordering: .releasing)
    }
    producer.start()
    var seen = 0
    while seen < count {
      guard let message = ring.pop() else {
        sched_yield()
        continue
      }
      XCTAssertEqual(message.byteSize, sizes[seen % sizes.count] * 32)
      seen += 1
    }
    while !isThrough.value.load(ordering: .acquiring) { sched_yield() }
    XCTAssertTrue(ring.push(batch(1000)), "bytes were lost count of")
  }

  func testLimits() {
    let input = Graph.Input(from: 0)
    let graph = Graph(nodes: [
      .source(tap: FakeSource.Tap(), splits: 1, workers: 2),
      .pass("a", log: FakeOperator.Log(), inputs: [.keyed(from: 0, workers: 2)]),
      .pass("b", log: FakeOperator.Log(), inputs: [input, .keyed(from: 1, workers: 2), input]),
      .sink(FakeSink.Store(), from: 2),
    ])
    let limits = ExchangeLimits(share: 3200, graph: graph, workers: 2)
    XCTAssertEqual(limits.ring, 1600 / (2 * 4))
    XCTAssertEqual(limits.input, 800 / (2 * 2))
    XCTAssertEqual(limits.sink, 800 / 2)
    let source = Graph(nodes: [.source(tap: FakeSource.Tap(), splits: 1, workers: 2)])
    XCTAssertEqual(ExchangeLimits(share: 4, graph: source, workers: 2).sink, 1)
    XCTAssertGreaterThan(ExchangeLimits(share: .max, graph: graph, workers: 256).ring, 1 << 40)
  }
}
