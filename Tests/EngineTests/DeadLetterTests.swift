import Kafka
import XCTest

@testable import Engine

/// Dead letters and what their topics take.
final class DeadLetterTests: XCTestCase {
  private let now_ms: Int64 = 1_700_000_000_000

  private func letter(value_bytes: Int, age_ms: Int64, headers: [(name: String, value: [UInt8]?)] = []) -> DeadLetter {
    DeadLetter(
      topic: "dead", key: nil, value: [UInt8](repeating: 1, count: value_bytes),
      timestamp_us: (now_ms - age_ms) * 1000, headers: headers)
  }

  private func header(_ name: String, _ letter: DeadLetter) -> String? {
    letter.headers.first { $0.name == name }.map { String(decoding: $0.value ?? [], as: UTF8.self) }
  }

  func testAsTheyAreWhereTheTopicTakesThem() {
    let limits = TopicLimits(configs: ["max.message.bytes": "1000", "message.timestamp.before.max.ms": "3600000"])
    let fitting = letter(value_bytes: 500, age_ms: 1000).fitting(limits, now_ms: now_ms)
    XCTAssertEqual(fitting.value?.count, 500)
    XCTAssertEqual(fitting.timestamp_ms, now_ms - 1000)
    XCTAssertTrue(fitting.headers.isEmpty)
  }

  func testTooLargeForTheTopic() {
    let limits = TopicLimits(configs: ["max.message.bytes": "1000"])
    let fitting = letter(value_bytes: 2000, age_ms: 0).fitting(limits, now_ms: now_ms)
    XCTAssertNil(fitting.value)
    XCTAssertEqual(header("millrace.size", fitting), "2000")
    XCTAssertEqual(fitting.timestamp_ms, now_ms)
  }

  func testTooOldForTheTopic() {
    let limits = TopicLimits(configs: ["message.timestamp.before.max.ms": "3600000"])
    let old = letter(value_bytes: 10, age_ms: 7_200_000)
    let fitting = old.fitting(limits, now_ms: now_ms)
    XCTAssertEqual(fitting.value?.count, 10)
    XCTAssertNil(fitting.timestamp_ms)
    XCTAssertEqual(header("millrace.timestamp", fitting), String(now_ms - 7_200_000))
    let told = letter(value_bytes: 10, age_ms: 7_200_000, headers: [("millrace.timestamp", Array("5".utf8))])
    XCTAssertEqual(told.fitting(limits, now_ms: now_ms).headers.count, 1)
  }
}
