import CRdKafka
import XCTest

@testable import Kafka

/// How much memory readers and producers are given. No broker needed.
final class MemoryTests: XCTestCase {
  func testSharedOut() {
    let memory = KafkaMemory(prefetch_bytes: 64 << 20, output_bytes: 64 << 20, readers: 2)
    XCTAssertEqual(memory, KafkaMemory(queue_bytes: 24 << 20, pool_bytes: 8 << 20, producer_bytes: 32 << 20))
    XCTAssertEqual(memory.reader_bytes, 32 << 20)
    XCTAssertEqual(memory.fetch_bytes, 768 << 10)
    XCTAssertEqual(KafkaMemory.most.fetch_bytes, 1 << 20)
    XCTAssertEqual(KafkaMemory(prefetch_bytes: .max, output_bytes: .max, readers: 0), .most)
    XCTAssertEqual(KafkaMemory(prefetch_bytes: 0, output_bytes: 0, readers: 256), .least)
    XCTAssertEqual(KafkaMemory.least.fetch_bytes, 64 << 10)
  }

  func testAFullQueueOfATransactionDoesNotWaitForLong() {
    func linger_ms(_ producer_bytes: Int) -> Int {
      KafkaMemory(queue_bytes: 1 << 20, pool_bytes: 1 << 20, producer_bytes: producer_bytes).transactionLinger_ms
    }
    XCTAssertEqual(linger_ms(4 << 20), 10, "10,000 rows")
    XCTAssertEqual(linger_ms(32 << 20), 52)
    XCTAssertEqual(linger_ms(256 << 20), 100)
  }

  func testTheUsersCountsOfMessages() throws {
    let properties = try KafkaProperties([
      "bootstrap.servers": "127.0.0.1:1", "queued.min.messages": "1000", "queue.buffering.max.messages": "20000",
    ])
    XCTAssertEqual(properties.memory.queued_messages, 1000)
    XCTAssertEqual(properties.memory.transactionLinger_ms, 20)
    var fullness = QueueFullness(properties.memory)
    XCTAssertFalse(fullness.hasRoomAgain(before: 1000, taken: 100, average_bytes: 10))
    XCTAssertTrue(fullness.hasRoomAgain(before: 900, taken: 500, average_bytes: 10))
  }

  private func values(_ configuration: OpaquePointer, _ names: [String]) -> [String] {
    names.map { name in
      var text = [CChar](repeating: 0, count: 64)
      var size = text.count
      rd_kafka_conf_get(configuration, name, &text, &size)
      return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
  }

  func testProperties() throws {
    let memory = KafkaMemory(queue_bytes: 4 << 20, pool_bytes: 1 << 20, producer_bytes: 8 << 20)
    let properties = try KafkaProperties(["bootstrap.servers": "127.0.0.1:1"], memory: memory)
    let consumer = try properties.consumer(group: "g")
    defer { rd_kafka_conf_destroy(consumer) }
    XCTAssertEqual(
      values(consumer, ["queued.max.messages.kbytes", "queued.min.messages", "fetch.message.max.bytes"]),
      ["2048", "6553", "131072"])
    let producer = try properties.producer(transactionalID: nil)
    defer { rd_kafka_conf_destroy(producer) }
    XCTAssertEqual(
      values(producer, ["queue.buffering.max.kbytes", "queue.buffering.max.messages"]), ["8192", "13107"])
    XCTAssertEqual(properties.memory, memory)
  }

  func testTheUsersLimitsGoBefore() throws {
    let properties = try KafkaProperties(
      [
        "bootstrap.servers": "127.0.0.1:1", "queued.max.messages.kbytes": "1000",
        "queue.buffering.max.kbytes": "2000", "fetch.message.max.bytes": "3000",
      ], memory: .least)
    let consumer = try properties.consumer(group: "g")
    defer { rd_kafka_conf_destroy(consumer) }
    XCTAssertEqual(values(consumer, ["queued.max.messages.kbytes", "fetch.message.max.bytes"]), ["1000", "3000"])
    XCTAssertEqual(properties.memory.queue_bytes, 2_048_000)
    XCTAssertEqual(properties.memory.producer_bytes, 2_048_000)
    XCTAssertEqual(properties.memory.pool_bytes, KafkaMemory.least.pool_bytes)
  }

  func testPace() {
    var pace = ReadingPace(maxRows: 4096, target_bytes: 1 << 20)
    XCTAssertEqual(pace.rows, 256)
    pace.saw(rows: 256, bytes: 256 * 100)
    XCTAssertLessThan(pace.rows, 4096)
    for _ in 0..<30 { pace.saw(rows: 1000, bytes: 100_000) }
    XCTAssertEqual(pace.rows, 4096)
    pace.saw(rows: 4096, bytes: 4096 * 10_240)
    XCTAssertEqual(pace.rows, 102, "large messages count at once")
    pace.saw(rows: 1, bytes: 10 << 20)
    XCTAssertEqual(pace.rows, 1)
    pace.saw(rows: 0, bytes: 0)
    pace.saw(rows: 5, bytes: 0)
    XCTAssertEqual(pace.rows, 1)
    for _ in 0..<80 { pace.saw(rows: 5, bytes: 0) }
    XCTAssertEqual(pace.rows, 4096)
  }
}
