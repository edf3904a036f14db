import Checkpointing
import Kafka
import Pipeline
import SchemaRegistry

/// `check --connect`: tries at the clusters what a job needs there. Changes nothing of the job's. [control]
struct ConnectCheck {
  /// One thing that was tried.
  struct Finding {
    var connection: String
    /// What was tried, e.g. `read topic "flights"`.
    var what: String
    /// Why it does not work; nil if it does.
    var failure: (any Error)?
    /// What else there is to say.
    var detail = ""

    var line: String {
      let outcome = failure.map { "wrong: \($0)" } ?? (detail.isEmpty ? "ok" : "ok, \(detail)")
      return "\(connection): \(what): \(outcome)\n"
    }
  }

  let plan: LogicalPlan
  /// By connection.
  let kafka: [String: KafkaProperties]
  /// By connection.
  let registries: [String: RegistrySettings]
  let output: (String) -> Void

  /// Tries all, and writes a line about each thing; the exit code says whether all is well. Throws `KafkaFailure` if a
  /// client can't be made.
  func run() throws -> ExitCode {
    var findings: [Finding] = []
    for (connection, needs) in KafkaNeeds.of(plan).sorted(by: { $0.key < $1.key }) {
      guard let properties = kafka[connection] else { continue }
      var one = OneConnection(name: connection, plan: plan, needs: needs, properties: properties, output: output)
      findings += try one.run()
    }
    for (name, settings) in registries.sorted(by: { $0.key < $1.key }) {
      findings.append(Self.finding(at: name, settings.makeClient()))
      output(findings[findings.count - 1].line)
    }
    let wrong = findings.compactMap(\.failure)
    output(
      wrong.isEmpty
        ? "\(plan.file): ok: all \(findings.count) things that job \(plan.job) needs are there\n"
        : "\(plan.file): \(wrong.count) of \(findings.count) things that job \(plan.job) needs are wrong or missing\n")
    if wrong.contains(where: Self.isRefusal) { return .refused }
    return wrong.isEmpty ? .success : .failed
  }

  private static func isRefusal(_ failure: any Error) -> Bool {
    (failure as? KafkaFailure)?.epochKind == .refused || (failure as? RegistryFailure)?.kind == .refused
  }

  private static func finding(at name: String, _ client: any RegistryAsking) -> Finding {
    let what = "schema registry"
    do { return Finding(connection: name, what: what, detail: try client.greet()) } catch {
      return Finding(connection: name, what: what, failure: error)
    }
  }
}

/// The trials at one cluster.
private struct OneConnection {
  let name: String
  let plan: LogicalPlan
  var needs: KafkaNeeds
  let properties: KafkaProperties
  let output: (String) -> Void
  var findings: [ConnectCheck.Finding] = []

  init(
    name: String, plan: LogicalPlan, needs: KafkaNeeds, properties: KafkaProperties, output: @escaping (String) -> Void
  ) {
    self.name = name
    self.plan = plan
    self.needs = needs
    self.properties = properties
    self.output = output
  }

  mutating func run() throws -> [ConnectCheck.Finding] {
    let trial = try KafkaTrial(properties: properties, group: plan.job)
    guard let brokers = tried("brokers, as \(properties.principal)", { try trial.brokers() }, { "\($0.count) of them" })
    else { return findings }
    for broker in brokers {
      _ = tried("broker \(broker.id) at \(broker.address)", { try trial.settings(of: broker) }, Self.limits)
    }
    findTopics(trial)
    let missing = missingTopics(trial)
    for topic in needs.reads where !missing.contains(topic) {
      tried("read topic \"\(topic)\"") { try trial.read(topic) }
    }
    for topic in needs.writes.names where !missing.contains(topic) {
      tried("write topic \"\(topic)\"") { try trial.write(topic) }
    }
    for topic in needs.limited where !missing.contains(topic) {
      tried("see the configs of topic \"\(topic)\"") { try trial.describeConfigs(topic) }
    }
    for pattern in needs.writes.patterns {
      _ = tried("topics \"\(pattern)\" that rows may name", {}, { "not tried: the job needs WRITE on each of them" })
    }
    for commit in needs.commits where !missing.contains(commit.topic) {
      tried("commit offsets of topic \"\(commit.topic)\" for group \"\(commit.group)\"") {
        try trial.commit(group: commit.group, topic: commit.topic)
      }
    }
    if let prefix = needs.transactionalPrefix { tryTransactions(trial, prefix) }
    return findings
  }

  private static func limits(_ settings: [String: String]?) -> String {
    settings?["transaction.max.timeout.ms"].map { "transaction.max.timeout.ms \($0)" } ?? ""
  }

  /// Adds what patterns find to what is needed.
  private mutating func findTopics(_ trial: KafkaTrial) {
    for choice in needs.choices {
      let pattern = choice.topics.source.pattern?.description ?? ""
      let found = tried(
        "topics that match \(pattern)", { try choice.topics.required(by: choice.step) { try trial.topicNames() } },
        { $0.joined(separator: ", ") })
      needs.add(reads: found ?? [])
    }
  }

  /// Looks all topics up; gives those that are not there or may not be seen.
  private mutating func missingTopics(_ trial: KafkaTrial) -> Set<String> {
    var missing: Set<String> = []
    for topic in needs.reads + needs.writes.names.filter({ !needs.reads.contains($0) }) {
      if let creation = needs.made[topic], isToBeMade(topic, creation, trial) {
        missing.insert(topic)
        continue
      }
      let count = tried("topic \"\(topic)\"", { try trial.partitionCount(topic) }) {
        "\($0) partition\($0 == 1 ? "" : "s")"
      }
      if count == nil { missing.insert(topic) }
    }
    return missing
  }

  /// Whether the job will make a topic, or would if it could; says so.
  private mutating func isToBeMade(_ topic: String, _ creation: TopicCreation, _ trial: KafkaTrial) -> Bool {
    guard (try? trial.isMissing(topic)) == true else { return false }
    tried("make topic \"\(topic)\"") { try trial.mayMake(topic, creation) }
    return true
  }

  // The ids of the job itself are left alone: the job may be running.
  private mutating func tryTransactions(_ trial: KafkaTrial, _ prefix: String) {
    let timeout_ms = plan.checkpoint.transactionTimeout_ms
    let shown = properties["transaction.timeout.ms"] ?? String(timeout_ms)
    tried("transactional ids \"\(prefix)…\", transactions of up to \(shown) ms") {
      try trial.take(transactionalID: "\(prefix)check", timeout_ms: timeout_ms)
    }
  }

  private mutating func tried(_ what: String, _ body: () throws -> Void) { _ = tried(what, body) { "" } }

  /// Notes and writes how `body` went; its result if it went well.
  private mutating func tried<T>(_ what: String, _ body: () throws -> T, _ detail: (T) -> String) -> T? {
    var finding = ConnectCheck.Finding(connection: name, what: what)
    var result: T?
    do {
      let value = try body()
      finding.detail = detail(value)
      result = value
    } catch {
      finding.failure = error
    }
    findings.append(finding)
    output(finding.line)
    return result
  }
}
