import XCTest

@testable import Kafka

/// When a reader's queue has room again. Without a broker.
final class FetchWakerTests: XCTestCase {
  func testAQueueHasRoomAgainOnceAfterEachTimeThatItWasFull() {
    let memory = KafkaMemory(queue_bytes: 640_000, pool_bytes: 0, producer_bytes: 0)
    XCTAssertEqual(memory.queued_messages, 1000)
    var fullness = QueueFullness(memory)
    XCTAssertFalse(fullness.hasRoomAgain(before: 700, taken: 700, average_bytes: 10), "was never full")
    XCTAssertFalse(fullness.hasRoomAgain(before: 1000, taken: 400, average_bytes: 10), "is more than half full")
    XCTAssertTrue(fullness.hasRoomAgain(before: 600, taken: 200, average_bytes: 10))
    XCTAssertFalse(fullness.hasRoomAgain(before: 400, taken: 400, average_bytes: 10), "was told already")
    XCTAssertTrue(fullness.hasRoomAgain(before: 100, taken: 100, average_bytes: 5000), "bytes count too")
    XCTAssertFalse(fullness.hasRoomAgain(before: 0, taken: -1, average_bytes: 5000))
  }
}
