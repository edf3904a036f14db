import Columnar

/// Draws a plan as text, for `millrace plan`.
package struct PlanRenderer {
  private let plan: LogicalPlan

  package init(_ plan: LogicalPlan) { self.plan = plan }

  /// The drawing: settings, then each step with its rows and the steps that read it. Lines end in "\n".
  package func render() -> String {
    let blocks = [header] + plan.steps.indices.map(step)
    return blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  private var header: [String] {
    let workers = "\(plan.parallelism) worker\(plan.parallelism == 1 ? "" : "s")"
    var lines = ["job \(plan.job): \(workers), \(plan.keyGroups) key groups"]
    lines.append("guarantee \(plan.checkpoint.guarantee.rawValue): \(promise)")
    if plan.checkpoint.guarantee != .none, let directory = plan.checkpoint.directory {
      let interval = DurationText.text(plan.checkpoint.interval)
      lines.append("checkpoints every \(interval) in \(directory), the last \(plan.checkpoint.retention) kept")
    }
    lines.append(state)
    let directories = plan.plugins.directories.joined(separator: ", ")
    lines.append("plugins from \(directories); a new version: \(plan.plugins.onNewVersion.rawValue)")
    if let file = plan.metrics.file {
      lines.append("metrics to \(file) every \(DurationText.text(plan.metrics.interval))")
    }
    return lines
  }

  private var state: String {
    let place =
      switch plan.state.store {
      case .memory: "memory"
      case .rocksdb: "memory and rocksdb (\(plan.state.directory ?? "scratch in the job's checkpoint directory"))"
      }
    let budget = plan.state.memory.map { "\(SizeText.text($0)) of memory" } ?? "half of the machine's memory"
    return "keyed state in \(place); budget: \(budget)"
  }

  private var promise: String {
    switch plan.checkpoint.guarantee {
    case .exactlyOnce where plan.sinkConnections.count > 1:
      "each epoch counts when its transaction on \(plan.sinkConnections[0]) commits; its rows for "
        + plan.sinkConnections.dropFirst().joined(separator: ", ")
        + " follow; readers of the results need isolation.level=read_committed"
    case .exactlyOnce where plan.recordTopic != nil:
      "each epoch counts when its Kafka transaction commits; readers of the result need isolation.level=read_committed"
    case .exactlyOnce: "each epoch counts when its checkpoint is complete"
    case .atLeastOnce: "after a failure some results come twice"
    case .none: "no checkpoints; a restart has no state, and goes on where the job was, about"
    }
  }

  private func step(_ index: Int) -> [String] {
    let step = plan.steps[index]
    let details = details(of: step)
    let edges = step.outputs.indices.flatMap { output(index, $0) }
    let lines = [details.title] + details.lines.map { "│   \($0)" } + edges
    return edges.isEmpty ? [details.title] + details.lines.map { "    \($0)" } : lines
  }

  private func details(of step: Step) -> (title: String, lines: [String]) {
    switch step.kind {
    case .topicSource(let source): (title(step, source), lines(of: source))
    case .pluginSource(let source): pluginSource(step, source)
    case .operator(let use): ("\(step.id): operator \(use.id)", use.config == "{}" ? [] : ["config \(use.config)"])
    case .topicSink(let sink): (title(step, "writes topic", sink.topic), lines(of: sink))
    case .pluginSink(let sink): ("\(step.id): sink \(sink.id)", ["config \(sink.config)"])
    case .blackhole: ("\(step.id): counts rows and drops them", [])
    }
  }

  private func title(_ step: Step, _ verb: String, _ topic: Topic) -> String {
    "\(step.id): \(verb) \(topic.name) on \(topic.connection)"
  }

  private func title(_ step: Step, _ source: TopicSource) -> String {
    let names = source.topics.map(\.name).joined(separator: ", ")
    if let pattern = source.pattern {
      return "\(step.id): reads topics that match \(pattern), as \(names), on \(source.connection)"
    }
    return "\(step.id): reads topic\(source.topics.count == 1 ? "" : "s") \(names) on \(source.connection)"
  }

  private func pluginSource(_ step: Step, _ source: PluginSource) -> (title: String, lines: [String]) {
    var lines = ["\(source.splitCount) split\(source.splitCount == 1 ? "" : "s"), config \(source.config)"]
    if let column = source.eventTimeColumn {
      lines.append(
        time(step.outputs[0].fields[column].name, source.outOfOrderness, source.idleAfter, source.maxDrift))
    }
    return ("\(step.id): source \(source.id)", lines)
  }

  private func lines(of source: TopicSource) -> [String] {
    var lines = [source.bounds] + source.changes
    for topic in source.topics { lines += self.lines(of: topic, in: source) }
    if let time = source.eventTime {
      lines.append(self.time(time.field, time.outOfOrderness, time.idleAfter, time.maxDrift))
    }
    return lines
  }

  private func lines(of topic: Topic, in source: TopicSource) -> [String] {
    let bad =
      switch topic.onBadRow {
      case .deadLetter(let topic): "go to \(topic)"
      case .skip: "are skipped"
      case .fail: "stop the job"
      }
    let key = source.keySchema.flatMap { schema in topic.key.map { "; key \(serde($0)) as \(text(schema))" } }
    let name = source.topics.count == 1 ? "" : "\(topic.name): "
    let more = source.messageColumns.map { "\(name)\($0.part) as \($0.field)" }
    let usesRegistry = topic.value.registry != nil || topic.key?.registry != nil
    let schemas =
      switch topic.onIncompatibleSchema {
      case .stopPartition: "stop their partition"
      case .badRow: "make bad rows"
      }
    return ["\(name)value \(serde(topic.value))\(key ?? "")"] + more + ["\(name)bad rows \(bad)"]
      + (usesRegistry ? ["\(name)schemas that can't be read \(schemas)"] : [])
  }

  private func serde(_ part: Topic.Part) -> String {
    guard let registry = part.registry else { return part.serde.id + (part.isNewlineDelimited ? ", by lines" : "") }
    let framing = registry.framing == .confluent ? "" : ", framed as \(registry.framing.rawValue)"
    return "\(part.serde.id) with schemas of \(registry.registry)\(framing)"
  }

  private func time(
    _ field: String, _ outOfOrderness: Duration, _ idleAfter: Duration?, _ maxDrift: Duration?
  ) -> String {
    let drift = maxDrift.map { ", at most \(DurationText.text($0)) apart" } ?? ""
    let idle = idleAfter.map { "idle after \(DurationText.text($0))" } ?? "never idle"
    return "event time \(field), up to \(DurationText.text(outOfOrderness)) out of order, \(idle)\(drift)"
  }

  private func lines(of sink: TopicSink) -> [String] {
    func name(_ column: Int) -> String { sink.schema.fields[column].name }
    var lines = ["value \(serde(sink.topic.value)) ← \(text(sink.valueSchema))"]
    if let column = sink.columns.tombstone { lines.append("no value where \(name(column))") }
    if let column = sink.columns.key, let key = sink.topic.key {
      lines.append("key \(serde(key)) ← \(sink.schema.fields[column])")
    }
    for header in sink.topic.headers { lines.append("header \(header.name) ← \(header.field)") }
    if let field = sink.topic.otherHeadersField { lines.append("other headers ← \(field)") }
    if let field = sink.topic.timestampField { lines.append("timestamp ← \(field)") }
    if let route = sink.columns.route {
      lines.append("topic ← \(name(route.column)), one of \(route.topics.joined(separator: ", "))")
    }
    if let creation = sink.topic.creation { lines.append("made if it is not there\(text(creation))") }
    switch sink.topic.partition {
    case .key: break
    case .roundRobin: lines.append("partitions in turn")
    case .field(let field): lines.append("partition ← \(field)")
    }
    return lines
  }

  private func text(_ creation: Topic.Creation) -> String {
    var parts: [String] = []
    if let count = creation.partitionCount { parts.append("\(count) partition\(count == 1 ? "" : "s")") }
    if let count = creation.replication { parts.append("\(count) replica\(count == 1 ? "" : "s")") }
    parts += creation.configs.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))"
  }

  private func text(_ schema: Schema) -> String { schema.fields.map(\.description).joined(separator: ", ") }

  /// The rows of an output and the arrows to those that read it.
  private func output(_ index: Int, _ port: Int) -> [String] {
    let step = plan.steps[index]
    var name = ""
    if case .operator(let use) = step.kind, use.outputNames.count > 1 { name = "\(use.outputNames[port]): " }
    let readers = plan.readers(of: index, port: port)
    let rows = "│   \(name)rows (\(text(step.outputs[port])))\(readers.isEmpty ? ", read by nobody" : "")"
    return [rows] + readers.map(arrow)
  }

  private func arrow(_ reader: (step: Int, input: Int)) -> String {
    let step = plan.steps[reader.step]
    let input = step.inputs[reader.input]
    let target = step.inputs.count > 1 ? "\(step.id).\(input.portName)" : step.id
    guard let columns = input.keyColumns else { return "├──▶ \(target)" }
    let names = columns.map { input.schema.fields[$0].name }.joined(separator: ", ")
    let exchange = plan.parallelism > 1 ? ", exchanged between \(plan.parallelism) workers" : ""
    return "├══▶ \(target)  by key (\(names))\(exchange)"
  }
}
