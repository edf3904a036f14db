import Columnar

extension PlanBuilder {
  func topicSource(
    _ step: StepDeclaration, _ name: Located<String>, _ start: TopicSource.Start, _ stop: TopicSource.Stop
  ) -> Step? {
    guard let (topic, declaration) = topics.use(name), let value = declaration.value else { return nil }
    let what = "topic \"\(topic.name)\""
    guard let valueSchema = value.schema else {
      diagnostics.error(
        value.position,
        "\(what): value: missing key \"fields\", which step \"\(step.id.value)\" needs to read it; "
          + "write, say, `fields: { id: int64 }`")
      return nil
    }
    let keySchema = keyThatIsRead(declaration, value: valueSchema)
    let output = Schema(valueSchema.fields + (keySchema?.fields ?? []))
    var isRight = canDecode(topic.value.serde, .value, valueSchema, at: value.serde.position)
    if let keySchema, let key = declaration.key, let use = topic.key?.serde {
      isRight = canDecode(use, .key, keySchema, at: key.serde.position) && isRight
    }
    let time = declaration.eventTime.map { timestampColumn($0.field, in: output, place: "\(what): event_time") }
    if case .some(.none) = time { isRight = false }
    guard isRight else { return nil }
    let source = TopicSource(
      topic: topic, start: start, stop: stop, valueSchema: valueSchema, keySchema: keySchema,
      eventTimeColumn: time ?? nil)
    return Step(
      id: step.id.value, kind: .topicSource(source), inputs: [], outputs: [output], position: step.position)
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
      try catalog.bindDecode(serde: serde.id, options: serde.options, part: part, schema: schema)
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
      outOfOrderness: time?.outOfOrderness ?? .zero, idleAfter: time == nil ? .seconds(30) : time?.idleAfter)
    return Step(
      id: step.id.value, kind: .pluginSource(source), inputs: [], outputs: [schema], position: step.position)
  }
}
