import Columnar
import Foundation
import Pipeline
import XCTest

final class GoodFileTests: XCTestCase {
  private func plan(_ name: String) throws -> LogicalPlan {
    let file = Files.directory.appendingPathComponent("good/\(name).yaml")
    let result = Files.plan(try Files.bytes(file))
    XCTAssertEqual(result.text, "")
    return try XCTUnwrap(result.plan)
  }

  func testAllGoodFilesPlan() throws {
    let files = try Files.pipelines(in: "good")
    XCTAssertGreaterThanOrEqual(files.count, 3)
    for file in files {
      let result = Files.plan(try Files.bytes(file))
      XCTAssertNotNil(result.plan, "\(file.lastPathComponent): \(result.text)")
    }
  }

  func testTheExamplePlans() throws {
    let root = Files.directory.deletingLastPathComponent().deletingLastPathComponent()
    let file = root.appendingPathComponent("examples/knock-on-delays/pipeline.yaml")
    let result = Files.plan(try Files.bytes(file))
    XCTAssertEqual(result.text, "")
    XCTAssertEqual(result.plan?.steps.map(\.id), ["flights", "alerts", "out"])
  }

  func testSettings() throws {
    let plan = try plan("all-there-is")
    XCTAssertEqual(plan.job, "every-key")
    XCTAssertEqual(plan.parallelism, 4)
    XCTAssertEqual(plan.keyGroups, 64)
    XCTAssertEqual(plan.checkpoint.guarantee, .atLeastOnce)
    XCTAssertEqual(plan.checkpoint.interval, .seconds(1))
    XCTAssertEqual(plan.checkpoint.minPause, .milliseconds(100))
    XCTAssertEqual(plan.checkpoint.idleInterval, .seconds(600))
    XCTAssertEqual(plan.checkpoint.timeout, .seconds(300))
    XCTAssertEqual(plan.checkpoint.retention, 2)
    XCTAssertEqual(plan.checkpoint.directory, "/var/lib/millrace")
    XCTAssertEqual(plan.state.store, .rocksdb)
    XCTAssertEqual(plan.state.memory, 1 << 30)
    XCTAssertEqual(plan.state.directory, "/etc/pipelines/scratch")
    XCTAssertEqual(plan.metrics.file, "/etc/pipelines/millrace.prom")
    XCTAssertEqual(plan.metrics.interval, .seconds(5))
    XCTAssertEqual(plan.plugins.directories, ["/etc/pipelines/plugins", "/etc/more", "/opt/millrace/plugins"])
    XCTAssertEqual(plan.plugins.onNewVersion, .hold)
    XCTAssertEqual(plan.plugins.scanInterval, .seconds(2))
    XCTAssertEqual(
      plan.connections["east"]?.properties.map { "\($0.name)=\($0.value)" },
      ["bootstrap.servers=a:9092,b:9092", "linger.ms=5", "compression.type=zstd"])
  }

  func testAnIdleIntervalThatKafkaForgetsInIsWarnedOf() throws {
    let file = Files.directory.appendingPathComponent("good/all-there-is.yaml")
    let text = String(decoding: try Files.bytes(file), as: UTF8.self)
    let result = Files.plan(Array(text.replacingOccurrences(of: "idle_interval: 10m", with: "idle_interval: 96h").utf8))
    XCTAssertNotNil(result.plan)
    XCTAssertTrue(result.text.contains("warning: checkpoint: \"idle_interval\" is longer than three days"), result.text)
  }

  func testDefaults() throws {
    let plan = try plan("no-kafka")
    XCTAssertEqual(plan.parallelism, 1)
    XCTAssertEqual(plan.keyGroups, 128)
    XCTAssertEqual(plan.checkpoint.guarantee, .none)
    XCTAssertEqual(plan.plugins.directories, ["/etc/pipelines/plugins"])
    XCTAssertNil(plan.recordTopic)
    XCTAssertEqual(plan.state, StateSettings())
    XCTAssertEqual(plan.state.store, .memory)
    XCTAssertNil(plan.state.memory)
    XCTAssertNil(plan.metrics.file)
    let delays = try self.plan("knock-on-delays")
    XCTAssertEqual(delays.checkpoint.guarantee, .exactlyOnce)
    XCTAssertEqual(delays.checkpoint.directory, "/etc/pipelines/checkpoints")
    XCTAssertEqual(delays.recordTopic?.topic, "delays")
  }

  func testStepsAreInTopologicalOrder() throws {
    let plan = try plan("all-there-is")
    XCTAssertEqual(
      plan.steps.map(\.id),
      ["flights", "alerts", "out", "joined", "joined-out", "late-out", "bids", "filtered", "filtered-out"])
    for (index, step) in plan.steps.enumerated() {
      for input in step.inputs {
        XCTAssertLessThan(input.step, index)
        XCTAssertEqual(plan.steps[input.step].outputs[input.outputPort], input.schema)
      }
    }
  }

