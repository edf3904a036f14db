import Columnar
import Kafka
import XCTest

@testable import Engine
@testable import Pipeline

/// What a plan needs of Kafka, and whether its transactions live long enough.
final class KafkaNeedsTests: XCTestCase {
  private let schema = Schema([])

  private func topic(_ name: String, on connection: String = "kafka", _ policy: BadRowPolicy = .fail) -> Topic {
    Topic(
      name: name, connection: connection, key: nil,
      value: .init(serde: SerdeUse(id: "json", options: "{}"), schema: nil),
      eventTime: nil, onBadRow: policy, headers: [], timestampField: nil)
  }

  private func source(
    _ topics: [Topic], _ start: TopicSource.Start = .earliest, pattern: TopicPattern? = nil
  ) -> Step {
    let source = TopicSource(
      topics: topics, pattern: pattern, start: start, stop: .never, onOffsetOutOfRange: .fail, valueSchema: schema,
      keySchema: nil, eventTimeColumn: nil)
    return Step(
      id: "in-\(topics[0].name)", kind: .topicSource(source), inputs: [], outputs: [schema],
      position: Position(line: 1, column: 1))
  }

  private func sink(_ topic: Topic, _ columns: TopicSink.Columns = .init()) -> Step {
    let sink = TopicSink(topic: topic, schema: schema, columns: columns, valueColumns: [])
    return Step(
      id: "out-\(topic.name)", kind: .topicSink(sink), inputs: [], outputs: [], position: Position(line: 1, column: 1))
  }

  private func plan(
    _ steps: [Step], _ guarantee: DeliveryGuarantee = .exactlyOnce, interval: Duration = .seconds(1),
    properties: [(String, String)] = []
  ) -> LogicalPlan {
    var checkpoint = CheckpointSettings()
    checkpoint.guarantee = guarantee
    checkpoint.interval = interval
    let all = [("bootstrap.servers", "a:1")] + properties
    let connection = Connection(
      name: "kafka",
      properties: all.enumerated().map { line, property in
        .init(
          name: property.0, value: PropertyValue(property.1, of: property.0),
          position: Position(line: line + 1, column: 3))
      })
    return LogicalPlan(
      file: "a.yaml", job: "fraud", parallelism: 1, keyGroups: 128, checkpoint: checkpoint, state: StateSettings(),
      metrics: MetricsSettings(), plugins: PluginSettings(), connections: ["kafka": connection], registries: [:],
      topics: [:],
      steps: steps)
  }

  func testExactlyOnceNeedsItsGroupsAndTransactionalIDs() {
    let steps = [
      source([topic("a", .deadLetter(topic: "dead")), topic("b", .deadLetter(topic: "dead"))]), sink(topic("out")),
    ]
    var expected = KafkaNeeds()
    expected.reads = ["a", "b"]
    expected.writes.names = ["dead", "out"]
    expected.limited = ["dead"]
    expected.group = "fraud"
    expected.commits = [
      .init(group: "fraud", topic: "a"), .init(group: "fraud", topic: "b"), .init(group: "fraud.epochs", topic: "out"),
    ]
    expected.transactionalPrefix = "fraud-"
    XCTAssertEqual(KafkaNeeds.of(plan(steps)), ["kafka": expected])
  }

  func testCheaperGuaranteesNeedLess() {
    let steps = [source([topic("a")]), sink(topic("out"))]
    let atLeastOnce = KafkaNeeds.of(plan(steps, .atLeastOnce))["kafka"]
    XCTAssertEqual(atLeastOnce?.commits, [.init(group: "fraud", topic: "a")])
    XCTAssertNil(atLeastOnce?.transactionalPrefix)
    XCTAssertEqual(KafkaNeeds.of(plan(steps, .none))["kafka"]?.commits, [.init(group: "fraud", topic: "a")])
  }

  func testPatternsRoutesAndTopicsThatAreMade() throws {
    var made = topic("made", .deadLetter(topic: "dead"))
    made.creation = .init(partitionCount: 3)
    var columns = TopicSink.Columns()
    columns.route = Route(column: 0, topics: ["a.*", "b"])
    let read = source([topic("in.1")], pattern: try XCTUnwrap(TopicPattern("in.*")))
    var plan = plan([read, sink(made, columns)])
    plan.topics = ["made": made]
    let needs = try XCTUnwrap(KafkaNeeds.of(plan)["kafka"])
    XCTAssertEqual(needs.reads, [], "the brokers' topics are not known yet")
    XCTAssertEqual(needs.choices.map(\.step), ["in-in.1"])
    XCTAssertEqual(needs.writes.names, ["made", "dead", "b"])
    XCTAssertEqual(needs.writes.patterns, ["a.*"])
    XCTAssertEqual(needs.made, ["made": TopicCreation(partitionCount: 3)])
    XCTAssertEqual(needs.limited, ["made", "dead"])
    XCTAssertEqual(needs.commits, [.init(group: "fraud.epochs", topic: "made")])
    let choice = try XCTUnwrap(needs.choices.first?.topics)
    XCTAssertEqual(choice.names { ["in.1", "in.2", "out"] }, ["in.1", "in.2"])
    XCTAssertThrowsError(try choice.required(by: "in") { ["out"] })
    var found = needs
    found.add(reads: ["in.1"])
    XCTAssertEqual(found.commits.last, .init(group: "fraud", topic: "in.1"))
  }

