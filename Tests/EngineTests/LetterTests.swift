import Columnar
import Kafka
import XCTest

@testable import Engine
@testable import Pipeline

/// What messages of dead-letter topics say, which are chosen, and where they go again.
final class LetterTests: XCTestCase {
  private func letter(
    _ headers: [String: String], offset: Int64 = 12, key: [UInt8]? = nil, value: [UInt8]? = [7], time_ms: Int64? = 5
  ) -> Letter {
    Letter(
      message: .init(
        place: PartitionOffset(topic: "flights.dead", partition: 1, offset: offset), timestamp_ms: time_ms, key: key,
        value: value, headers: headers.sorted { $0.key < $1.key }.map { ($0.key, Array($0.value.utf8)) }))
  }

  private var message: [String: String] {
    [
      "millrace.cause": "n: text where a number is needed", "millrace.step": "in", "millrace.topic": "flights",
      "millrace.partition": "2", "millrace.offset": "99", "millrace.timestamp": "1000",
    ]
  }

  func testWhatTheHeadersSay() {
    let found = letter(message)
    XCTAssertTrue(found.isLetter)
    XCTAssertEqual(found.place.description, "flights.dead-1@12")
    XCTAssertEqual(found.origin, "flights-2@99")
    XCTAssertEqual(found.timestamp_ms, 1000)
    XCTAssertEqual(found.size, 1)
    XCTAssertEqual(letter(message.merging(["millrace.size": "5000"]) { $1 }, value: nil).size, 5000)
    XCTAssertEqual(letter(["millrace.cause": "c", "millrace.timestamp": "-1"]).timestamp_ms, nil)
    XCTAssertEqual(letter(["millrace.cause": "c"]).timestamp_ms, 5)
    XCTAssertFalse(letter([:]).isLetter, "a message of somebody else")
  }

  func testReceiptsAreNoLetters() {
    let receipt = letter(["millrace.replayed": "12", "millrace.topic": "flights"], value: nil)
    XCTAssertEqual(receipt.replayed?.offset, 12)
    XCTAssertFalse(receipt.isLetter)
    XCTAssertFalse(try LetterChoice().takes(receipt))
  }

  func testChoosing() throws {
    let found = letter(message)
    XCTAssertTrue(try LetterChoice(step: "in", cause: "number").takes(found))
    XCTAssertFalse(try LetterChoice(step: "out").takes(found))
    XCTAssertFalse(try LetterChoice(cause: "Number").takes(found))
    XCTAssertTrue(try LetterChoice(places: ["flights.dead-1@12"]).takes(found))
    XCTAssertFalse(try LetterChoice(places: ["flights.dead-1@13", "flights.dead-0@12"]).takes(found))
  }

  func testPlacesThatAreNone() {
    for text in ["", "a", "a-1", "a@1", "a-x@1", "a-1@", "a-1@-1", "-1@1", "a-1@99999999999999999999"] {
      XCTAssertThrowsError(try LetterChoice(places: [text]), text) { error in
        XCTAssertEqual((error as? JobError)?.exitCode, .usage)
        XCTAssertTrue("\(error)".contains("\"\(text)\""), "\(error)")
      }
    }
  }

  private func routes(to: String? = nil, on connection: String = "kafka") -> ReplayRoutes {
    let topic = Topic(
      name: "flights", connection: "kafka", key: nil,
      value: .init(serde: SerdeUse(id: "json", options: "{}"), schema: nil),
      eventTime: nil, onBadRow: .deadLetter(topic: "flights.dead"), headers: [], timestampField: nil)
    let source = TopicSource(
      topics: [topic], pattern: nil, start: .earliest, stop: .never, onOffsetOutOfRange: .fail,
      valueSchema: Schema([]), keySchema: nil, eventTimeColumn: nil)
    let step = Step(
      id: "in", kind: .topicSource(source), inputs: [], outputs: [Schema([])], position: Position(line: 1, column: 1))
    let plan = LogicalPlan(
      file: "a.yaml", job: "fraud", parallelism: 1, keyGroups: 128, checkpoint: CheckpointSettings(),
      state: StateSettings(), metrics: MetricsSettings(), plugins: PluginSettings(), connections: [:], registries: [:],
      topics: ["flights": topic], steps: [step])
    return ReplayRoutes(plan: plan, connection: connection, to: to)
  }