  func testSourceStep() throws {
    let plan = try plan("all-there-is")
    guard case .topicSource(let source) = plan.steps[0].kind else { return XCTFail("no topic source") }
    XCTAssertEqual(source.start, .committed(orElse: .latest))
    XCTAssertEqual(source.stop, .end)
    XCTAssertEqual(source.valueSchema.fields.map(\.description), ["time: timestamp[ms]", "arrival_delay: int32?"])
    XCTAssertEqual(source.keySchema?.fields.map(\.description), ["tailnum: utf8"])
    XCTAssertEqual(plan.steps[0].outputs.map { $0.fields.map(\.name) }, [["time", "arrival_delay", "tailnum"]])
    XCTAssertEqual(source.eventTimeColumn, 0)
    XCTAssertEqual(source.topics[0].eventTime?.outOfOrderness, .seconds(3600))
    XCTAssertNil(source.topics[0].eventTime?.idleAfter)
    XCTAssertEqual(source.topics[0].eventTime?.maxDrift, .seconds(60))
    XCTAssertEqual(source.topics[0].onBadRow, .skip)
  }

  func testWhereReadingStartsAndStops() throws {
    let plan = try plan("read-bounds")
    let found = plan.steps.compactMap { step -> TopicSource? in
      if case .topicSource(let source) = step.kind { source } else { nil }
    }
    XCTAssertEqual(
      found.map(\.start),
      [
        .timestamp(ms: 1_357_380_900_250), .offsets(["orders": [0: 17, 1: 0]]),
        .offsets(["orders": [0: 1, 10: 2], "returns": [0: 3]]), .committed(orElse: .fail),
        .offsets(["orders": [0: 17], "orders.de": [0: 3, 1: 4]]),
      ])
    XCTAssertEqual(
      found.map(\.stop),
      [
        .timestamp(ms: 1_357_395_300_000), .offsets(["orders": [0: 20, 1: 5]]), .committed(group: "audit"), .never,
        .never,
      ])
    XCTAssertEqual(found.map(\.onOffsetOutOfRange), [.fail, .earliest, .latest, .fail, .fail])
    XCTAssertEqual(found.map { $0.pattern?.description }, [nil, nil, nil, nil, #"orders(\.[a-z]+)?"#])
    XCTAssertEqual(found.map(\.discoveryInterval), [nil, nil, nil, nil, .seconds(5)])
    XCTAssertEqual(found[4].topics.map(\.name), ["orders"])
  }

  func testOperatorSteps() throws {
    let plan = try plan("all-there-is")
    let joined = plan.steps[3]
    XCTAssertEqual(joined.inputs.map(\.portName), ["left", "right"])
    XCTAssertEqual(joined.inputs.map(\.keyColumns), [[2], [0]])
    XCTAssertEqual(plan.steps[5].inputs.map(\.outputPort), [1])
    guard case .operator(let alerts) = plan.steps[1].kind, case .operator(let filtered) = plan.steps[7].kind else {
      return XCTFail("no operators")
    }
    XCTAssertEqual(alerts.config, "{\"late_minutes\":15}")
    XCTAssertEqual(
      filtered.config,
      #"{"columns":["a","b"],"expression":"price > 7","limits":{"rows":10},"mode":"keep","ratio":0.5}"#)
    XCTAssertNil(plan.steps[7].inputs[0].keyColumns)
    XCTAssertEqual(plan.readers(of: 0, port: 0).map { [$0.step, $0.input] }, [[1, 0], [3, 0]])
  }

  func testSinkAndPluginSource() throws {
    let plan = try plan("all-there-is")
    guard case .topicSink(let sink) = plan.steps[2].kind, case .pluginSource(let bids) = plan.steps[6].kind else {
      return XCTFail("other steps")
    }
    XCTAssertEqual(sink.columns.key, 0)
    XCTAssertEqual(sink.columns.headers, [0])
    XCTAssertEqual(sink.columns.timestamp, 1)
    XCTAssertEqual(sink.columns.partition, 2)
    XCTAssertNil(sink.columns.tombstone)
    XCTAssertEqual(sink.valueColumns, [2, 1, 0], "in the order that the topic declares")
    XCTAssertEqual(sink.columns.route, Route(column: 0, topics: ["delays.n1", "delays.*"]))
    XCTAssertEqual(sink.topic.connection, "west")
    XCTAssertEqual(sink.topic.value.serde.options, #"{"date_format":"iso"}"#)
    XCTAssertEqual(bids.splitCount, 3)
    XCTAssertEqual(bids.config, #"{"events":1000}"#)
    XCTAssertEqual(bids.eventTimeColumn, 1)
    XCTAssertEqual(bids.outOfOrderness, .seconds(4))
  }

  func testColumnsThatGoElsewhereAreLeftOutOfADeclaredValue() throws {
    let plan = try plan("sink-columns")
    guard case .topicSink(let copies) = plan.steps[1].kind, case .topicSink(let turns) = plan.steps[2].kind else {
      return XCTFail("other steps")
    }
    XCTAssertEqual(copies.valueColumns, [0])
    XCTAssertEqual(copies.valueSchema.fields.map(\.name), ["name"])
    XCTAssertEqual(copies.columns.key, 5)
    XCTAssertEqual(copies.columns.headers, [4])
    XCTAssertEqual(copies.columns.partition, 3)
    XCTAssertEqual(copies.columns.tombstone, 2)
    XCTAssertEqual(copies.columns.route, Route(column: 1, topics: ["copies.*"]))
    XCTAssertEqual(turns.valueColumns, Array(0..<6), "all, if none are declared")
    XCTAssertEqual(turns.topic.partition, .roundRobin)
    XCTAssertEqual(plan.madeTopics.map(\.name), ["turns", "turns.dead"])
    XCTAssertEqual(
      plan.madeTopics.map(\.creation),
      [
        .init(partitionCount: 6, replication: 1, configs: ["retention.ms": "-1", "cleanup.policy": "compact"]),
        .init(),
      ])
  }

  func testWhatElseMessagesHaveIsReadAsColumns() throws {
    let plan = try plan("message-columns")
    guard case .topicSource(let read) = plan.steps[0].kind else { return XCTFail("another step") }
    XCTAssertEqual(
      plan.steps[0].outputs[0].fields.map { "\($0.name): \($0.type)\($0.nullable ? "?" : "")" },
      ["owner: utf8?", "id: utf8", "gone: bool", "at: timestamp[ms, UTC]?", "trace: utf8?", "digest: binary?"])
    XCTAssertEqual(
      read.messageColumns.map(\.part), [.tombstone, .timestamp, .header("x-trace"), .header("x-digest")],
      "not the header whose field is in the value")
    XCTAssertEqual(read.eventTimeColumn, 3)
  }

  func testLookingForNewPartitions() throws {
    func result(_ more: String) -> PlanResult {
      Files.plan(
        """
        job: a
        connections: { kafka: { bootstrap.servers: "a:1" } }
        topics: { orders: { value: { serde: json, fields: { id: int64 } } } }
        steps:
          - { id: in, from_topic: orders\(more) }
          - { id: drop, from: in, to: blackhole }
        """)
    }
    func interval(_ result: PlanResult) -> Duration? {
      guard case .topicSource(let source)? = result.plan?.steps[0].kind else { return nil }
      return source.discoveryInterval
    }
    XCTAssertEqual(interval(result("")), .seconds(30))
    XCTAssertEqual(interval(result(", discovery_interval: 5s")), .seconds(5))
    let bounded = result(", stop: end, discovery_interval: 5s")
    XCTAssertNil(interval(bounded))
    XCTAssertEqual(
      bounded.text,
      "pipeline.yaml:5:66: warning: step \"in\": \"discovery_interval\" has no effect: a step that stops reads the "
        + "partitions that there are at its start\n")
  }

  func testUnusedTopicIsAWarning() throws {
    let result = Files.plan(
      """
      job: a
      connections: { kafka: { bootstrap.servers: "a:1" } }
      topics: { spare: { value: { serde: json } } }
      steps:
        - { id: bids, source: nexmark, config: { events: 1 } }
        - { id: drop, from: bids, to: blackhole }
      """)
    XCTAssertNotNil(result.plan)
    XCTAssertEqual(result.text, "pipeline.yaml:3:11: warning: no step reads or writes topic \"spare\"\n")
  }

  func testDirectoryWithoutUseIsAWarning() throws {
    let result = Files.plan(
      """
      job: a
      state: { memory: 16777216, directory: /tmp }
      metrics: { file: /var/a.prom }
      steps:
        - { id: bids, source: nexmark, config: { events: 1 } }
        - { id: drop, from: bids, to: blackhole }
      """)
    XCTAssertEqual(result.plan?.state.memory, 16 << 20)
    XCTAssertEqual(result.plan?.metrics.interval, .seconds(1))
    XCTAssertEqual(
      result.text, "pipeline.yaml:2:39: warning: state: \"directory\" has no effect: the store is memory\n")
  }

  func testRocksdbKeepsItsFilesInTheCheckpointStorage() throws {
    let result = Files.plan(
      """
      job: a
      checkpoint: { interval: 1s, storage: file:///var/lib/millrace }
      state: { store: rocksdb }
      steps:
        - { id: bids, source: nexmark, config: { events: 1 } }
        - { id: drop, from: bids, to: blackhole }
      """)
    XCTAssertEqual(result.text, "")
    XCTAssertNil(result.plan?.state.directory)
  }

  func testDrawing() throws {
    for file in try Files.pipelines(in: "good") {
      let plan = try XCTUnwrap(Files.plan(try Files.bytes(file)).plan)
      let expected = file.deletingPathExtension().appendingPathExtension("drawing")
      if ProcessInfo.processInfo.environment["MILLRACE_TAKE_MESSAGES"] == "1" {
        try PlanRenderer(plan).render().write(to: expected, atomically: true, encoding: .utf8)
      }
      XCTAssertEqual(PlanRenderer(plan).render(), try String(contentsOf: expected, encoding: .utf8))
    }
  }
}
