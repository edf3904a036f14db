import Columnar

/// A pipeline file that was found right, with all names, paths and types resolved. Everything in it is a value: it may
/// cross threads.
package struct LogicalPlan: Sendable {
  /// The file it came from, as the user named it.
  package var file: String
  /// Name of the job: lower-case letters, digits, '-', '_' and '.'; at most 64 characters. Transactional ids, the
  /// job's lock and its directory in the checkpoint storage are made from it.
  package var job: String
  /// Workers, so instances of each step: 1…256.
  package var parallelism: Int
  /// Into how many groups keys fall, the most that `parallelism` may ever be: 1…32768, at least `parallelism`.
  package var keyGroups: Int
  /// When and where checkpoints are made, and what they promise.
  package var checkpoint: CheckpointSettings
  /// Where keyed state lives.
  package var state: StateSettings
  /// Where metrics are written.
  package var metrics: MetricsSettings
  /// Where plugins come from.
  package var plugins: PluginSettings
  /// Brokers, by name.
  package var connections: [String: Connection]
  /// All topics that the file declares, by name; steps hold their own resolved copy of what they use.
  package var topics: [String: Topic]
  /// The steps, each after those it takes rows from; otherwise in the file's order.
  package var steps: [Step]
}

extension LogicalPlan {
  /// The topic of the first step that writes to Kafka (dead letters only if no step has a sink topic), with its
  /// connection: the commit record is kept under its name. Nil if nothing is written to Kafka, and then the manifest is
  /// the commit point.
  package var recordTopic: (topic: String, connection: String)? {
    var deadLetters: (topic: String, connection: String)?
    for step in steps {
      switch step.kind {
      case .topicSink(let sink): return (sink.topic.name, sink.topic.connection)
      case .topicSource(let source): deadLetters = deadLetters ?? Self.deadLetters(of: source)
      case .pluginSource, .operator, .blackhole: break
      }
    }
    return deadLetters
  }

  private static func deadLetters(of source: TopicSource) -> (topic: String, connection: String)? {
    for topic in source.topics { if case .deadLetter(let name) = topic.onBadRow { return (name, topic.connection) } }
    return nil
  }

  /// The edges out of output `port` of step `step`: (index of the reading step, its input port).
  package func readers(of step: Int, port: Int) -> [(step: Int, input: Int)] {
    steps.enumerated().flatMap { reader in
      reader.element.inputs.enumerated().compactMap { input in
        input.element.step == step && input.element.outputPort == port ? (reader.offset, input.offset) : nil
      }
    }
  }
}

extension LogicalPlan {
  /// The topics that are made before the job starts if they are not there: those of sinks, and dead-letter topics, that
  /// say how.
  package var madeTopics: [(name: String, creation: Topic.Creation)] {
    var names: [String] = []
    for step in steps {
      switch step.kind {
      case .topicSink(let sink): names += [sink.topic.name] + sink.topic.deadLetters
      case .topicSource(let source): names += source.topics.flatMap(\.deadLetters)
      case .pluginSource, .operator, .blackhole: break
      }
    }
    return Set(names).sorted().compactMap { name in topics[name]?.creation.map { (name, $0) } }
  }
}

extension Topic {
  /// The dead-letter topic, if there is one.
  var deadLetters: [String] { if case .deadLetter(let name) = onBadRow { [name] } else { [] } }
}
