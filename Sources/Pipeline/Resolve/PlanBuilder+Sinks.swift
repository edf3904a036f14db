import Columnar

extension PlanBuilder {
  func topicSink(
    _ step: StepDeclaration, _ name: Located<String>, _ from: Located<String>, _ route: StepDeclaration.Route?
  ) -> Step? {
    let used = topics.use(name)
    let input = source(of: from)
    guard let (topic, declaration) = used, let input else { return nil }
    let columns = sinkColumns(declaration, route, in: input.schema, step)
    let suits = suits(input.schema, declaration, elsewhere: columns?.used, from)
    guard let columns, suits else { return nil }
    let sink = TopicSink(
      topic: topic, schema: input.schema, columns: columns,
      valueColumns: valueColumns(input.schema, declaration.value?.schema))
    guard canEncode(sink, declaration, from) else { return nil }
    return Step(id: step.id.value, kind: .topicSink(sink), inputs: [input], outputs: [], position: step.position)
  }

  func pluginSink(
    _ step: StepDeclaration, _ id: Located<String>, _ from: Located<String>, _ node: YamlNode?
  ) -> Step? {
    let input = source(of: from)
    guard exists(.sink, id), let config = config(node, of: .sink, id), let input else { return nil }
    guard document.checkpoint.guarantee != .none else {
      diagnostics.error(
        id.position,
        "step \"\(step.id.value)\": a sink shows rows once their epoch counts, and with the guarantee none there are no "
          + "epochs; let `checkpoint` have the guarantee exactly_once or at_least_once")
      return nil
    }
    do {
      try catalog.bindSink(
        id.value, config: config, job: document.job, step: step.id.value, schema: input.schema)
    } catch {
      diagnostics.error(id.position, "sink \"\(id.value)\": \(error)")
      return nil
    }
    let sink = PluginSink(id: id.value, config: config)
    return Step(id: step.id.value, kind: .pluginSink(sink), inputs: [input], outputs: [], position: step.position)
  }

  /// The columns that the topic declares, in its order, by which formats go that write no names; all, in the rows'
  /// order, if it declares none.
  private func valueColumns(_ schema: Schema, _ declared: Schema?) -> [Int] {
    guard let declared else { return Array(schema.fields.indices) }
    return declared.fields.compactMap { schema.index(of: $0.name) }
  }

  private func canEncode(_ sink: TopicSink, _ declaration: TopicDeclaration, _ from: Located<String>) -> Bool {
    var isRight = true
    if let key = sink.columns.key, let part = sink.topic.key, let place = declaration.key?.serde.position {
      isRight = canEncode(part.serde, .key, Schema([sink.schema.fields[key]]), at: place, from)
    }
    guard isRight, let place = declaration.value?.serde.position else { return isRight }
    return canEncode(sink.topic.value.serde, .value, sink.valueSchema, at: place, from)
  }

  /// Whether rows have the fields that the topic declares, if it declares any, and no others but those that go
  /// `elsewhere` than into the value (nil: that is not known); order does not matter.
  private func suits(
    _ schema: Schema, _ topic: TopicDeclaration, elsewhere: Set<Int>?, _ from: Located<String>
  ) -> Bool {
    guard let declared = topic.value?.schema else { return true }
    let place = "topic \"\(topic.name.value)\" does not take the rows of step \"\(from.value)\""
    var isRight = true
    for field in declared.fields {
      guard let index = schema.index(of: field.name) else {
        diagnostics.error(from.position, "\(place): they lack the field \(Suggestions.quoted(field.name))")
        isRight = false
        continue
      }
      let found = schema.fields[index]
      guard found.type == field.type, field.nullable || !found.nullable else {
        let name = Suggestions.quoted(field.name)
        diagnostics.error(
          from.position, "\(place): field \(name) is \(found.typeText), expected \(field.typeText)")
        isRight = false
        continue
      }
    }
    for (index, field) in schema.fields.enumerated() where declared.index(of: field.name) == nil {
      guard let elsewhere, !elsewhere.contains(index) else { continue }
      diagnostics.error(
        from.position, "\(place): it does not declare their field \(Suggestions.quoted(field.name)), \(field.typeText)")
      isRight = false
    }
    return isRight
  }

  private func canEncode(
    _ serde: SerdeUse, _ part: MessagePart, _ schema: Schema, at position: Position, _ from: Located<String>
  ) -> Bool {
    do {
      try catalog.bindEncode(serde, part: part, schema: schema)
      return true
    } catch {
      diagnostics.error(
        position,
        "serde \"\(serde.id)\" can't encode the \(part.rawValue) from step \"\(from.value)\", \(schema): \(error)")
      return false
    }
  }
}
