import Columnar

/// Reads `topics`.
struct TopicReader {
  private static let defaultIdleAfter = Duration.seconds(30)
  let diagnostics: Diagnostics
  /// Where the paths of schemas start; absolute.
  private let directory: String
  private let sources: ReferenceSources

  /// `directory` and `sources` are for the schemas of topics only.
  init(diagnostics: Diagnostics, directory: String = "/", sources: ReferenceSources = .process) {
    (self.diagnostics, self.directory, self.sources) = (diagnostics, directory, sources)
  }

  func topics(_ node: YamlNode?) -> [TopicDeclaration] {
    guard let node else { return [] }
    guard case .mapping(let entries) = node.content else {
      diagnostics.error(node.position, "topics: expected a mapping of names, found \(node.described)")
      return []
    }
    return entries.map(topic)
  }

  private func topic(_ entry: YamlNode.Entry) -> TopicDeclaration {
    let name = entry.key
    let what = "topic \(Suggestions.quoted(name.value))"
    var topic = TopicDeclaration(name: name, onBadRow: .fail, headers: [], isBroken: true)
    if !Names.isTopic(name.value) {
      let rule = "a topic's name is made of letters, digits, \".\", \"_\" and \"-\", at most 249 of them"
      diagnostics.error(name.position, "\(what): \(rule)")
    }
    guard let reader = MappingReader(entry.value, what: what, diagnostics: diagnostics) else { return topic }
    let value = reader.required("value", example: "value: { serde: json }")
    topic.value = value.flatMap { part($0, what: "\(what): value", isKey: false) }
    let key = reader.optional("key")
    topic.key = key.flatMap { part($0, what: "\(what): key", isKey: true) }
    topic.isBroken = topic.value == nil || (key != nil && topic.key == nil)
    checkLines(topic, what)
    topic.connection = reader.text("connection")
    topic.eventTime = reader.optional("event_time").flatMap { eventTime($0, what: "\(what): event_time") }
    topic.onBadRow = reader.optional("on_bad_row").flatMap { badRow($0, topic: name, what) } ?? .fail
    topic.onIncompatibleSchema = incompatibleSchema(reader, topic, what) ?? .stopPartition
    topic.headers = reader.optional("headers").map { headers($0, what: "\(what): headers") } ?? []
    topic.otherHeadersField = reader.optional("other_headers").flatMap {
      oneField($0, what: "\(what): other_headers", example: "field: headers")
    }
    topic.timestampField = reader.optional("timestamp").flatMap {
      oneField($0, what: "\(what): timestamp", example: "field: time")
    }
    topic.tombstoneField = reader.optional("tombstone").flatMap { tombstone($0, key, what) }
    topic.creation = reader.optional("create").flatMap { creation($0, what: "\(what): create") }
    topic.partition = reader.optional("partition").flatMap { partition($0, what) } ?? .key
    reader.finish()
    return topic
  }

  private func part(_ node: YamlNode, what: String, isKey: Bool) -> TopicDeclaration.Part? {
    guard let reader = MappingReader(node, what: what, diagnostics: diagnostics) else { return nil }
    let example = isKey ? "serde: utf8" : "serde: json"
    let serde = reader.requiredText("serde", example: example)
    var part = TopicDeclaration.Part(position: node.position, serde: Located("", node.position), options: [])
    var isWhole = true
    if isKey {
      part.field = reader.requiredText("field", example: "field: id")
      part.typePosition = reader.has("type") ? reader.place(of: "type") : nil
      let type = reader.text("type") ?? Located("utf8", node.position)
      let column = part.field.flatMap { field($0, type, what: what) }
      part.schema = column.map { Schema([$0]) }
      isWhole = column != nil
    } else if let node = reader.optional("fields") {
      part.schema = schema(node, what: "\(what).fields")
      isWhole = part.schema != nil
    }
    if !isKey, reader.flag("newline_delimited") ?? false {
      part.newlineDelimitedAt = reader.place(of: "newline_delimited")
    }
    part.registry = registry(reader)
    if let file = reader.text("schema") {
      part.givenPosition = file.position
      part.given = given(file, what: what)
      isWhole = isWhole && part.given != nil
    }
    part.options = reader.rest
    guard let serde, isWhole else { return nil }
    part.serde = serde
    return part
  }

  /// The schema in a file.
  private func given(_ file: Located<String>, what: String) -> GivenSchema? {
    guard let schemaFile = SchemaFile(file.value) else {
      let ends = SchemaFile.Kind.allCases.map { ".\($0.rawValue)" }.joined(separator: ", ")
      diagnostics.error(
        file.position,
        "\(what): \"schema\" expects a file whose name ends in one of \(ends), found \(Suggestions.quoted(file.value))")
      return nil
    }
    func fail(_ reason: String) {
      diagnostics.error(file.position, "\(what): the schema \(Suggestions.quoted(file.value)) \(reason)")
    }
    do {
      return try schemaFile.schema(try sources.file(Paths.resolve(file.value, in: directory)))
    } catch let error as SchemaFile.Malformed {
      fail(error.description)
    } catch {
      fail("can't be read: \(error); relative paths start at the pipeline file's directory")
    }
    return nil
  }

