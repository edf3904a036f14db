import Foundation
import XCTest

@testable import SchemaRegistry

/// Apicurio's own API, by answers that Apicurio Registry 3.0.9 gave.
final class ApicurioClientTests: XCTestCase {
  private static let version =
    #"{"version":"1","owner":"","createdOn":"2026-11-27T11:56:52Z","artifactType":"AVRO","globalId":9,"state":"ENABLED","contentId":7,"artifactId":"a-value"}"#
  private static let none = (
    404, #"{"title":"No content with ID '99' was found.","status":404,"name":"ContentNotFoundException"}"#
  )
  private let server = FakeServer()
  private lazy var client = ApicurioClient(urls: ["http://a", "http://b"], group: "my group", sender: server)
  private let avro = SchemaText(format: .avro, text: "\"long\"")

  private func failure(_ body: () throws -> Void) -> RegistryFailure? {
    do { try body() } catch { return error as? RegistryFailure }
    return nil
  }

  func testSchemasByEitherId() throws {
    for (id, path, query) in [
      (SchemaId.contentId(7), "/ids/contentIds/7", "contentId=7"), (.globalId(9), "/ids/globalIds/9", "globalId=9"),
    ] {
      server.answers[path] = (200, "\"long\"")
      server.answers["\(path)/references"] = (200, "[]")
      server.answers["/search/versions?\(query)&limit=1"] = (200, #"{"count":1,"versions":[\#(Self.version)]}"#)
      XCTAssertEqual(try client.schema(id), avro)
    }
  }

  func testWhatItDoesNotHave() {
    server.answers["/ids/contentIds/99"] = Self.none
    let failure = failure { _ = try client.schema(.contentId(99)) }
    XCTAssertEqual(failure?.kind, .unknown)
    XCTAssertEqual(
      failure?.message, "the registry does not have it: HTTP 404, No content with ID '99' was found.")
    XCTAssertEqual(failure?.what, "schema content id 99")
    server.answers["/ids/contentIds/99"] = (404, #"{"title":"RESTEASY003210","status":404,"name":"NotFoundException"}"#)
    XCTAssertEqual(self.failure { _ = try client.schema(.contentId(99)) }?.kind, .malformed, "the path is not there")
    server.answers["/ids/contentIds/7"] = (200, "{}")
    server.answers["/search/versions?contentId=7&limit=1"] = (200, #"{"count":0,"versions":[]}"#)
    XCTAssertEqual(self.failure { _ = try client.schema(.contentId(7)) }?.kind, .unusable, "nothing says its type")
    XCTAssertEqual(self.failure { _ = try client.schema(.id(7)) }?.kind, .unsupported)
  }

  func testReferencesAreFollowed() throws {
    let (type, path) = (
      #"{"artifactType":"PROTOBUF","globalId":1,"contentId":1}"#, "/groups/default/artifacts/b%2Fc/versions/1.0"
    )
    server.answers["/ids/globalIds/1"] = (200, "a")
    server.answers["/search/versions?globalId=1&limit=1"] = (200, #"{"versions":[\#(type)]}"#)
    server.answers["/ids/globalIds/1/references"] = (200, #"[{"artifactId":"b/c","version":"1.0","name":"b.proto"}]"#)
    server.answers[path] = (200, type)
    server.answers["\(path)/content"] = (200, "b")
    server.answers["\(path)/references"] = (200, "[]")
    let b = SchemaText(format: .protobuf, text: "b")
    XCTAssertEqual(
      try client.schema(.globalId(1)),
      SchemaText(format: .protobuf, text: "a", references: [.init(name: "b.proto", schema: b)]))
    server.answers["\(path)/references"] = (200, #"[{"artifactId":"b/c","version":"1.0","name":"b.proto"}]"#)
    XCTAssertEqual(failure { _ = try client.schema(.globalId(1)) }?.kind, .unusable, "a circle ends")
  }

  func testRegistering() throws {
    server.answers["/groups/my%20group/artifacts?ifExists=FIND_OR_CREATE_VERSION"] = (
      200, #"{"artifact":{"artifactId":"a-value"},"version":\#(Self.version)}"#
    )
    let ids = SchemaIds(contentId: 7, globalId: 9)
    XCTAssertEqual(try client.register(subject: "a-value", avro), ids)
    let sent = try XCTUnwrap(server.asked.last?.request)
    XCTAssertEqual([sent.method, sent.contentType], ["POST", "application/json"])
    let body = try JSONSerialization.jsonObject(with: Data((sent.body ?? "").utf8)) as? NSDictionary
    XCTAssertEqual(
      body,
      [
        "artifactId": "a-value", "artifactType": "AVRO",
        "firstVersion": ["content": ["content": "\"long\"", "contentType": "application/json"]],
      ])
  }

  func testObjections() {
    let path = "/groups/my%20group/artifacts?ifExists=FIND_OR_CREATE_VERSION"
    for (status, body, kind) in [
      (409, #"{"title":"Incompatible","status":409,"name":"RuleViolationException"}"#, RegistryFailure.Kind.rejected),
      (400, #"{"title":"Character %","status":400,"name":"InvalidArtifactIdException"}"#, .rejected),
      (400, "<html>", .malformed), (401, "", .refused), (500, "", .unavailable), (200, "{}", .malformed),
    ] {
      server.answers[path] = (status, body)
      XCTAssertEqual(failure { _ = try client.register(subject: "a%", avro) }?.kind, kind, "\(status) \(body)")
    }
  }

  func testLookingUp() throws {
    let path =
      "/search/versions?groupId=my%20group&artifactId=a%2Fb&artifactType=PROTOBUF&orderby=globalId&order=desc&limit=1"
    let proto = SchemaText(format: .protobuf, text: "message A {}")
    server.answers[path] = (200, #"{"count":1,"versions":[\#(Self.version)]}"#)
    XCTAssertEqual(try client.lookUp(subject: "a/b", proto), SchemaIds(contentId: 7, globalId: 9))
    XCTAssertEqual(server.asked.last?.request.body, "message A {}")
    XCTAssertEqual(server.asked.last?.request.contentType, "application/x-protobuf")
    server.answers[path] = (200, #"{"count":0,"versions":[]}"#)
    XCTAssertEqual(failure { _ = try client.lookUp(subject: "a/b", proto) }?.kind, .unregistered)
  }

  func testTheLatest() throws {
    server.answers["/groups/my%20group/artifacts/a-value/versions/branch=latest"] = (200, Self.version)
    server.answers["/ids/globalIds/9"] = (200, "\"long\"")
    server.answers["/ids/globalIds/9/references"] = (200, "[]")
    XCTAssertEqual(
      try client.latest(subject: "a-value"), .init(ids: SchemaIds(contentId: 7, globalId: 9), schema: avro))
    server.answers["/groups/my%20group/artifacts/b/versions/branch=latest"] = (
      404, #"{"title":"No version","status":404,"name":"VersionNotFoundException"}"#
    )
    XCTAssertEqual(failure { _ = try client.latest(subject: "b") }?.kind, .unregistered)
  }

  func testGreeting() throws {
    server.answers["/system/info"] = (200, #"{"name":"Apicurio Registry (In Memory)","version":"3.0.9"}"#)
    XCTAssertEqual(try client.greet(), "Apicurio Registry (In Memory) 3.0.9")
  }

  func testTextsThatAreNone() {
    for body in ["\u{0}", "a\u{0}"] {
      server.answers["/ids/contentIds/7"] = (200, body)
      XCTAssertEqual(failure { _ = try client.schema(.contentId(7)) }?.kind, .malformed)
    }
  }
}
