import Dataflow
import Synchronization
import XCTest

@testable import Engine
@testable import Kafka

/// Dead letters and what their topics take.
final class DeadLetterTests: XCTestCase {
  private let now_ms: Int64 = 1_700_000_000_000

  private func letter(
    value_bytes: Int, age_ms: Int64, rowHeaders: [HeaderList.Header] = [], about: [HeaderList.Header] = []
  ) -> DeadLetter {
    DeadLetter(
      topic: "dead", key: nil, value: [UInt8](repeating: 1, count: value_bytes), rowHeaders: rowHeaders,
      timestamp_us: (now_ms - age_ms) * 1000, about: about)
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

  func testTooManyHeadersForTheTopic() {
    let limits = TopicLimits(configs: ["max.message.bytes": "1000"])
    let large = letter(value_bytes: 10, age_ms: 0, rowHeaders: [("a", [UInt8](repeating: 1, count: 1000))])
    let fitting = large.fitting(limits, now_ms: now_ms)
    XCTAssertNil(fitting.value)
    XCTAssertEqual(fitting.headers.map(\.name), ["millrace.size"])
  }

  func testHeadersOfRowsCantBeTakenForThoseOfLetters() {
    let headers: [HeaderList.Header] = [("a", [1]), ("millrace.replayed", [49]), ("a", nil), ("Millrace.", [])]
    XCTAssertEqual(LetterHeader.ofRow(headers).map(\.name), ["a", "a", "Millrace."])
  }

  func testTooOldForTheTopic() {
    let limits = TopicLimits(configs: ["message.timestamp.before.max.ms": "3600000"])
    let old = letter(value_bytes: 10, age_ms: 7_200_000)
    let fitting = old.fitting(limits, now_ms: now_ms)
    XCTAssertEqual(fitting.value?.count, 10)
    XCTAssertNil(fitting.timestamp_ms)
    XCTAssertEqual(header("millrace.timestamp", fitting), String(now_ms - 7_200_000))
    let told = letter(value_bytes: 10, age_ms: 7_200_000, about: [("millrace.timestamp", Array("5".utf8))])
    XCTAssertEqual(told.fitting(limits, now_ms: now_ms).headers.count, 1)
  }

  func testLettersGoInTheOrderOfTheirEpochs() throws {
    let sink = try RowsTaken()
    let queue = DeadLetterQueue(sink: sink)
    // A source is an epoch ahead of the steps behind it.
    for (epoch, size) in [(2, 1), (1, 2), (2, 3), (1, 4)] as [(UInt64, Int)] {
      queue.add(letter(value_bytes: size, age_ms: 0), epoch: epoch)
    }
    let gate = EpochGate(open: 0)
    gate.advance(to: 1)
    XCTAssertTrue(queue.holds(through: 1))
    try flush(queue, gate) { !queue.holds(through: 1) }
    XCTAssertEqual(sink.rows.withLock { $0 }, ["1: 2", "1: 4"])
    XCTAssertTrue(queue.holds(through: 2))
    gate.advance(to: 2)
    try flush(queue, gate) { !queue.holds(through: 2) }
    XCTAssertEqual(sink.rows.withLock { $0 }, ["1: 2", "1: 4", "2: 1", "2: 3"])
  }

  /// Topics are looked up on another thread.
  private func flush(_ queue: DeadLetterQueue, _ gate: EpochGate, until isDone: () -> Bool) throws {
    for _ in 0..<5000 where !isDone() {
      try queue.flush(gate: gate)
      usleep(1000)
    }
    XCTAssertTrue(isDone())
  }
}

/// Takes rows, and knows of each topic that it is there.
private final class RowsTaken: RowSink {
  let topics: TopicDirectory
  /// Of each its epoch and the size of its value.
  let rows = Mutex<[String]>([])

  init() throws {
    topics = TopicDirectory(producers: [], properties: try KafkaProperties(["bootstrap.servers": "127.0.0.1:1"]))
  }

  func produce(epoch: UInt64, topic: String, rows: TransactionalSink.Rows, range: Range<Int>) throws
    -> TransactionalSink.Taken
  {
    TransactionalSink.Taken(count: 0)
  }

  func produce(
    epoch: UInt64, topic: String, partition: Int32, key: [UInt8]?, value: [UInt8]?,
    headers: [(name: String, value: [UInt8]?)], timestamp_ms: Int64?
  ) throws -> TransactionalSink.Taken {
    rows.withLock { $0.append("\(epoch): \(value?.count ?? 0)") }
    return TransactionalSink.Taken(count: 1)
  }
}
