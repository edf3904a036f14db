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

  fileprivate mutating func add(_ sink: TopicSink) {
    add([sink.topic.name] + sink.topic.deadLetters)
    for target in sink.columns.route?.topics ?? [] {
      if target.contains("*") { patterns.append(target) } else { add([target]) }
    }
  }

  fileprivate mutating func add(_ more: [String]) {
    for name in more where !names.contains(name) { names.append(name) }
  }
}

extension LogicalPlan {
  /// What the job writes on a connection.
  package func topicsWritten(on connection: String) -> WrittenTopics {
    var topics = WrittenTopics()
    for step in steps {
      switch step.kind {
      case .topicSink(let sink) where sink.topic.connection == connection: topics.add(sink)
      case .topicSource(let source) where source.connection == connection:
        topics.add(source.topics.flatMap(\.deadLetters))
      case .topicSource, .topicSink, .pluginSource, .operator, .blackhole: break
      }
    }
    return topics
  }
}
