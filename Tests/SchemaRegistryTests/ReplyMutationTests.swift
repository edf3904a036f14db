import Foundation
import XCTest

@testable import SchemaRegistry

/// Random numbers, and texts that are changed by them. Xorshift: https://www.jstatsoft.org/article/view/v008i14.
private struct Damage: RandomNumberGenerator {
  private static let words = [
    "null", "-1", "1.5", "1e999", "9223372036854775808", "\"", "\\", "{", "}", "[", "]", ",", ":", "\\ud800", "\\u0000",
    "\"schema\":", "\"references\":[", "\"id\":", "\u{0}", String(repeating: "[", count: 600), "\"XML\"", "true",
  ]
  private var state: UInt64

  /// `test`: for whoever reads the output. MILLRACE_SEED repeats a run.
  init(_ test: String) {
    let given = ProcessInfo.processInfo.environment["MILLRACE_SEED"].flatMap(UInt64.init)
    state = given ?? UInt64.random(in: 1...UInt64.max)
    print("\(test): MILLRACE_SEED=\(state)")
  }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  mutating func one<Item>(of items: [Item]) -> Item { items[Int.random(in: 0..<items.count, using: &self)] }

  /// A text's bytes, of which some may be missing, doubled, or others.
  mutating func changed(_ text: String) -> [UInt8] {
    var bytes = Array(text.utf8)
    for _ in 0..<one(of: [0, 0, 1, 1, 2, 5]) {
      let place = Int.random(in: 0...bytes.count, using: &self)
      let piece = place..<Int.random(in: place...min(bytes.count, place + 12), using: &self)
      switch Int.random(in: 0..<5, using: &self) {
      case 0: bytes.removeSubrange(piece)
      case 1: bytes.insert(contentsOf: Array(bytes[piece]), at: Int.random(in: 0...bytes.count, using: &self))
      case 2: bytes.insert(UInt8.random(in: 0...255, using: &self), at: place)
      case 3: bytes.removeLast(Int.random(in: 0...min(4, bytes.count), using: &self))
      default: bytes.replaceSubrange(piece, with: Array(one(of: Self.words).utf8))
      }
    }
    return bytes
  }
}

/// Answers each question with a reply that was changed at random, of any status; notes the replies.
private final class DamagingServer: HTTPSending {
  static let replies = [
    #"{"schema":"\"long\""}"#, #"{"subject":"a-value","id":12,"version":1,"schema":"{}"}"#, #"{"id":4294967296}"#,
    #"{"id":12,"version":1,"guid":"89791762-2336-4186-9674-299b90a802e2","schemaType":"AVRO"}"#,
    #"{"schema":"syntax = \"proto3\";","schemaType":"PROTOBUF","id":9,"version":1,"subject":"s"}"#,
    #"{"schema":"é\n\"","schemaType":"AVRO","references":[{"name":"b","subject":"b/x y","version":3}]}"#,
    #"{"schema":"{}","schemaType":"JSON","references":[{"name":"","subject":"é","version":-1}]}"#,
    #"["AVRO","JSON"]"#, #"{"error_code":40403,"message":"Schema not found"}"#, "<html>",
  ]
  static let apicurios = [
    "[]", "[]", #"{"count":1,"versions":[{"artifactType":"AVRO","globalId":9,"contentId":7,"artifactId":"a"}]}"#,
    #"{"artifactType":"JSON","globalId":9,"contentId":7,"artifactId":"a","version":"1"}"#,
    #"{"artifact":{},"version":{"artifactType":"PROTOBUF","globalId":9,"contentId":7}}"#, #"{"count":0,"versions":[]}"#,
    #"[{"groupId":null,"artifactId":"b","version":"1","name":"b"}]"#, "\"long\"", "<html>",
    #"{"title":"No content","status":404,"name":"ContentNotFoundException"}"#,
  ]
  private static let statuses = Array(repeating: 200, count: 16) + [201, 302, 400, 401, 404, 409, 422, 429, 500, 0, -1]

  var damage: Damage
  var answers: [HTTPAnswer] = []

  private let replies: [String]
  /// Whether failures are told from answers as Confluent's API has it.
  var isConfluent: Bool { replies == Self.replies }

  init(_ test: String, _ replies: [String] = DamagingServer.replies) {
    damage = Damage(test)
    self.replies = replies
  }

  func send(_ request: HTTPRequest, to url: String) throws(HTTPTrouble) -> HTTPAnswer {
    if damage.one(of: Array(0..<50)) == 0 { throw HTTPTrouble(message: "\(url): nobody there") }
    let answer = HTTPAnswer(status: damage.one(of: Self.statuses), body: damage.changed(damage.one(of: replies)))
    answers.append(answer)
    return answer
  }
}

/// Whatever a registry, or what stands before it, answers: nothing traps, and what is taken is what was answered.
final class ReplyMutationTests: XCTestCase {
  private static let count = 20_000

  /// How many were taken and compared.
  private var compared = 0

  /// What the client asks for.
  private static let names = ["schema", "schemaType", "references", "id", "guid", "error_code", "message"]

  /// The members of a reply, as another decoder of JSON has them. Nil if that finds fault with it, which the registry client's
  /// need not: it does not look into strings that nobody asks for. Nil, too, if a name comes twice: JSON does not say which
  /// counts (RFC 8259, section 4), and the decoders differ.
  private func members(_ answer: HTTPAnswer?) -> [String: Any]? {
    guard let body = answer?.body else { return nil }
    let text = String(decoding: body, as: UTF8.self)
    guard Self.names.allSatisfy({ text.components(separatedBy: "\"\($0)\"").count <= 2 }) else { return nil }
    return try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
  }

