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
    XCTAssertEqual(try client.schema(.id(7)), SchemaText(format: .avro, text: "\"long\""))
  }

  func testReferencesAreFollowed() throws {
    server.answers["/schemas/ids/1"] = (
      200,
      #"{"schema":"a","schemaType":"PROTOBUF","references":[{"name":"b.proto","subject":"b/x y","version":3}]}"#
    )
    server.answers["/subjects/b%2Fx%20y/versions/3"] = (200, #"{"schema":"b","schemaType":"PROTOBUF","id":9}"#)
    XCTAssertEqual(
      try client.schema(.id(1)),
      SchemaText(
        format: .protobuf, text: "a",
        references: [.init(name: "b.proto", schema: SchemaText(format: .protobuf, text: "b"))]))
  }

  func testASchemaByItsGuid() throws {
    let text = "89791762-2336-4186-9674-299b90a802e2"
    let guid = try XCTUnwrap(SchemaGuid(text))
    server.answers["/schemas/guids/\(text)"] = (
      200, #"{"schema":"a","references":[{"name":"b","subject":"b","version":3}],"guid":"\#(text)"}"#
    )
    server.answers["/subjects/b/versions/3"] = (200, #"{"schema":"b"}"#)
    let schema = try client.schema(.guid(guid))
    XCTAssertEqual(schema.text, "a")
    XCTAssertEqual(schema.references.map(\.schema.text), ["b"])
    let other = try XCTUnwrap(SchemaGuid(Array(0..<16)))
    let failure = failure { _ = try client.schema(.guid(other)) }
    XCTAssertEqual(failure?.kind, .unknown)
    XCTAssertEqual(failure?.what, "schema 00010203-0405-0607-0809-0a0b0c0d0e0f")
  }

  func testGuidsOfWhatIsRegistered() throws {
    let text = "89791762-2336-4186-9674-299b90a802e2"
    let ids = SchemaIds(id: 12, guid: SchemaGuid(text))
    server.answers["/subjects/a/versions"] = (200, #"{"id":12,"version":1,"guid":"\#(text)","schemaType":"JSON"}"#)
    server.answers["/subjects/a"] = (200, #"{"subject":"a","id":12,"guid":"\#(text)","schema":"{}"}"#)
    server.answers["/subjects/a/versions/latest"] = (200, #"{"subject":"a","id":12,"guid":"\#(text)","schema":"{}"}"#)
    XCTAssertEqual(try client.register(subject: "a", SchemaText(format: .json, text: "{}")), ids)
    XCTAssertEqual(try client.lookUp(subject: "a", SchemaText(format: .json, text: "{}")), ids)
    XCTAssertEqual(try client.latest(subject: "a").ids, ids)
    server.answers["/subjects/a"] = (200, #"{"subject":"a","id":12,"guid":"8979","schema":"{}"}"#)
    let failure = failure { _ = try client.lookUp(subject: "a", SchemaText(format: .json, text: "{}")) }
    XCTAssertEqual(failure?.kind, .malformed)
  }

  func testReferencesInACircleEnd() {
    let circle = #"{"schema":"a","references":[{"name":"a","subject":"a","version":1}]}"#
    server.answers["/schemas/ids/1"] = (200, circle)
    server.answers["/subjects/a/versions/1"] = (200, circle)
    XCTAssertEqual(failure { _ = try client.schema(.id(1)) }?.kind, .unusable)
    XCTAssertLessThan(server.asked.count, 50)
  }

  func testTheLatestOfASubject() throws {
    server.answers["/subjects/a-value/versions/latest"] = (
      200,
      #"{"subject":"a-value","version":4,"id":9,"schema":"a","schemaType":"PROTOBUF","references":[{"name":"b.proto","subject":"b","version":3}]}"#
    )
    server.answers["/subjects/b/versions/3"] = (200, #"{"schema":"b","schemaType":"PROTOBUF","id":5}"#)
    let latest = try client.latest(subject: "a-value")
    XCTAssertEqual(latest.ids, SchemaIds(id: 9))
    XCTAssertEqual(latest.schema.text, "a")
    XCTAssertEqual(latest.schema.references.map(\.schema.text), ["b"])
    XCTAssertEqual(failure { _ = try client.latest(subject: "c") }?.kind, .unregistered)
  }

  func testWhatTheRegistryDoesNotHave() {
    let failure = failure { _ = try client.schema(.id(8)) }
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
    _ = try client.schema(.id(7))
    _ = try client.schema(.id(7))
    XCTAssertEqual(server.asked.map(\.url), ["http://a", "http://b", "http://b"])
    server.down = ["http://a", "http://b"]
    let failure = failure { _ = try client.schema(.id(7)) }
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
      XCTAssertEqual(failure { _ = try client.schema(.id(1)) }?.kind, kind, "\(status)")
    }
  }

  func testAnswersThatAreNone() {
    for body in ["", "[]", "{}", #"{"schema":7}"#, "{\"schema\":\"\u{0}"] {
      server.answers["/schemas/ids/1"] = (200, body)
      XCTAssertEqual(failure { _ = try client.schema(.id(1)) }?.kind, .malformed, body)
    }
  }

  func testASchemaOfAnUnknownKind() {
    server.answers["/schemas/ids/1"] = (200, #"{"schema":"a","schemaType":"XML"}"#)
    XCTAssertEqual(failure { _ = try client.schema(.id(1)) }?.kind, .unusable)
  }

  func testRegistering() throws {
    server.answers["/subjects/orders-value/versions"] = (200, #"{"id":12}"#)
    server.answers["/subjects/orders-value"] = (200, #"{"subject":"orders-value","id":12,"version":1,"schema":"{}"}"#)
    XCTAssertEqual(
      try client.register(subject: "orders-value", SchemaText(format: .json, text: "{}")), SchemaIds(id: 12))
    XCTAssertEqual(
      try client.lookUp(subject: "orders-value", SchemaText(format: .avro, text: "\"int\"")), SchemaIds(id: 12))
    XCTAssertEqual(server.asked.map(\.request.method), ["POST", "POST"])
    let bodies = server.asked.map { request in
      (try? JSONSerialization.jsonObject(with: Data((request.request.body ?? "").utf8))) as? [String: String]
    }
    XCTAssertEqual(bodies, [["schema": "{}", "schemaType": "JSON"], ["schema": "\"int\""]])
  }
}

final class SchemaGuidTests: XCTestCase {
  func testBytesAndTextAreOfOneOrder() throws {
    let bytes = (0..<16).map { UInt8($0 * 17) }
    let guid = try XCTUnwrap(SchemaGuid(bytes))
    XCTAssertEqual(guid.description, "00112233-4455-6677-8899-aabbccddeeff")
    XCTAssertEqual(guid.description, UUID(uuid: UUID(uuidString: guid.description)!.uuid).uuidString.lowercased())
    XCTAssertEqual(guid.bytes, bytes)
    XCTAssertEqual(SchemaGuid("00112233-4455-6677-8899-AABBCCDDEEFF"), guid)
    XCTAssertNil(SchemaGuid(bytes + [0]))
    XCTAssertNil(SchemaGuid(bytes.dropLast()))
  }

  func testTextsThatAreNone() {
    for text in [
      "", "00112233445566778899aabbccddeeff", "0011223-34455-6677-8899-aabbccddeeff",
      "00112233-4455-6677-8899-aabbccddeefg", "+0112233-4455-6677-8899-aabbccddeeff",
      "00112233-4455-6677-8899-aabbccddeef",
      "00112233-4455-6677-8899-aabbccddeeff-", "٠0112233-4455-6677-8899-aabbccddeef",
    ] {
      XCTAssertNil(SchemaGuid(text), text)
    }
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
    XCTAssertEqual(settings.api, .confluent)
    let own = try RegistrySettings([
      "url": "http://a/apis/registry/v3", "api": "apicurio", "apicurio.registry.artifact.group-id": "acme",
    ])
    XCTAssertEqual(own.api, .apicurio)
    XCTAssertEqual(own.group, "acme")
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
    XCTAssertEqual(wrong(["url": "http://a", "api": "own"]), "api: expected confluent or apicurio, found \"own\"")
    XCTAssertEqual(
      wrong(["url": "http://a", "apicurio.registry.artifact.group-id": "acme"]),
      "apicurio.registry.artifact.group-id: expected the name of a group, and `api: apicurio` beside it")
    XCTAssert(wrong(["url": "http://a", "user": "x"])?.hasPrefix("user: a schema registry has no such") ?? false)
  }
}
