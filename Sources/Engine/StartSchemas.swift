import Columnar
import Pipeline
import PluginHost
import SchemaRegistry

/// The keys or values that a sink writes.
struct SinkPart {
  var topic: String
  var part: Topic.Part
  var kind: MessagePart
  /// The columns that are written.
  var schema: Schema

  static func value(of use: TopicSink) -> SinkPart {
    SinkPart(topic: use.topic.name, part: use.topic.value, kind: .value, schema: use.valueSchema)
  }

  /// Nil if it writes no keys.
  static func key(of use: TopicSink) -> SinkPart? {
    guard let part = use.topic.key, let column = use.columns.key else { return nil }
    return SinkPart(topic: use.topic.name, part: part, kind: .key, schema: Schema([use.schema.fields[column]]))
  }

  /// Without framing. Throws `PluginError` if the serde can't write the columns.
  func encoder(_ serdes: [String: SerdeType], _ registries: Registries) throws -> SerdeEncoder {
    try SerdeEncoder(
      type: part.serde.type(in: serdes, topic: topic), config: part.serde.options, part: kind.code, schema: schema,
      given: registries.given(part, topic: topic, kind))
  }

  /// How messages say their schema; nil without a registry.
  func framing(_ encoder: SerdeEncoder, _ registries: Registries) throws -> WrittenFraming? {
    guard let (use, subject, written) = try registration(encoder) else { return nil }
    guard let framing = registries.framing(use, kind, subject: subject, written) else {
      throw JobError(
        .failed, "internal",
        "the schema of subject \"\(subject)\" is not registered: this is a fault of the engine, please report it")
    }
    return framing
  }

  /// What is to be registered; nil: nothing.
  func registration(
    _ encoder: SerdeEncoder
  ) throws -> (use: RegistryUse, subject: String, schema: WrittenSchema)? {
    guard let use = part.registry else { return nil }
    let schema = try encoder.writtenSchema()
    return (use, try use.subject(topic: topic, part: kind, recordName: schema.recordName), schema)
  }
}

/// What a job has to settle with its registries before its sources and sinks are made. [control]
enum StartSchemas {
  /// Asks for the latest versions that the job goes by, which count until the next start, and registers what it writes with.
  /// Blocks for some requests. Throws `PluginError`, `JobError` or `RegistryFailure`.
  static func settle(_ resolved: ResolvedPlan, _ registries: Registries) throws {
    for step in resolved.plan.steps {
      switch step.kind {
      case .topicSource(let source):
        for topic in source.topics { try askForLatest(of: topic, registries) }
      case .topicSink(let use): try askForLatest(of: use.topic, registries)
      default: break
      }
    }
    try register(resolved, registries)
  }

  /// Registers what the job writes with. Blocks and throws as `settle`.
  static func register(_ resolved: ResolvedPlan, _ registries: Registries) throws {
    for step in resolved.plan.steps {
      if case .topicSink(let use) = step.kind { try register(use, resolved, registries) }
    }
  }

  private static func askForLatest(of topic: Topic, _ registries: Registries) throws {
    try registries.askForLatest(topic.value.registry, topic: topic.name, .value)
    try registries.askForLatest(topic.key?.registry, topic: topic.name, .key)
  }

  private static func register(_ use: TopicSink, _ resolved: ResolvedPlan, _ registries: Registries) throws {
    for part in [SinkPart.value(of: use), SinkPart.key(of: use)].compactMap({ $0 }) where part.part.registry != nil {
      let encoder = try part.encoder(resolved.serdes, registries)
      guard let (use, subject, schema) = try part.registration(encoder) else { continue }
      try registries.register(use, part.kind, subject: subject, schema)
    }
  }
}
