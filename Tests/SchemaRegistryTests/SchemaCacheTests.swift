import Foundation
import Synchronization
import XCTest

@testable import SchemaRegistry

/// A registry that can be down; used from the cache's thread and the test's.
final class FakeRegistry: HTTPSending, Sendable {
  struct State {
    var isDown = false
    var asked: [String] = []
  }
  let state = Mutex(State())

  func send(_ request: HTTPRequest, to url: String) throws(HTTPTrouble) -> HTTPAnswer {
    let isDown = state.withLock {
      $0.asked.append(request.path)
      return $0.isDown
    }
    if isDown { throw HTTPTrouble(message: "nobody there") }
    let id = request.path.split(separator: "/").last ?? ""
    guard id != "404" else { return HTTPAnswer(status: 404, body: Array(#"{"error_code":40403}"#.utf8)) }
    return HTTPAnswer(status: 200, body: Array(#"{"schema":"schema \#(id)"}"#.utf8))
  }
}

final class SchemaCacheTests: XCTestCase {
  private let registry = FakeRegistry()
  private let heard = Heard()
  private var directory = ""

  private final class Heard: Sendable { let troubles = Mutex<[SchemaTrouble?]>([]) }

  override func setUp() {
    directory = NSTemporaryDirectory() + "schemas-\(UUID().uuidString)"
  }

  override func tearDown() { try? FileManager.default.removeItem(atPath: directory) }

  private func cache(isDurable: Bool = true) throws -> SchemaCache<String> {
    let (registry, heard) = (registry, heard)
    return try SchemaCache(
      directory: isDurable ? directory : nil,
      makeClient: { RegistryClient(urls: ["http://a"], sender: registry) }, make: { "\($1): \($0.text)" },
      onTrouble: { trouble in heard.troubles.withLock { $0.append(trouble) } })
  }

  private func wait(_ cache: SchemaCache<String>, _ id: Int64) -> SchemaCache<String>.Answer { wait(cache, .id(id)) }

  private func wait(_ cache: SchemaCache<String>, _ id: SchemaId) -> SchemaCache<String>.Answer {
    let deadline = Date() + 20
    while Date() < deadline {
      let answer = cache.look(up: id)
      if !answer.isWaiting { return answer }
      usleep(1000)
    }
    return .waiting
  }

  private func known(_ answer: SchemaCache<String>.Answer) -> String? {
    if case .known(let text) = answer { text } else { nil }
  }

  func testASchemaIsAskedForOnce() throws {
    let cache = try cache()
    defer { cache.close() }
    XCTAssert(cache.look(up: .id(7)).isWaiting)
    XCTAssertEqual(known(wait(cache, 7)), "id 7: schema 7")
    XCTAssertEqual(known(cache.look(up: .id(7))), "id 7: schema 7")
    XCTAssertEqual(registry.state.withLock(\.asked), ["/schemas/ids/7"])
  }

  /// Ids of different kinds mean different schemas, in memory and in files.
  func testIdsOfAllKindsAreApart() throws {
    let guid = try XCTUnwrap(SchemaGuid("00000000-0000-0000-0000-000000000007"))
    let ids: [SchemaId] = [.id(7), .guid(guid)]
    func texts(_ cache: SchemaCache<String>) -> [String?] { ids.map { known(wait(cache, $0)) } }
    let first = try cache()
    XCTAssertEqual(texts(first), ["id 7: schema 7", "guid \(guid): schema \(guid)"])
    first.close()
    registry.state.withLock { $0.isDown = true }
    let second = try cache()
    defer { second.close() }
    XCTAssertEqual(texts(second), ["id 7: schema 7", "guid \(guid): schema \(guid)"])
    XCTAssertEqual(
      try FileManager.default.contentsOfDirectory(atPath: directory).sorted(), ["7.json", "guid-\(guid).json"])
  }

  func testWhatTheRegistryDoesNotHaveIsSaid() throws {
    let cache = try cache()
    defer { cache.close() }
    guard case .absent(let why) = wait(cache, 404) else { return XCTFail("it is not absent") }
    XCTAssert(why.hasPrefix("schema 404: the registry does not have it"), why)
  }

  func testAnOutageIsWaitedFor() throws {
    registry.state.withLock { $0.isDown = true }
    let cache = try cache()
    defer { cache.close() }
    XCTAssert(cache.look(up: .id(7)).isWaiting)
    while heard.troubles.withLock(\.count) < 2 { usleep(1000) }
    XCTAssert(cache.look(up: .id(7)).isWaiting)
    XCTAssertEqual(heard.troubles.withLock { $0[1]?.count }, 2)
    XCTAssertEqual(heard.troubles.withLock { $0[0]?.failure.kind }, .unavailable)
    XCTAssertEqual(heard.troubles.withLock { $0[0]?.waitingCount }, 1)
    registry.state.withLock { $0.isDown = false }
    XCTAssertEqual(known(wait(cache, 7)), "id 7: schema 7")
    let deadline = Date() + 10
    while heard.troubles.withLock({ $0.last != .some(nil) }) && Date() < deadline { usleep(1000) }
    XCTAssertEqual(heard.troubles.withLock { $0.last }, .some(nil), "that it is over is told")
  }

  func testTheNextStartDoesWithoutTheRegistry() throws {
    let first = try cache()
    XCTAssertEqual(known(wait(first, 7)), "id 7: schema 7")
    first.close()
    registry.state.withLock { $0.isDown = true }
    let second = try cache()
    defer { second.close() }
    XCTAssertEqual(known(second.look(up: .id(7))), "id 7: schema 7")
  }

  func testADamagedFileIsAsGoodAsNone() throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try Data("{".utf8).write(to: URL(fileURLWithPath: "\(directory)/7.json"))
    let cache = try cache()
    defer { cache.close() }
    XCTAssertEqual(known(wait(cache, 7)), "id 7: schema 7")
  }

  func testIdsThatWereWrittenWithAreKnownAtTheNextStart() throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let path = "\(directory)/written.json"
    let first = WrittenIds(path: path)
    XCTAssertNil(first.ids(subject: "a", text: "{}"))
    first.note(subject: "a", text: "{}", ids: SchemaIds(id: 7))
    first.note(subject: "a", text: "[]", ids: SchemaIds(id: 8, guid: SchemaGuid(Array(0..<16))))
    first.note(subject: "a", text: "{}", ids: SchemaIds(id: 9))
    let second = WrittenIds(path: path)
    XCTAssertEqual(second.ids(subject: "a", text: "{}"), SchemaIds(id: 9))
    XCTAssertEqual(second.ids(subject: "a", text: "[]"), SchemaIds(id: 8, guid: SchemaGuid(Array(0..<16))))
    XCTAssertNil(second.ids(subject: "b", text: "[]"))
    try Data(#"[{"subject":"a","text":"old","id":5}]"#.utf8).write(to: URL(fileURLWithPath: path))
    XCTAssertEqual(WrittenIds(path: path).ids(subject: "a", text: "old"), SchemaIds(id: 5), "of a version before GUIDs")
    try Data("[{".utf8).write(to: URL(fileURLWithPath: path))
    XCTAssertNil(WrittenIds(path: path).ids(subject: "a", text: "[]"), "a damaged file is as good as none")
    let nowhere = WrittenIds(path: nil)
    nowhere.note(subject: "a", text: "{}", ids: SchemaIds(id: 7))
    XCTAssertEqual(nowhere.ids(subject: "a", text: "{}"), SchemaIds(id: 7))
  }

  func testMemoryIsBounded() throws {
    let cache = try cache(isDurable: false)
    defer { cache.close() }
    for id in 1000..<Int64(1000 + SchemaCacheLimits.count + 50) { XCTAssertFalse(wait(cache, id).isWaiting) }
    let asked = registry.state.withLock(\.asked.count)
    _ = wait(cache, Int64(1000 + SchemaCacheLimits.count + 49))
    XCTAssertEqual(registry.state.withLock(\.asked.count), asked, "the newest is kept")
    _ = wait(cache, 1000)
    XCTAssertEqual(registry.state.withLock(\.asked.count), asked + 1, "the oldest made room")
  }

  func testClosingDoesNotWaitForAnOutage() throws {
    registry.state.withLock { $0.isDown = true }
    let cache = try cache()
    _ = cache.look(up: .id(7))
    while heard.troubles.withLock(\.count) < 4 { usleep(1000) }
    cache.close()
  }

  func testPausesGrowAndAreBounded() {
    var pace = RetryPace()
    let longest = (0..<10).map { _ in pace.next_ms(random: \.upperBound) }
    XCTAssertEqual(longest.prefix(4), [100, 300, 900, 2700])
    XCTAssertEqual(longest.last, 5_000)
    XCTAssertEqual(pace.next_ms(random: \.lowerBound), 100)
  }
}
