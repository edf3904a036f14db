import Columnar
import XCTest

@testable import Pipeline

/// What of messages beside keys and values becomes columns.
final class MessageColumnTests: XCTestCase {
  private func result(_ topic: String, fields: String = "n: \"int64?\"", from: String = "orders") -> PlanResult {
    Files.plan(
      """
      job: a
      connections: { kafka: { bootstrap.servers: "a:1" } }
      topics:
        orders: { key: { serde: utf8, field: id }, value: { serde: json, fields: { \(fields) } }, \(topic) }
        plain: { key: { serde: utf8, field: id }, value: { serde: json, fields: { n: "int64?" } } }
      steps:
        - { id: in, from_topic: \(from) }
        - { id: out, from: in, to: blackhole }
        - { id: other, from_topic: plain }
        - { id: drop, from: other, to: blackhole }
      """)
  }

  private func source(_ result: PlanResult) throws -> TopicSource {
    XCTAssertEqual(result.text, "")
    let source: TopicSource? =
      if case .topicSource(let source)? = result.plan?.steps[0].kind { source } else { nil }
    return try XCTUnwrap(source)
  }

  private func errors(_ result: PlanResult) -> [String] { result.diagnostics.map(\.message) }

  private let all =
    "tombstone: { field: gone }, timestamp: { field: at }, headers: { trace: trace, blob: { field: raw, type: binary } }"

  func testTheyFollowTheKey() throws {
    let planned = result(all + ", event_time: { field: at }")
    let source = try source(planned)
    XCTAssertEqual(source.schema.fields.map(\.name), ["n", "id", "gone", "at", "trace", "raw"])
    XCTAssertEqual(planned.plan?.steps[0].outputs, [source.schema])
    XCTAssertEqual(
      source.messageColumns,
      [
        .init(.tombstone, Field("gone", .bool)),
        .init(.timestamp, Field("at", .timestamp(.millisecond, zone: "UTC"), nullable: true)),
        .init(.header("trace"), Field("trace", .utf8, nullable: true)),
        .init(.header("blob"), Field("raw", .binary, nullable: true)),
      ])
    XCTAssertEqual(source.eventTimeColumn, 3)
  }

  func testFieldsThatAreThereStayWhatTheyAre() throws {
    let fields = "n: \"int64?\", at: \"timestamp[us, UTC]?\", gone: \"bool?\""
    let planned = try source(
      result("tombstone: { field: gone }, timestamp: { field: at }, headers: { h: id, i: x }", fields: fields))
    XCTAssertEqual(planned.messageColumns, [.init(.header("i"), Field("x", .utf8, nullable: true))])
  }

  func testOneNameForTwoColumnsIsRefused() {
    let message = { (name: String) in
      "topic \"orders\": \"\(name)\" would be two columns when it is read; name different fields"
    }
    XCTAssertEqual(errors(result("headers: { a: x, b: x }")), [message("x")])
    XCTAssertEqual(errors(result("timestamp: { field: x }, tombstone: { field: x }")), [message("x")])
    XCTAssertEqual(
      errors(result("timestamp: { field: t }, tombstone: { field: g }, headers: { a: t, b: g }")),
      [message("t"), message("g")])
  }

  func testTombstonesNeedRoomInTheValue() {
    XCTAssertEqual(
      errors(result("tombstone: { field: gone }", fields: "a: \"utf8?\", n: int64")),
      [
        "topic \"orders\": tombstone: messages without a value have no \"n\": make every field under `value.fields` "
          + "nullable by a \"?\" behind its type"
      ])
  }

  func testHeadersAreTextOrBytes() {
    let wrong = [
      ("{ field: x, type: int32 }", "\"type\" expects utf8 or binary, found \"int32\""),
      ("{ type: binary }", "field"), ("{ field: x, typ: binary }", "typ"), ("[x]", "blob"),
    ]
    for (header, expected) in wrong {
      let found = errors(result("headers: { blob: \(header) }"))
      XCTAssert(found.contains { $0.contains(expected) }, "\(header): \(found)")
    }
  }

  func testOtherHeadersAreAllThatHaveNoNameHere() throws {
    let planned = try source(result("headers: { trace: trace, b: id }, other_headers: { field: rest }"))
    XCTAssertEqual(
      planned.messageColumns.last,
      .init(.otherHeaders(than: ["trace", "b"]), Field("rest", .binary, nullable: true)))
  }

  func testTopicsOfOneStepHaveTheSame() {
    let found = errors(result("headers: { trace: trace }", from: "[orders, plain]"))
    XCTAssert(found.contains { $0.contains("has other fields than topic \"orders\"") }, "\(found)")
  }
}
