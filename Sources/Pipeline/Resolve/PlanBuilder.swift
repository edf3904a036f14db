import Columnar

/// Turns what a file declares into a plan, step by step in topological order. An error in one step does not hide those
/// of others; steps that can't be known because of it are left out in silence.
final class PlanBuilder {
  let document: PipelineDocument
  let catalog: any Catalog
  let diagnostics: Diagnostics
  let topics: TopicResolver
  /// The steps so far.
  var steps: [Step] = []
  /// Index in `steps` by id.
  var places: [String: Int] = [:]

  init(document: PipelineDocument, catalog: any Catalog) {
    self.document = document
    self.catalog = catalog
    diagnostics = Diagnostics(copying: document.diagnostics)
    topics = TopicResolver(document: document, catalog: catalog, diagnostics: diagnostics)
  }

  func build() -> PlanResult {
    let graph = StepGraph(document.steps, diagnostics: diagnostics)
    for index in graph.order {
      let declaration = document.steps[index]
      guard let step = resolve(declaration, graph) else { continue }
      places[declaration.id.value] = steps.count
      steps.append(step)
    }
    graph.reportUnread()
    topics.reportUnused()
    return PlanResult(plan: diagnostics.hasErrors ? nil : plan(), diagnostics: diagnostics.sorted)
  }

  private func plan() -> LogicalPlan {
    LogicalPlan(
      file: document.file, job: document.job, parallelism: document.parallelism, keyGroups: document.keyGroups,
      checkpoint: document.checkpoint, state: document.state, metrics: document.metrics,
      plugins: document.plugins, connections: document.connections, registries: document.registries,
      topics: topics.resolved, steps: steps)
  }

  private func resolve(_ step: StepDeclaration, _ graph: StepGraph) -> Step? {
    switch step.kind {
    case .topicSource(let read): topicSource(step, read)
    case .pluginSource(let id, let config, let splits, let time): pluginSource(step, id, config, splits, time)
    case .operator(let id, let from, let keyBy, let config): operatorUse(step, id, from, keyBy, config)
    case .topicSink(let topic, let from, let route): topicSink(step, topic, from, route)
    case .pluginSink(let id, let from, let config): pluginSink(step, id, from, config)
    case .blackhole(let from):
      source(of: from).map { input in
        Step(id: step.id.value, kind: .blackhole, inputs: [input], outputs: [], position: step.position)
      }
    case .broken: nil
    }
  }

  /// The output that `from` names, as an input without a key; nil if it is not known.
  func source(of from: Located<String>) -> StepInput? {
    let (id, port) = StepGraph.split(from.value)
    guard let index = places[id] else { return nil }
    let step = steps[index]
    guard let port else {
      guard let schema = step.outputs.first else { return nil }
      return StepInput(step: index, outputPort: 0, schema: schema, keyColumns: nil, portName: "")
    }
    let names = if case .operator(let use) = step.kind { use.outputNames } else { [String]() }
    guard let output = names.firstIndex(of: port), step.outputs.indices.contains(output) else {
      let hint = Suggestions.hint(port, among: names, noun: "Outputs")
      diagnostics.error(from.position, "step \"\(id)\" has no output \(Suggestions.quoted(port))\(hint)")
      return nil
    }
    return StepInput(
      step: index, outputPort: output, schema: step.outputs[output], keyColumns: nil, portName: "")
  }

  /// The index of a field; a diagnostic if there is none. `place` says whose: `step "a": key_by`.
  func column(_ name: Located<String>, in schema: Schema, place: String) -> Int? {
    if let index = schema.index(of: name.value) { return index }
    let hint = Suggestions.hint(name.value, among: schema.fields.map(\.name), noun: "Fields")
    diagnostics.error(name.position, "\(place): unknown field \(Suggestions.quoted(name.value))\(hint)")
    return nil
  }

  /// The index of a timestamp field; a diagnostic if it is something else.
  func timestampColumn(_ name: Located<String>, in schema: Schema, place: String) -> Int? {
    guard let index = column(name, in: schema, place: place) else { return nil }
    if case .timestamp = schema.fields[index].type { return index }
    let message = "must be a timestamp, such as timestamp[us, UTC], found \(schema.fields[index].type)"
    diagnostics.error(name.position, "\(place): field \(Suggestions.quoted(name.value)) \(message)")
    return nil
  }

  /// Whether the catalog has `id`; a diagnostic if not.
  func exists(_ kind: PluginKind, _ id: Located<String>) -> Bool {
    PluginLookup(catalog: catalog, diagnostics: diagnostics).exists(kind, id)
  }

  /// The checked config of an operator, source or sink as JSON; nil, with diagnostics, if it is wrong.
  func config(_ node: YamlNode?, of kind: PluginKind, _ id: Located<String>) -> String? {
    let checker = ConfigChecker(diagnostics: diagnostics, owner: "\(kind.rawValue) \"\(id.value)\"")
    let schema = catalog.configSchema(of: kind, id.value)
    guard let node else { return checker.object([], at: id.position, schema: schema) }
    guard case .mapping(let entries) = node.content else {
      diagnostics.error(node.position, "config: expected a mapping, found \(node.described)")
      return nil
    }
    return checker.object(entries, at: node.position, schema: schema)
  }
}

/// Looks ids up among what plugins offer.
struct PluginLookup {
  let catalog: any Catalog
  let diagnostics: Diagnostics

  /// Whether there is a `kind` called `id`; a diagnostic if not.
  func exists(_ kind: PluginKind, _ id: Located<String>) -> Bool {
    let known = catalog.ids(of: kind)
    if known.contains(id.value) { return true }
    let hint = known.isEmpty ? "; no plugin offers one" : Suggestions.hint(id.value, among: known)
    diagnostics.error(id.position, "unknown \(kind.rawValue) \(Suggestions.quoted(id.value))\(hint)")
    return false
  }
}

extension PipelineDocument {
  /// Checks the file against what the plugins offer.
  package func plan(catalog: any Catalog) -> PlanResult { PlanBuilder(document: self, catalog: catalog).build() }
}