  func testWhereLettersGo() throws {
    XCTAssertEqual(try routes().topic(of: letter(message)), "flights")
    XCTAssertEqual(try routes(to: "other").topic(of: letter(message)), "other")
    XCTAssertEqual(try routes().topic(of: letter(message, value: nil)), "flights", "a message without key and value")
    let ofOperator = letter(["millrace.cause": "c", "millrace.step": "alerts", "millrace.code": "1"])
    XCTAssertEqual(try routes(to: "flights").topic(of: ofOperator), "flights")
    assertRefused("--to", routes(), ofOperator)
  }

  func testLettersThatCanNotGo() {
    assertRefused("bytes", routes(), letter(message.merging(["millrace.size": "9"]) { $1 }, value: nil))
    assertRefused("bytes", routes(to: "flights"), letter(["millrace.cause": "c", "millrace.code": "1"], value: nil))
    assertRefused("no transaction spans both", routes(on: "far"), letter(message))
    assertRefused("no transaction spans both", routes(to: "flights", on: "far"), letter(message))
  }

  private func assertRefused(_ word: String, _ routes: ReplayRoutes, _ letter: Letter, line: UInt = #line) {
    XCTAssertThrowsError(try routes.topic(of: letter), line: line) { error in
      XCTAssertTrue((error as? ReplayRoutes.Refusal)?.reason.contains(word) ?? false, "\(error)", line: line)
    }
  }

  func testRowAndReceiptGoTogether() {
    let sent = ReplayRoutes.messages(of: letter(message, key: [1, 2]), to: "flights", partition: 2)
    XCTAssertEqual(sent.map(\.topic), ["flights", "flights.dead"])
    XCTAssertEqual(sent.map(\.partition), [2, 1])
    XCTAssertEqual([sent[0].key, sent[0].value], [[1, 2], [7]])
    XCTAssertEqual(sent[0].timestamp_ms, 1000)
    XCTAssertEqual(sent[0].headers.map(\.name), ["millrace.letter"])
    let receipt = Letter(
      message: .init(
        place: PartitionOffset(topic: sent[1].topic, partition: 1, offset: 50), timestamp_ms: 5, key: sent[1].key,
        value: sent[1].value, headers: sent[1].headers))
    XCTAssertEqual(receipt.replayed?.offset, 12)
  }

  /// Without some of them the row would be none in its topic's framing.
  func testTheRowsHeadersGoWithIt() {
    let own = ["__key_schema_id": "\u{1}", "apicurio.value.contentId": "\u{0}\u{7}", "trace": "x"]
    let sent = ReplayRoutes.messages(of: letter(message.merging(own) { $1 }), to: "flights", partition: 2)
    XCTAssertEqual(
      sent[0].headers.map(\.name), ["__key_schema_id", "apicurio.value.contentId", "trace", "millrace.letter"])
    XCTAssertEqual(sent[0].headers.dropLast().map(\.value), [[1], [0, 7], [120]])
    XCTAssertEqual(sent[1].headers.map(\.name), ["millrace.replayed", "millrace.topic"])
  }

  func testEachHeaderIsShownByAName() {
    let headers: [HeaderList.Header] = [
      ("value", [1]), ("trace", [2]), ("trace", nil), ("trace (2)", [3]), ("trace", [4]), ("millrace.cause", [5]),
    ]
    let shown = DeadLetterCommands.shownHeaders(headers)
    XCTAssertEqual(
      shown.map(\.name),
      [
        "header value", "header trace", "header trace (2)", "header trace (2) (2)", "header trace (3)",
        "millrace.cause",
      ])
    XCTAssertEqual(shown.map(\.value), headers.map(\.value))
  }

  func testReplayHasNoJobsTransactionalID() {
    let id = Replay.transactionalID("fraud")
    XCTAssertTrue(id.hasPrefix("fraud-"), "the permissions of the job are enough")
    XCTAssertFalse(TransactionalSink.transactionalIDs(of: "fraud").contains(id))
    for connection in ["kafka", "replay", ""] {
      XCTAssertNotEqual(id, OutboxCourier.transactionalID("fraud", connection))
      XCTAssertNotEqual(id, OutboxCourier.transactionalID("fraud-replay", connection.isEmpty ? "x" : connection))
    }
  }
}