  private func failureKind(_ answer: HTTPAnswer?) -> RegistryFailure.Kind? {
    switch answer?.status {
    case 401: return .refused
    case 409, 422: return .rejected
    case 429, 500: return .unavailable
    case 404:
      guard let members = members(answer) else { return nil }
      // A problem whose message is none is no answer of a registry's.
      guard members["message"].map({ $0 is String || $0 is NSNull }) ?? true else { return .malformed }
      return (40400...40499).contains(members["error_code"] as? Int ?? 0) ? .unknown : .malformed
    case 302, 400, 0, -1: return .malformed
    default: return nil
    }
  }

  /// What a question gives; nil if it fails, which the last answer must explain.
  private func outcome<Answer>(of server: DamagingServer, _ ask: () throws -> Answer) -> Answer? {
    server.answers = []
    do { return try ask() } catch {
      guard let failure = error as? RegistryFailure else {
        XCTFail("\(error)")
        return nil
      }
      XCTAssertFalse(failure.message.isEmpty)
      let kind = server.isConfluent ? failureKind(server.answers.last) : nil
      if failure.kind != .unavailable, let kind, kind != .unavailable { XCTAssertEqual(failure.kind, kind) }
      return nil
    }
  }

  private func check(_ schema: SchemaText, by server: DamagingServer) {
    guard let members = members(server.answers.first { (200..<300).contains($0.status) }) else { return }
    compared += 1
    XCTAssertEqual(schema.text, members["schema"] as? String)
    XCTAssertEqual(schema.format.rawValue, members["schemaType"] as? String ?? "AVRO")
    let references = members["references"] as? [[String: Any]] ?? []
    XCTAssertEqual(schema.references.map(\.name), references.map { $0["name"] as? String ?? "?" })
  }

  func testRandomReplies() {
    let server = DamagingServer("random replies")
    let client = RegistryClient(urls: ["http://a", "http://b"], sender: server)
    for _ in 0..<Self.count {
      if let schema = outcome(of: server, { try client.schema(.id(7)) }) { check(schema, by: server) }
      let ids = outcome(of: server) { try client.register(subject: "a", SchemaText(format: .avro, text: "x")) }
      if let ids, let members = members(server.answers.last) {
        compared += 1
        XCTAssertEqual(ids.id, members["id"] as? Int64)
        XCTAssertEqual(ids.guid, (members["guid"] as? String).flatMap { SchemaGuid($0) })
      }
      _ = outcome(of: server) { try client.greet() }
    }
    XCTAssertGreaterThan(compared, Self.count / 10)
  }

  /// The same of Apicurio's own API: an answer of another question's may come, too.
  func testRandomRepliesOfApicurios() {
    let server = DamagingServer("random replies of Apicurio's", DamagingServer.apicurios)
    let client = ApicurioClient(urls: ["http://a", "http://b"], group: "default", sender: server)
    let schema = SchemaText(format: .avro, text: "x")
    var taken = 0
    for _ in 0..<Self.count {
      if let schema = outcome(of: server, { try client.schema(.contentId(7)) }) {
        let texts = server.answers.filter { (200..<300).contains($0.status) }.map {
          String(decoding: $0.body, as: UTF8.self)
        }
        XCTAssert(texts.contains(schema.text))
        taken += 1
      }
      for ids in [
        outcome(of: server, { try client.register(subject: "a", schema) }),
        outcome(of: server, { try client.lookUp(subject: "a", schema) }),
        outcome(of: server, { try client.latest(subject: "a").ids }),
      ] {
        guard let ids else { continue }
        XCTAssertNotNil(ids.contentId)
        XCTAssertNotNil(ids.globalId)
        taken += 1
      }
    }
    XCTAssertGreaterThan(taken, Self.count / 40)
  }

  /// Files beside the checkpoints are whole or not there; should they be neither, they are as good as not there.
  func testRandomFiles() throws {
    var damage = Damage("random files")
    let directory = NSTemporaryDirectory() + "schemas-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let files = try SchemaFiles(directory)
    let schema = SchemaText(
      format: .json, text: "{}", references: [.init(name: "a", schema: SchemaText(format: .avro, text: "é"))])
    let ids = SchemaIds(id: 7, guid: SchemaGuid(Array(0..<16)))
    try files.write(schema, id: .id(1))
    WrittenIds(path: "\(directory)/written").note(subject: "a", text: "{}", ids: ids)
    let good = try ["1.json", "written"].map { try String(contentsOfFile: "\(directory)/\($0)", encoding: .utf8) }
    var taken = 0
    for _ in 0..<Self.count / 20 {
      try Data(damage.changed(good[0])).write(to: URL(fileURLWithPath: "\(directory)/1.json"))
      try Data(damage.changed(good[1])).write(to: URL(fileURLWithPath: "\(directory)/written"))
      taken += files.read(.id(1)) == schema ? 1 : 0
      taken += WrittenIds(path: "\(directory)/written").ids(subject: "a", text: "{}") == ids ? 1 : 0
    }
    XCTAssertGreaterThan(taken, Self.count / 100)
  }
}
