import Checkpointing
import Pipeline

/// What a job needs of one Kafka cluster.
struct KafkaNeeds: Equatable {
  /// A group that commits offsets of a topic.
  struct Commit: Hashable {
    var group: String
    var topic: String
  }
  /// Topics that are read, in the plan's order.
  var reads: [String] = []
  /// Topics that are written, dead letters included.
  var writes: [String] = []
  var commits: [Commit] = []
  /// What the job's transactional ids begin with; nil if it has none here.
  var transactionalPrefix: String?

  /// What `plan` needs, by connection.
  static func of(_ plan: LogicalPlan) -> [String: KafkaNeeds] {
    var needs: [String: KafkaNeeds] = [:]
    for step in plan.steps {
      switch step.kind {
      case .topicSource(let source): needs[source.connection, default: KafkaNeeds()].add(source, of: plan)
      case .topicSink(let sink): needs[sink.topic.connection, default: KafkaNeeds()].add(write: sink.topic.name)
      case .pluginSource, .operator, .blackhole: break
      }
    }
    if plan.checkpoint.guarantee == .exactlyOnce, let record = plan.recordTopic {
      needs[record.connection]?.transactionalPrefix = "\(plan.job)-"
      needs[record.connection]?.commits.append(Commit(group: "\(plan.job).epochs", topic: record.topic))
    }
    return needs
  }

  private mutating func add(_ source: TopicSource, of plan: LogicalPlan) {
    let usesGroup = plan.checkpoint.guarantee != .none || source.start.readsCommitted
    for topic in source.topics where !reads.contains(topic.name) {
      reads.append(topic.name)
      if usesGroup { commits.append(Commit(group: plan.job, topic: topic.name)) }
    }
    for topic in source.topics { if case .deadLetter(let name) = topic.onBadRow { add(write: name) } }
  }

  private mutating func add(write topic: String) {
    if !writes.contains(topic) { writes.append(topic) }
  }
}

extension TopicSource.Start {
  fileprivate var readsCommitted: Bool { self == .committedOrEarliest || self == .committedOrLatest }
}
