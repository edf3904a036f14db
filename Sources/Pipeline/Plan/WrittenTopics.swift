/// The topics that a job writes on one connection.
package struct WrittenTopics: Sendable, Equatable {
  /// Those that the file names, dead letters included; in the order of the steps.
  package var names: [String] = []
  /// What rows may name beside those: names in which `*` stands for any characters.
  package var patterns: [String] = []

  package init() {}

  /// Whether rows may go to topic `name`.
  package func mayHave(_ name: String) -> Bool {
    names.contains(name) || patterns.contains { Route.matches(name, pattern: $0) }
  }

  fileprivate mutating func add(_ route: Route?) {
    for target in route?.topics ?? [] {
      if target.contains("*") { patterns.append(target) } else { add([target]) }
    }
  }

  fileprivate mutating func add(_ more: [String]) {
    for name in more where !names.contains(name) { names.append(name) }
  }
}

/// A topic that a job writes, and where it is.
package struct WrittenTopic: Sendable, Hashable {
  package var name: String
  package var connection: String
}

extension LogicalPlan {
  /// What the job writes on a connection.
  package func topicsWritten(on connection: String) -> WrittenTopics {
    var topics = WrittenTopics()
    for step in steps {
      var own: TopicSink?
      if case .topicSink(let sink) = step.kind, sink.topic.connection == connection { own = sink }
      topics.add([own?.topic.name].compactMap { $0 })
      topics.add(deadLetters(of: step).filter { $0.connection == connection }.map(\.name))
      topics.add(own?.columns.route)
    }
    return topics
  }

  /// Where bad rows of a topic go, if its policy says that they go to a topic: on the connection that this one's
  /// declaration names, or on the same as `topic` if it is not declared.
  package func deadLetters(of topic: Topic) -> WrittenTopic? {
    guard case .deadLetter(let name) = topic.onBadRow else { return nil }
    return WrittenTopic(name: name, connection: topics[name]?.connection ?? topic.connection)
  }

  /// Where bad rows of a step's topics go.
  package func deadLetters(of step: Step) -> [WrittenTopic] {
    switch step.kind {
    case .topicSink(let sink): [deadLetters(of: sink.topic)].compactMap { $0 }
    case .topicSource(let source): source.topics.compactMap(deadLetters)
    case .pluginSource, .operator, .pluginSink, .blackhole: []
    }
  }

  /// The topics of steps that write, in the order of the steps; then dead-letter topics in the order of the steps that
  /// name them.
  private var written: [WrittenTopic] {
    let sinks = steps.compactMap { step in
      if case .topicSink(let sink) = step.kind {
        WrittenTopic(name: sink.topic.name, connection: sink.topic.connection)
      } else {
        nil
      }
    }
    return sinks + steps.flatMap(deadLetters)
  }

  /// The topic of the first step that writes to Kafka (dead letters only if no step has a sink topic), with its
  /// connection: the commit record is kept under its name. Nil if nothing is written to Kafka, and then the manifest is
  /// the commit point.
  package var recordTopic: (topic: String, connection: String)? {
    written.first.map { ($0.name, $0.connection) }
  }

  /// The topic on `connection` under whose name a commit record is kept there: that of the first step that writes there,
  /// or a dead-letter topic if none does. Nil if nothing is written there.
  package func recordTopic(on connection: String) -> String? { written.first { $0.connection == connection }?.name }

  /// The connections that the job writes on, dead letters included: the one of `recordTopic` first.
  package var sinkConnections: [String] {
    var connections: [String] = []
    for topic in written where !connections.contains(topic.connection) { connections.append(topic.connection) }
    return connections
  }

  /// The topics that are made before the job starts if they are not there: those of sinks, and dead-letter topics, that
  /// say how.
  package var madeTopics: [(name: String, connection: String, creation: Topic.Creation)] {
    Set(written).sorted { ($0.name, $0.connection) < ($1.name, $1.connection) }.compactMap { topic in
      topics[topic.name]?.creation.map { (topic.name, topic.connection, $0) }
    }
  }
}
