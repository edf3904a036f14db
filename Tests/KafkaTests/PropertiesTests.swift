import CRdKafka
import XCTest

@testable import Kafka

final class PropertiesTests: XCTestCase {
  private func failure(_ properties: [String: String]) -> String {
    do {
      _ = try KafkaProperties(properties)
      return ""
    } catch { return "\(error)" }
  }

  func testPropertiesOfBothKindsPass() throws {
    let properties = try KafkaProperties([
      "bootstrap.servers": "127.0.0.1:9092", "linger.ms": "50", "fetch.min.bytes": "10",
      "transaction.timeout.ms": "5000", "socket.keepalive.enable": "true",
    ])
    XCTAssertEqual(properties["linger.ms"], "50")
  }

  func testTheEnginesPropertiesAreRefusedWithAReason() {
    for name in ["transactional.id", "group.id", "enable.auto.commit", "enable.idempotence", "auto.offset.reset"] {
      let text = failure(["bootstrap.servers": "127.0.0.1:9092", name: "x"])
      XCTAssertTrue(text.contains("property \"\(name)\": can't be set: "), text)
      XCTAssertTrue(text.hasSuffix("Remove it"), text)
    }
  }

  func testTokensThatCrashLibrdkafkaAreRefused() throws {
    let name = "enable.sasl.oauthbearer.unsecure.jwt"
    let more = ["bootstrap.servers": "a:1", "security.protocol": "sasl_ssl", "sasl.mechanism": "OAUTHBEARER"]
    if rd_kafka_version() < 0x0202_0000 {
      XCTAssertThrowsError(try KafkaProperties(more.merging([name: "true"]) { $1 })) {
        XCTAssert("\($0)".contains(name) && "\($0)".contains("2.2.0 or newer"), "\($0)")
      }
    } else {
      _ = try KafkaProperties(more.merging([name: "true"]) { $1 })
    }
    _ = try KafkaProperties(more.merging([name: "false"]) { $1 })
  }

  func testUnknownNamesAndWrongValuesAreRefused() {
    XCTAssertTrue(failure(["bootstrap.servers": "127.0.0.1:9092", "linger.mss": "5"]).contains("\"linger.mss\""))
    XCTAssertTrue(failure(["bootstrap.servers": "127.0.0.1:9092", "linger.ms": "soon"]).contains("\"linger.ms\""))
    XCTAssertTrue(failure([:]).contains("bootstrap.servers"))
  }
}

final class RawBatchPoolTests: XCTestCase {
  func testBuffersAreReusedUpToTheLimit() throws {
    let pool = RawBatchPool(limit_bytes: 3 * RawBatchPool.least)
    let first = try XCTUnwrap(pool.take(1))
    XCTAssertEqual(first.capacity, RawBatchPool.least)
    pool.give(first.memory, capacity: first.capacity)
    let again = try XCTUnwrap(pool.take(RawBatchPool.least))
    XCTAssertEqual(again.memory, first.memory)
    let larger = try XCTUnwrap(pool.take(RawBatchPool.least + 1))
    XCTAssertEqual(larger.capacity, 2 * RawBatchPool.least)
    XCTAssertEqual(Int(bitPattern: larger.memory) % 64, 0)
    pool.give(again.memory, capacity: again.capacity)
    pool.give(larger.memory, capacity: larger.capacity)
    let huge = try XCTUnwrap(pool.take(1 << 20))
    pool.give(huge.memory, capacity: huge.capacity)
    XCTAssertEqual(pool.waitingBytes, 3 * RawBatchPool.least)
  }
}
