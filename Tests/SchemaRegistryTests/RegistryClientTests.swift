import Foundation
import XCTest

@testable import SchemaRegistry

/// Answers from a table; notes what was asked.
final class FakeServer: HTTPSending {
  var answers: [String: (status: Int, body: String)] = [:]
  var down: Set<String> = []
  private(set) var asked: [(url: String, request: HTTPRequest)] = []

  func send(_ request: HTTPRequest, to url: String) throws(HTTPTrouble) -> HTTPAnswer {
    asked.append((url, request))
    if down.contains(url) { throw HTTPTrouble(message: "\(url): nobody there") }
    let (status, body) = answers[request.path] ?? (404, #"{"error_code":40403,"message":"Schema not found"}"#)
    return HTTPAnswer(status: status, body: Array(body.utf8))
  }
}

final class RegistryClientTests: XCTestCase {
  private let server = FakeServer()
  private lazy var client = RegistryClient(urls: ["http://a", "http://b"], sender: server)

  private func failure(_ body: () throws -> Void) -> RegistryFailure? {
    do { try body() } catch { return error as? RegistryFailure }
    return nil
  }

  func testASchemaWithoutATypeIsAvro() throws {
    server.answers["/schemas/ids/7"] = (200, #"{"schema":"\"long\""}"#)
    XCTAssertEqual(try client.schema(id: 7), SchemaText(format: .avro, text: "\"long\""))
  }

  func testReferencesAreFollowed() throws {
    server.answers["/schemas/ids/1"] = (
      200,
      #"{"schema":"a","schemaType":"PROTOBUF","references":[{"name":"b.proto","subject":"b/x y","version":3}]}"#
    )
    server.answers["/subjects/b%2Fx%20y/versions/3"] = (200, #"{"schema":"b","schemaType":"PROTOBUF","id":9}"#)
    XCTAssertEqual(
      try client.schema(id: 1),
      SchemaText(
        format: .protobuf, text: "a",
        references: [.init(name: "b.proto", schema: SchemaText(format: .protobuf, text: "b"))]))
  }

  func testReferencesInACircleEnd() {
    let circle = #"{"schema":"a","references":[{"name":"a","subject":"a","version":1}]}"#
    server.answers["/schemas/ids/1"] = (200, circle)
    server.answers["/subjects/a/versions/1"] = (200, circle)
    XCTAssertEqual(failure { _ = try client.schema(id: 1) }?.kind, .unusable)
    XCTAssertLessThan(server.asked.count, 50)
  }

  func testTheLatestOfASubject() throws {
    server.answers["/subjects/a-value/versions/latest"] = (
      200,
      #"{"subject":"a-value","version":4,"id":9,"schema":"a","schemaType":"PROTOBUF","references":[{"name":"b.proto","subject":"b","version":3}]}"#
    )
    server.answers["/subjects/b/versions/3"] = (200, #"{"schema":"b","schemaType":"PROTOBUF","id":5}"#)
    let (id, schema) = try client.latest(subject: "a-value")
    XCTAssertEqual(id, 9)
    XCTAssertEqual(schema.text, "a")
    XCTAssertEqual(schema.references.map(\.schema.text), ["b"])
    XCTAssertEqual(failure { _ = try client.latest(subject: "c") }?.kind, .unregistered)
  }

  func testWhatTheRegistryDoesNotHave() {
    let failure = failure { _ = try client.schema(id: 8) }
    XCTAssertEqual(failure?.kind, .unknown)
    XCTAssertEqual(
      failure?.message, "the registry does not have it: HTTP 404, Schema not found")
  }

  func testWhatIsToBeThereAlready() {
    let failure = failure { _ = try client.lookUp(subject: "a", SchemaText(format: .avro, text: "{}")) }
    XCTAssertEqual(failure?.kind, .unregistered)
  }

  func testTheNextInstanceIsAskedAndStaysTheOne() throws {
    server.down = ["http://a"]
    server.answers["/schemas/ids/7"] = (200, #"{"schema":"x"}"#)
    _ = try client.schema(id: 7)
    _ = try client.schema(id: 7)
    XCTAssertEqual(server.asked.map(\.url), ["http://a", "http://b", "http://b"])
    server.down = ["http://a", "http://b"]
    let failure = failure { _ = try client.schema(id: 7) }
    XCTAssertEqual(failure?.kind, .unavailable)
    XCTAssertEqual(failure?.message, "http://b: nobody there; http://a: nobody there")
  }

  func testKindsOfRefusals() {
    let kinds: [(Int, RegistryFailure.Kind)] = [
      (500, .unavailable), (503, .unavailable), (429, .unavailable), (401, .refused), (403, .refused),
      (409, .rejected), (422, .rejected), (400, .malformed), (302, .malformed), (404, .malformed),
    ]
    for (status, kind) in kinds {
      server.answers["/schemas/ids/1"] = (status, "<html>")
      XCTAssertEqual(failure { _ = try client.schema(id: 1) }?.kind, kind, "\(status)")
    }
  }

  func testAnswersThatAreNone() {
    for body in ["", "[]", "{}", #"{"schema":7}"#, "{\"schema\":\"\u{0}"] {
      server.answers["/schemas/ids/1"] = (200, body)
      XCTAssertEqual(failure { _ = try client.schema(id: 1) }?.kind, .malformed, body)
    }
  }

  func testASchemaOfAnUnknownKind() {
    server.answers["/schemas/ids/1"] = (200, #"{"schema":"a","schemaType":"XML"}"#)
    XCTAssertEqual(failure { _ = try client.schema(id: 1) }?.kind, .unusable)
  }

  func testRegistering() throws {
    server.answers["/subjects/orders-value/versions"] = (200, #"{"id":12}"#)
    server.answers["/subjects/orders-value"] = (200, #"{"subject":"orders-value","id":12,"version":1,"schema":"{}"}"#)
    XCTAssertEqual(try client.register(subject: "orders-value", SchemaText(format: .json, text: "{}")), 12)
    XCTAssertEqual(try client.lookUp(subject: "orders-value", SchemaText(format: .avro, text: "\"int\"")), 12)
    XCTAssertEqual(server.asked.map(\.request.method), ["POST", "POST"])
    let bodies = server.asked.map { request in
      (try? JSONSerialization.jsonObject(with: Data((request.request.body ?? "").utf8))) as? [String: String]
    }
    XCTAssertEqual(bodies, [["schema": "{}", "schemaType": "JSON"], ["schema": "\"int\""]])
  }
}

final class RegistrySettingsTests: XCTestCase {
  private func wrong(_ known: [String: String]) -> String? {
    do { _ = try RegistrySettings(known) } catch { return "\(error.property): \(error.message)" }
    return nil
  }

  func testSettings() throws {
    let settings = try RegistrySettings([
      "url": "http://a:8081/, https://b/x//", "basic.auth.user.info": "u:p", "request.timeout.ms": "500",
    ])
    XCTAssertEqual(settings.urls, ["http://a:8081", "https://b/x"])
    XCTAssertEqual(settings.timeout_ms, 500)
  }

  func testWhatIsWrong() {
    let place = "url: expected http:// or https:// and a host, several with commas between"
    XCTAssertEqual(wrong([:]), place)
    XCTAssertEqual(wrong(["url": "ftp://a"]), place)
    XCTAssertEqual(
      wrong(["url": "http://u:p@a"]), "url: it must not hold a user and a password: use basic.auth.user.info")
    XCTAssertEqual(
      wrong(["url": "http://a", "basic.auth.user.info": "u"]), "basic.auth.user.info: expected user:password")
    XCTAssertEqual(
      wrong(["url": "http://a", "request.timeout.ms": "0"]),
      "request.timeout.ms: expected milliseconds, 1 to 600000, found \"0\"")
    XCTAssertEqual(
      wrong(["url": "http://a", "basic.auth.user.info": "u:p", "bearer.auth.token": "t"]),
      "bearer.auth.token: there is basic.auth.user.info too; leave one of them out")
    XCTAssert(wrong(["url": "http://a", "user": "x"])?.hasPrefix("user: a schema registry has no such") ?? false)
  }
}
