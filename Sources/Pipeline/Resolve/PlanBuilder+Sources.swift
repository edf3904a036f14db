import Columnar

extension PlanBuilder {
  func topicSource(_ step: StepDeclaration, _ read: TopicReadDeclaration) -> Step? {
    let names = read.topics
    let sources = names.map { topicSource(step, $0, read) }
    guard stopsAtOthersOffsets(step, read) else { return nil }
    guard var whole = sources[0], !sources.contains(where: { $0 == nil }) else { return nil }
    for (name, source) in zip(names, sources).dropFirst() {
      guard let source, goTogether(step, names[0], whole, name, source) else { return nil }
      whole.topics += source.topics
    }
    return Step(
      id: step.id.value, kind: .topicSource(whole), inputs: [], outputs: [whole.schema], position: step.position)
  }

  /// What the job's own group has committed moves on while the job runs: no end to read to.
  private func stopsAtOthersOffsets(_ step: StepDeclaration, _ read: TopicReadDeclaration) -> Bool {
    guard case .committed(let group) = read.stop, group == document.job else { return true }
    diagnostics.error(
      read.stopPosition,
      "step \"\(step.id.value)\": \"stop\" can't be where group \(Suggestions.quoted(group)) has committed: that is the "
        + "job's own, which goes on as the job does; name another group, or give \"offsets\"")
    return false
  }

  /// Whether topic `name` can be read by the step that reads `first`.
  private func goTogether(
    _ step: StepDeclaration, _ first: Located<String>, _ whole: TopicSource, _ name: Located<String>,
    _ source: TopicSource
  ) -> Bool {
    let topic = source.topics[0]
    let remedy = "read it by a step of its own"
    var difference: String?
    if whole.topics.contains(where: { $0.name == topic.name }) {
      difference = "is there twice; name it once"
    } else if topic.connection != whole.connection {
      difference = "is on connection \"\(topic.connection)\", not \"\(whole.connection)\"; \(remedy)"
    } else if source.valueSchema != whole.valueSchema || source.keySchema != whole.keySchema
      || source.messageColumns != whole.messageColumns
    {
      difference = "has other fields than topic \"\(first.value)\"; \(remedy)"
    } else if topic.eventTime != whole.eventTime {
      difference = "has another event_time than topic \"\(first.value)\"; \(remedy)"
    }
    guard let difference else { return true }
    diagnostics.error(
      name.position,
      "step \"\(step.id.value)\": topic \"\(name.value)\" \(difference)")
    return false
  }

  private func topicSource(
    _ step: StepDeclaration, _ name: Located<String>, _ read: TopicReadDeclaration
  ) -> TopicSource? {
    guard let (topic, declaration) = topics.use(name), let value = declaration.value else { return nil }
    let what = "topic \"\(topic.name)\""
    guard let valueSchema = value.schema else {
      diagnostics.error(
        value.position,
        "\(what): value: missing key \"fields\", which step \"\(step.id.value)\" needs to read it; "
          + "write, say, `fields: { id: int64 }`")
      return nil
    }
    var source = TopicSource(
      topics: [topic], pattern: read.pattern, start: read.start, stop: read.stop,
      onOffsetOutOfRange: read.onOffsetOutOfRange, discoveryInterval: read.discoveryInterval, valueSchema: valueSchema)
    source.keySchema = keyThatIsRead(declaration, value: valueSchema)
    var isRight = canDecode(topic.value.serde, .value, valueSchema, at: value.serde.position)
    for part in [declaration.key, value] where read.pattern != nil {
      guard let position = part?.registry?.usesLatestAt else { continue }
      diagnostics.error(
        position, "`use_latest_version`: a pattern's topics have a subject each; name the topics, or give a `schema`")
      isRight = false
    }
    if let keySchema = source.keySchema, let key = declaration.key, let use = topic.key?.serde {
      isRight = canDecode(use, .key, keySchema, at: key.serde.position) && isRight
    }
    if let columns = messageColumns(declaration, of: source) {
      source.messageColumns = columns
    } else {
      isRight = false
    }
    if let time = declaration.eventTime {
      source.eventTimeColumn = timestampColumn(time.field, in: source.schema, place: "\(what): event_time")
      isRight = isRight && source.eventTimeColumn != nil
    }
    return isRight ? source : nil
  }

  /// A key's column, unless the value holds a field of that name: then the key says nothing new.
  private func keyThatIsRead(_ topic: TopicDeclaration, value: Schema) -> Schema? {
    guard let key = topic.key, let field = key.field else { return nil }
    guard value.index(of: field.value) != nil else { return key.schema }
    if let position = key.typePosition {
      diagnostics.error(
        position,
        "topic \"\(topic.name.value)\": key: field \(Suggestions.quoted(field.value)) is a field of the value too; "
          + "take away `type`, or name another field")
    }
    return nil
  }

  private func canDecode(_ serde: SerdeUse, _ part: MessagePart, _ schema: Schema, at position: Position) -> Bool {
    do {
      try catalog.bindDecode(serde, part: part, schema: schema)
      return true
    } catch {
      diagnostics.error(position, "serde \"\(serde.id)\" can't decode \(schema): \(error)")
      return false
    }
  }

  func pluginSource(
    _ step: StepDeclaration, _ id: Located<String>, _ node: YamlNode?, _ splits: Int?, _ time: TopicDeclaration.Time?
  ) -> Step? {
    guard exists(.source, id), let config = config(node, of: .source, id) else { return nil }
    let schema: Schema
    do {
      schema = try catalog.sourceSchema(id.value, config: config)
    } catch {
      diagnostics.error(id.position, "source \"\(id.value)\": \(error)")
      return nil
    }
    let place = "step \"\(step.id.value)\": event_time"
    let column = time.map { timestampColumn($0.field, in: schema, place: place) }
    if case .some(.none) = column { return nil }
    let source = PluginSource(
      id: id.value, config: config, splitCount: splits ?? document.parallelism, eventTimeColumn: column ?? nil,
      outOfOrderness: time?.outOfOrderness ?? .zero, idleAfter: time == nil ? .seconds(30) : time?.idleAfter,
      maxDrift: time?.maxDrift)
    return Step(
      id: step.id.value, kind: .pluginSource(source), inputs: [], outputs: [schema], position: step.position)
  }
}
