import CMillrace
import Foundation
import XCTest

@testable import Kafka

/// Headers as they are read.
final class MessageHeaderTests: BrokerTestCase {
  private typealias Header = (name: String, value: [UInt8]?)

  private func put(_ topic: String, _ messages: [[Header]]) throws {
    let sink = try sink(topic, isTransactional: false)
    for headers in messages {
      let taken = try sink.produce(
        epoch: 1, topic: topic, key: nil, value: Array("v".utf8), headers: headers, timestamp_ms: nil)
      XCTAssertEqual(taken.count, 1)
    }
    try sink.flush(epoch: 1, timeout_ms: 20_000)
  }

  /// The batches of partition 0: of each name the messages' values.
  private func read(_ topic: String, _ reads: [HeaderRead], count: Int) throws -> [[[[UInt8]?]]] {
    let consumer = try KafkaConsumer(properties: properties(), group: job)
    let reader = try KafkaReader(
      consumer: consumer,
      assignments: [.init(place: .init(topic: topic, partition: 0), offset: 0, end: Int64(count))], headers: reads)
    var batches: [[[[UInt8]?]]] = []
    var isOver = false
    let deadline = Date().addingTimeInterval(20)
    while !isOver && Date() < deadline {
      _ = try reader.poll(
        timeout_ms: 100,
        onBatch: { _, raw in
          XCTAssert(reader.headers.allSatisfy { $0.spans.count == Int(raw.pointee.length) })
          batches.append(reader.headers.map(Self.values))
        }, onEnd: { _ in isOver = true })
    }
    XCTAssert(isOver, "not read to the end")
    return batches
  }

  private static func values(_ headers: HeaderValues) -> [[UInt8]?] {
    headers.spans.map { span in
      span.length < 0 ? nil : Array(headers.data[Int(span.offset)..<Int(span.offset + span.length)])
    }
  }

  func testTheLastOfANameCountsAndNullsAreKeptFromEmptyOnes() throws {
    let topic = try topic()
    let messages: [[Header]] = [
      [("a", [1]), ("b", [2]), ("a", [3])], [], [("a", nil)], [("a", [])], [("a", [1]), ("a", nil)],
      [("A", [1]), ("ab", [1]), ("", [1]), ("b", [0, 255])],
    ]
    try put(topic, messages)
    let batches = try read(topic, [.last("b"), .last("a"), .last("missing")], count: messages.count)
    let found = (0..<3).map { name in batches.flatMap { $0[name] } }
    XCTAssertEqual(found[0], [[2], nil, nil, nil, nil, [0, 255]])
    XCTAssertEqual(found[1], [[3], nil, nil, [], nil, nil])
    XCTAssertEqual(found[2], Array(repeating: nil, count: 6))
  }

  func testWithoutNamesNoneAreRead() throws {
    let topic = try topic()
    try put(topic, [[("a", [1])]])
    XCTAssertEqual(try read(topic, [], count: 1), [[]])
  }

  func testLargeHeadersCountInABatch() throws {
    let topic = try topic()
    let large = (0..<12).map { number in Array(repeating: UInt8(number), count: 300_000) }
    try put(topic, large.map { [("large", $0)] })
    let batches = try read(topic, [.last("large")], count: large.count)
    XCTAssertEqual(batches.flatMap { $0[0] }, large)
    for batch in batches { XCTAssertLessThanOrEqual(batch[0].count, 3, "a batch has more than 1 MiB") }
  }

  func testOthersComeAllInTheirOrder() throws {
    let topic = try topic()
    let messages: [[Header]] = [
      [("a", [1]), ("b", [2]), ("a", nil), ("a", []), ("", [3])], [], [("b", [1])],
      [("ü", Array(repeating: 7, count: 300))],
    ]
    try put(topic, messages)
    let batches = try read(topic, [.others(than: ["b"]), .last("b")], count: messages.count)
    let lists = batches.flatMap { $0[0] }
    XCTAssertEqual(
      lists,
      [
        HeaderList.bytes([("a", [1]), ("a", nil), ("a", []), ("", [3])]), nil, nil,
        HeaderList.bytes([("ü", Array(repeating: 7, count: 300))]),
      ])
    XCTAssertEqual(batches.flatMap { $0[1] }, [[2], nil, [1], nil])
  }

  func testValuesAreTakenOut() {
    var headers = HeaderValues()
    for value: [UInt8]? in [[1], nil, [], [255, 1], [2]] {
      if let value { value.withUnsafeBytes { headers.add($0) } } else { headers.add(nil) }
    }
    XCTAssertEqual(headers.clear { $0.contains(1) }, [0, 3])
    XCTAssertEqual(Self.values(headers), [nil, nil, [], nil, [2]])
    XCTAssertEqual(headers.clear { _ in true }, [4], "nulls and empty ones are not asked about")
  }
}
