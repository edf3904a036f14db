import Checkpointing
import Kafka
import Pipeline

/// What a job needs of one Kafka cluster.
struct KafkaNeeds: Equatable {
  /// A group that commits offsets of a topic.
  struct Commit: Hashable {
    var group: String
    var topic: String
  }
  /// A step, by its id, that reads what its pattern finds.
  struct Choice: Equatable {
    var step: String
    var topics: TopicChoice
  }
  /// Topics that are read, in the plan's order; without those that patterns find.
  var reads: [String] = []
  /// Steps that read what their patterns find.
  var choices: [Choice] = []
  var writes = WrittenTopics()
  /// Topics of `writes` that are made if they are not there.
  var made: [String: TopicCreation] = [:]
  /// Topics of `writes` whose configs say which rows the brokers would refuse.
  var limited: [String] = []
  /// Of topics in `reads` and `writes`.
  var commits: [Commit] = []
  /// That commits the offsets of all that is read.
  var group = ""
  /// What the job's transactional ids begin with; nil if it has none here.
  var transactionalPrefix: String?

  /// What `plan` needs, by connection.
  static func of(_ plan: LogicalPlan) -> [String: KafkaNeeds] {
    var needs: [String: KafkaNeeds] = [:]
    for step in plan.steps {
      switch step.kind {
      case .topicSource(let source):
        needs[source.connection, default: KafkaNeeds()].add(source, of: plan, step: step.id)
      case .topicSink(let sink):
        let connection = sink.topic.connection
        needs[connection, default: KafkaNeeds()].add(sink, byOutbox: plan.usesOutbox(on: connection))
      case .pluginSource, .operator, .pluginSink, .blackhole: break
      }
    }
    for letters in plan.steps.flatMap(plan.deadLetters) {
      needs[letters.connection, default: KafkaNeeds()].limit(letters.name)
    }
    for connection in plan.sinkConnections {
      needs[connection, default: KafkaNeeds()].addWrites(of: plan, on: connection)
    }
    for connection in plan.sinkConnections where plan.checkpoint.guarantee == .exactlyOnce {
      guard let record = plan.recordTopic(on: connection) else { continue }
      needs[connection]?.transactionalPrefix = "\(plan.job)-"
      needs[connection]?.commits.append(Commit(group: "\(plan.job).epochs", topic: record))
    }
    return needs
  }

  private mutating func add(_ source: TopicSource, of plan: LogicalPlan, step: String) {
    group = plan.job
    guard source.pattern != nil else { return add(reads: source.topics.map(\.name)) }
    choices.append(Choice(step: step, topics: TopicChoice(source, plan: plan)))
  }

  /// More topics that are read.
  mutating func add(reads topics: [String]) {
    for topic in topics where !reads.contains(topic) {
      reads.append(topic)
      commits.append(Commit(group: group, topic: topic))
    }
  }

  private mutating func add(_ sink: TopicSink, byOutbox: Bool) {
    if sink.topic.isHeldAgainstLimits(byOutbox: byOutbox) { limit(sink.topic.name) }
  }

  private mutating func limit(_ topic: String) { if !limited.contains(topic) { limited.append(topic) } }

  private mutating func addWrites(of plan: LogicalPlan, on connection: String) {
    writes = plan.topicsWritten(on: connection)
    for topic in plan.madeTopics where topic.connection == connection { made[topic.name] = topic.creation.forKafka }
  }
}

extension Topic {
  /// Whether rows for it are held against its limits before they go out. What the brokers refuse stops the job anyway where
  /// bad rows do, if it is refused before the epoch counts.
  func isHeldAgainstLimits(byOutbox: Bool) -> Bool { onBadRow != .fail || byOutbox }
}

extension LogicalPlan {
  /// Whether rows for topics of a connection go out after their epoch has counted.
  func usesOutbox(on connection: String) -> Bool {
    checkpoint.guarantee == .exactlyOnce && sinkConnections.first != connection
  }
}
