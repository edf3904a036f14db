import Checkpointing
import Columnar
import Pipeline
import PluginHost

/// A plan with the plugin versions that it runs.
struct ResolvedPlan: Sendable {
  let plan: LogicalPlan
  /// By step.
  let operators: [Int: OperatorType]
  /// By step.
  let sources: [Int: SourceType]
  /// By step.
  let sinks: [Int: SinkType]
  /// By id.
  let serdes: [String: SerdeType]

  /// Picks from `catalog` what `plan`, which was checked against it, uses.
  init(_ plan: LogicalPlan, catalog: PluginCatalog) {
    self.plan = plan
    var operators: [Int: OperatorType] = [:]
    var sources: [Int: SourceType] = [:]
    var sinks: [Int: SinkType] = [:]
    var serdes: [String: SerdeType] = [:]
    for (index, step) in plan.steps.enumerated() {
      switch step.kind {
      case .operator(let use): operators[index] = catalog.operatorType(use.id)
      case .pluginSource(let source): sources[index] = catalog.sourceType(source.id)
      case .pluginSink(let sink): sinks[index] = catalog.sinkType(sink.id)
      case .topicSource, .topicSink, .blackhole: break
      }
      for id in Self.serdes(of: step) { serdes[id] = catalog.serdeType(id) }
    }
    self.operators = operators
    self.sources = sources
    self.sinks = sinks
    self.serdes = serdes
  }

  /// Ids of the serdes of a step's topics.
  private static func serdes(of step: Step) -> [String] {
    let topics: [Topic]
    switch step.kind {
    case .topicSource(let source): topics = source.topics
    case .topicSink(let sink): topics = [sink.topic]
    case .pluginSource, .operator, .pluginSink, .blackhole: topics = []
    }
    return Array(Set(topics.flatMap { [$0.value.serde.id] + ($0.key.map { [$0.serde.id] } ?? []) })).sorted()
  }

  /// What each step runs, for manifests. `fromEpoch` is left at `epoch`.
  func plugins(fromEpoch epoch: UInt64) -> [Manifest.Plugin] {
    plan.steps.enumerated().flatMap { index, step -> [Manifest.Plugin] in
      func plugin(_ id: String, _ version: SemanticVersion, _ sha256: String) -> Manifest.Plugin {
        Manifest.Plugin(step: step.id, id: id, version: version.description, sha256: sha256, fromEpoch: epoch)
      }
      if let type = operators[index] { return [plugin(type.descriptor.id, type.descriptor.version, type.sha256)] }
      if let type = sources[index] { return [plugin(type.descriptor.id, type.descriptor.version, type.sha256)] }
      if let type = sinks[index] { return [plugin(type.descriptor.id, type.descriptor.version, type.sha256)] }
      return Self.serdes(of: step).compactMap { id in
        serdes[id].map { plugin($0.descriptor.id, $0.descriptor.version, $0.sha256) }
      }
    }
  }

  /// The steps with the states that they declare, for manifests.
  var manifestSteps: [Manifest.Step] {
    plan.steps.enumerated().map { index, step in
      Manifest.Step(
        id: step.id, key: Self.keyType(step),
        states: operators[index]?.descriptor.states.map {
          Manifest.State(
            name: $0.name, kind: $0.kind.name, schema: $0.type.description, mapKeySchema: $0.mapKeyType?.description,
            version: $0.schemaVersion)
        } ?? [])
    }
  }

  /// The type of a step's keys, as text; nil if it has none.
  private static func keyType(_ step: Step) -> String? {
    guard let input = step.inputs.first(where: { $0.keyColumns != nil }), let columns = input.keyColumns else {
      return nil
    }
    return DataType.structure(columns.map { input.schema.fields[$0] }).description
  }
}
