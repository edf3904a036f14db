/// Reads `steps`.
struct StepReader {
  /// The keys of which each step has exactly one.
  private static let kinds = ["from_topic", "source", "operator", "to_topic", "sink", "to"]
  let diagnostics: Diagnostics

  func steps(_ node: YamlNode?) -> [StepDeclaration] {
    guard let node else { return [] }
    guard case .sequence(let items) = node.content, !items.isEmpty else {
      let found = if case .sequence = node.content { "an empty list" } else { node.described }
      diagnostics.error(node.position, "steps: expected a list of steps, found \(found)")
      return []
    }
    return items.map { step($0) ?? .nameless($0.position) }
  }

  private func step(_ node: YamlNode) -> StepDeclaration? {
    guard let reader = MappingReader(node, what: "step", diagnostics: diagnostics) else { return nil }
    guard let id = reader.requiredText("id", example: "id: my-step") else { return nil }
    if !Names.isStep(id.value) {
      let rule = "a step's id is made of letters, digits, \"-\" and \"_\", at most 64 of them"
      diagnostics.error(id.position, "step \(Suggestions.quoted(id.value)): \(rule)")
    }
    let what = "step \(Suggestions.quoted(id.value))"
    guard let named = MappingReader(node, what: what, diagnostics: diagnostics) else { return nil }
    _ = named.optional("id")
    var step = StepDeclaration(
      id: id, position: node.position, keyByPosition: named.place(of: "key_by"), kind: .broken)
    step.kind = kind(named) ?? .broken
    return step
  }

  private func kind(_ reader: MappingReader) -> StepDeclaration.Kind? {
    let present = Self.kinds.filter(reader.has)
    guard present.count == 1, let key = present.first else {
      let found = present.isEmpty ? "none of them" : present.map { "\"\($0)\"" }.joined(separator: " and ")
      let expected = Self.kinds.map { "\"\($0)\"" }.joined(separator: ", ")
      diagnostics.error(reader.position, "\(reader.what): expected one of \(expected), found \(found)")
      reportUnknown(reader)
      return nil
    }
    let kind: StepDeclaration.Kind? =
      switch key {
      case "from_topic": TopicReadReader(reader: reader).kind()
      case "source": pluginSource(reader)
      case "operator": operatorUse(reader)
      case "to_topic": topicSink(reader)
      case "sink": pluginSink(reader)
      default: blackhole(reader)
      }
    reader.finish()
    return kind
  }

  /// A kind's key may be misspelt: then that is the error to show.
  private func reportUnknown(_ reader: MappingReader) {
    for key in Self.kinds + ["from", "key_by", "config", "splits", "event_time", "route"] + TopicReadReader.keys {
      _ = reader.optional(key)
    }
    reader.finish()
  }

  private func pluginSource(_ reader: MappingReader) -> StepDeclaration.Kind? {
    let id = reader.text("source")
    let splits = reader.integer("splits", in: 1...32_768)
    let config = reader.optional("config")
    let time = reader.optional("event_time").flatMap {
      TopicReader(diagnostics: diagnostics).eventTime($0, what: "\(reader.what): event_time")
    }
    return id.map { .pluginSource($0, config: config, splits: splits?.value, time: time) }
  }

  private func operatorUse(_ reader: MappingReader) -> StepDeclaration.Kind? {
    let id = reader.text("operator")
    let from = from(reader, several: true)
    let config = reader.optional("config")
    var isRight = true
    var keyBy: StepDeclaration.KeyBy?
    if let node = reader.optional("key_by") {
      keyBy = self.keyBy(reader, node)
      isRight = keyBy != nil
    }
    guard let id, let from, isRight else { return nil }
    return .operator(id, from: from, keyBy: keyBy, config: config)
  }

  private func keyBy(_ reader: MappingReader, _ node: YamlNode) -> StepDeclaration.KeyBy? {
    guard case .mapping(let entries) = node.content else { return reader.texts("key_by").map { .all($0) } }
    guard let ports = MappingReader(node, what: "\(reader.what): key_by", diagnostics: diagnostics) else { return nil }
    let fields = entries.map { entry in ports.texts(entry.key.value).map { (port: entry.key, fields: $0) } }
    return fields.contains { $0 == nil } ? nil : .byPort(fields.compactMap { $0 })
  }

  private func topicSink(_ reader: MappingReader) -> StepDeclaration.Kind? {
    let topic = reader.text("to_topic")
    let from = from(reader, several: false)?.first
    guard let node = reader.optional("route") else {
      guard let topic, let from else { return nil }
      return .topicSink(topic: topic, from: from, nil)
    }
    guard let route = route(reader, node), let topic, let from else { return nil }
    return .topicSink(topic: topic, from: from, route)
  }

  private func pluginSink(_ reader: MappingReader) -> StepDeclaration.Kind? {
    let id = reader.text("sink")
    let from = from(reader, several: false)?.first
    let config = reader.optional("config")
    guard let id, let from else { return nil }
    return .pluginSink(id, from: from, config: config)
  }

  private func blackhole(_ reader: MappingReader) -> StepDeclaration.Kind? {
    let target = reader.text("to")
    let from = from(reader, several: false)?.first
    if let target, target.value != "blackhole" {
      let hint = Suggestions.hint(target.value, among: ["blackhole"])
      let message = "unknown \"to\" \(Suggestions.quoted(target.value))\(hint); topics go into \"to_topic\""
      diagnostics.error(target.position, "\(reader.what): \(message)")
      return nil
    }
    guard target != nil, let from else { return nil }
    return .blackhole(from: from)
  }

  private func from(_ reader: MappingReader, several: Bool) -> [Located<String>]? {
    guard reader.has("from") else {
      _ = reader.required("from", example: "from: <id of a step>")
      return nil
    }
    return several ? reader.texts("from", orOne: true) : reader.text("from").map { [$0] }
  }
}
