import Columnar

extension PlanBuilder {
  func topicSink(
    _ step: StepDeclaration, _ name: Located<String>, _ from: Located<String>, _ route: StepDeclaration.Route?
  ) -> Step? {
    let used = topics.use(name)
    let input = source(of: from)
    guard let (topic, declaration) = used, let input else { return nil }
    let what = "topic \"\(topic.name)\""
    let schema = input.schema
    var isRight = suits(schema, declaration, from)
    var key: Int?
    if let part = declaration.key, let field = part.field {
      key = column(field, in: schema, place: "\(what): key")
      if let key, let use = topic.key?.serde {
        let keySchema = Schema([schema.fields[key]])
        isRight = canEncode(use, .key, keySchema, at: part.serde.position, from) && isRight
      } else {
        isRight = false
      }
    }
    if isRight, let value = declaration.value {
      isRight = canEncode(topic.value.serde, .value, schema, at: value.serde.position, from)
    }
    let columns = sinkColumns(declaration, in: schema, what)
    let resolved = route.map { self.route($0, in: schema, step) }
    if case .some(.none) = resolved { return nil }
    guard let columns, isRight else { return nil }
    let sink = TopicSink(
      topic: topic, keyColumn: key, valueSchema: schema, headerColumns: columns.headers,
      timestampColumn: columns.timestamp, partitionColumn: columns.partition, route: resolved ?? nil)
    return Step(id: step.id.value, kind: .topicSink(sink), inputs: [input], outputs: [], position: step.position)
  }

  /// A Kafka transaction does not reach over clusters, so under exactly_once all that is written goes to one.
  func checkTransactions() {
    guard document.checkpoint.guarantee == .exactlyOnce else { return }
    var first: (connection: String, what: String)?
    for step in steps {
      for (topic, name) in written(by: step) {
        let what = "topic \"\(name)\""
        guard let first else {
          first = (topic.connection, what)
          continue
        }
        guard topic.connection != first.connection else { continue }
        diagnostics.error(
          step.position,
          "exactly_once needs all that is written on one connection, as a transaction does not reach further: "
            + "\(first.what) is on \"\(first.connection)\", \(what) on \"\(topic.connection)\"; "
            + "use one connection, or guarantee at_least_once")
      }
    }
  }

  /// The topics, dead letters included, that a step writes to, each with the declaration that gives its connection.
  private func written(by step: Step) -> [(topic: Topic, name: String)] {
    switch step.kind {
    case .topicSink(let sink): [(sink.topic, sink.topic.name)]
    case .topicSource(let source):
      source.topics.compactMap { topic in
        if case .deadLetter(let name) = topic.onBadRow { (topic, name) } else { nil }
      }
    case .pluginSource, .operator, .blackhole: []
    }
  }

  /// Whether rows have the fields that the topic declares, if it declares any; order does not matter.
  private func suits(_ schema: Schema, _ topic: TopicDeclaration, _ from: Located<String>) -> Bool {
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
    for field in schema.fields where declared.index(of: field.name) == nil {
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
      try catalog.bindEncode(serde: serde.id, options: serde.options, part: part, schema: schema)
      return true
    } catch {
      diagnostics.error(
        position,
        "serde \"\(serde.id)\" can't encode the \(part.rawValue) from step \"\(from.value)\", \(schema): \(error)")
      return false
    }
  }
}