  /// Keys that mean nothing without `registry` are left to the serde then.
  private func registry(_ reader: MappingReader) -> TopicDeclaration.Registry? {
    guard let name = reader.text("registry") else { return nil }
    let strategy = reader.choice("subject_strategy", RegistryUse.SubjectStrategy.self)
    let autoRegister = reader.flag("auto_register")
    let usesLatest = reader.flag("use_latest_version") ?? false
    let framing = reader.choice("framing", Framing.self)
    let useId = reader.choice("use_id", ApicurioId.self)
    func place(_ key: String) -> Position { reader.has(key) ? reader.place(of: key) : name.position }
    return .init(
      name: name, subjectStrategy: strategy ?? .topic, autoRegister: autoRegister ?? true,
      usesLatestAt: usesLatest ? reader.place(of: "use_latest_version") : nil, framing: framing, useId: useId,
      framingPosition: place("framing"), useIdPosition: place("use_id"))
  }

  private func schema(_ node: YamlNode, what: String) -> Schema? {
    guard case .mapping(let entries) = node.content, !entries.isEmpty else {
      let found = if case .mapping = node.content { "none" } else { node.described }
      diagnostics.error(node.position, "\(what): expected fields, as `name: type`, found \(found)")
      return nil
    }
    let fields = entries.map { entry -> Field? in
      guard case .scalar(let type, _) = entry.value.content, !entry.value.isNull else {
        let found = entry.value.described
        diagnostics.error(
          entry.value.position, "\(what): \(Suggestions.quoted(entry.key.value)) expects a type, found \(found)")
        return nil
      }
      return field(entry.key, Located(type, entry.value.position), what: what)
    }
    return fields.contains { $0 == nil } ? nil : Schema(fields.compactMap { $0 })
  }

  private func field(_ name: Located<String>, _ type: Located<String>, what: String) -> Field? {
    do {
      return try Field(name: name.value, parsing: type.value)
    } catch {
      let word = String(type.value.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
      let known = DataType.names
      let message =
        known.contains(word)
        ? "type \(error)" : "unknown type \(Suggestions.quoted(type.value))\(Suggestions.hint(word, among: known))"
      diagnostics.error(type.position, "\(what): \(Suggestions.quoted(name.value)): \(message)")
      return nil
    }
  }

  /// Reads an `event_time`.
  func eventTime(_ node: YamlNode, what: String) -> TopicDeclaration.Time? {
    guard let reader = MappingReader(node, what: what, diagnostics: diagnostics) else { return nil }
    let field = reader.requiredText("field", example: "field: time")
    let outOfOrderness = reader.duration("out_of_orderness")?.value ?? .zero
    let idleAfter = idleAfter(reader)
    let maxDrift = reader.duration("max_drift", atLeast: .milliseconds(1))?.value
    reader.finish()
    return field.map {
      TopicDeclaration.Time(field: $0, outOfOrderness: outOfOrderness, idleAfter: idleAfter, maxDrift: maxDrift)
    }
  }

  private func idleAfter(_ reader: MappingReader) -> Duration? {
    if case .scalar("never", _) = reader.optional("idle_after")?.content { return nil }
    return reader.duration("idle_after", atLeast: .milliseconds(1))?.value ?? Self.defaultIdleAfter
  }

  private func checkLines(_ topic: TopicDeclaration, _ what: String) {
    guard let position = topic.value?.newlineDelimitedAt, topic.value?.registry != nil || topic.key?.registry != nil
    else { return }
    diagnostics.error(
      position,
      "\(what): values whose lines are rows can't be read from messages with schemas of a registry; leave `newline_delimited` or "
        + "`registry` out")
  }

  private func incompatibleSchema(
    _ reader: MappingReader, _ topic: TopicDeclaration, _ what: String
  ) -> IncompatibleSchemaPolicy? {
    guard reader.has("on_incompatible_schema") else { return nil }
    if !topic.isBroken, topic.value?.registry == nil, topic.key?.registry == nil {
      diagnostics.error(
        reader.place(of: "on_incompatible_schema"),
        "\(what): \"on_incompatible_schema\" is about the schemas that messages were written with; write `registry` into `value` "
          + "or `key`, or leave it out")
    }
    return reader.choice("on_incompatible_schema", IncompatibleSchemaPolicy.self)
  }

  private func badRow(_ node: YamlNode, topic: Located<String>, _ what: String) -> BadRowPolicy? {
    if case .scalar(let text, _) = node.content {
      if text == "skip" { return .skip }
      if text == "fail" { return .fail }
      let hint = Suggestions.hint(text, among: ["skip", "fail", "{ dead_letter: <topic> }"])
      diagnostics.error(node.position, "\(what): unknown \"on_bad_row\" \(Suggestions.quoted(text))\(hint)")
      return nil
    }
    guard let reader = MappingReader(node, what: "\(what): on_bad_row", diagnostics: diagnostics) else { return nil }
    let target = reader.requiredText("dead_letter", example: "dead_letter: \(topic.value).dead")
    reader.finish()
    guard let target else { return nil }
    if target.value == topic.value {
      diagnostics.error(
        target.position, "\(what): its dead letters would go to the topic itself, and fail again; name another topic")
    } else if !Names.isTopic(target.value) {
      diagnostics.error(target.position, "\(what): \(Suggestions.quoted(target.value)) can't be a topic's name")
    }
    return .deadLetter(topic: target.value)
  }
}