  func testEachClusterHasItsOwnNeeds() {
    let needs = KafkaNeeds.of(plan([source([topic("a", on: "east")]), sink(topic("out", on: "west"))]))
    XCTAssertEqual(needs["east"]?.commits, [.init(group: "fraud", topic: "a")])
    XCTAssertNil(needs["east"]?.transactionalPrefix)
    XCTAssertEqual(needs["west"]?.reads, [])
    XCTAssertEqual(needs["west"]?.commits, [.init(group: "fraud.epochs", topic: "out")])
    XCTAssertEqual(needs["west"]?.transactionalPrefix, "fraud-")
  }

  func testRowsThatGoOutAfterTheirEpochAreHeldAgainstLimits() {
    let steps = [source([topic("a")]), sink(topic("out")), sink(topic("copy", on: "east"))]
    XCTAssertEqual(KafkaNeeds.of(plan(steps))["kafka"]?.limited, [])
    XCTAssertEqual(KafkaNeeds.of(plan(steps))["east"]?.limited, ["copy"])
    XCTAssertEqual(KafkaNeeds.of(plan(steps, .atLeastOnce))["east"]?.limited, [])
  }

  func testWhatIsWrittenOnSeveralClusters() {
    var dead = topic("dead", on: "north")
    dead.creation = .init(partitionCount: 2)
    let steps = [
      source([topic("a", on: "east", .deadLetter(topic: "dead")), topic("b", on: "east", .deadLetter(topic: "lost"))]),
      sink(topic("out", on: "west")), sink(topic("copy", on: "east", .deadLetter(topic: "dead"))),
    ]
    var plan = plan(steps, .atLeastOnce)
    plan.topics = ["dead": dead]
    XCTAssertEqual(plan.sinkConnections, ["west", "east", "north"])
    XCTAssertEqual(plan.sinkConnections.map { plan.recordTopic(on: $0) }, ["out", "copy", "dead"])
    let needs = KafkaNeeds.of(plan)
    XCTAssertEqual(needs["west"]?.writes.names, ["out"])
    XCTAssertEqual(needs["east"]?.writes.names, ["lost", "copy"], "a topic that is not declared is where its topic is")
    XCTAssertEqual(needs["north"]?.writes.names, ["dead"])
    XCTAssertEqual(needs["north"]?.made, ["dead": TopicCreation(partitionCount: 2)])
    XCTAssertEqual(needs["east"]?.made, [:])
    XCTAssertEqual(needs["west"]?.commits, [])
    plan.checkpoint.guarantee = .exactlyOnce
    for (connection, record) in [("west", "out"), ("east", "copy"), ("north", "dead")] {
      let needs = KafkaNeeds.of(plan)[connection]
      XCTAssertEqual(needs?.commits.last, .init(group: "fraud.epochs", topic: record), connection)
      XCTAssertEqual(needs?.transactionalPrefix, "fraud-", connection)
    }
  }

  private func diagnostic(_ plan: LogicalPlan) throws -> String? {
    var known: [String: String] = [:]
    for property in plan.connections["kafka"]?.properties ?? [] { known[property.name] = property.value.revealed }
    return TransactionTime(plan: plan, kafka: ["kafka": try KafkaProperties(known)]).diagnostic?.description
  }

  func testTransactionsMustLiveForTwoIntervals() throws {
    let steps = [source([topic("a")]), sink(topic("out"))]
    let short = ("transaction.timeout.ms", "1999")
    XCTAssertEqual(
      try diagnostic(plan(steps, properties: [short])),
      "a.yaml:2:3: error: connection \"kafka\": \"transaction.timeout.ms\" is 1999, but an epoch's transaction stays open "
        + "for two intervals: set it to more than 2000 (the brokers' transaction.max.timeout.ms bounds it), or shorten "
        + "checkpoint.interval, or min_pause if that is longer")
    XCTAssertNil(try diagnostic(plan(steps, properties: [("transaction.timeout.ms", "2000")])))
    var pausing = plan(steps, properties: [("transaction.timeout.ms", "2000")])
    pausing.checkpoint.minPause = .seconds(300)
    XCTAssertEqual(try diagnostic(pausing)?.contains("more than 600000"), true)
    XCTAssertGreaterThan(pausing.checkpoint.transactionTimeout_ms, 600_000)
    XCTAssertNil(try diagnostic(plan(steps, .atLeastOnce, properties: [short])))
    XCTAssertNil(try diagnostic(plan([source([topic("a")])], properties: [short])), "nothing is written to Kafka")
    XCTAssertNil(try diagnostic(plan(steps, interval: .seconds(449))))
    XCTAssertEqual(
      try diagnostic(plan(steps, interval: .seconds(451)))?.contains("\"transaction.timeout.ms\" is 900000"), true)
  }
}
