import Columnar

/// Reads what a topic says of its messages beside keys and values, and of how it is written.
extension TopicReader {
  /// Reads `headers`: header names, each with a field, or with `{ field, type }`.
  func headers(_ node: YamlNode, what: String) -> [TopicDeclaration.Header] {
    guard case .mapping(let entries) = node.content else {
      diagnostics.error(node.position, "\(what): expected header names with fields, found \(node.described)")
      return []
    }
    return entries.compactMap { entry in
      if case .mapping = entry.value.content {
        return header(entry, what: "\(what): \(Suggestions.quoted(entry.key.value))")
      }
      let reader = MappingReader(node, what: what, diagnostics: diagnostics)
      return reader?.text(entry.key.value, entry.value).map { .init(name: entry.key, field: $0) }
    }
  }

  private func header(_ entry: YamlNode.Entry, what: String) -> TopicDeclaration.Header? {
    guard let reader = MappingReader(entry.value, what: what, diagnostics: diagnostics) else { return nil }
    let field = reader.requiredText("field", example: "field: trace")
    let type = reader.text("type")
    reader.finish()
    guard let field else { return nil }
    let types: [String: DataType] = ["utf8": .utf8, "binary": .binary]
    guard let type else { return .init(name: entry.key, field: field) }
    if let known = types[type.value] { return .init(name: entry.key, field: field, type: known) }
    diagnostics.error(
      type.position, "\(what): \"type\" expects utf8 or binary, found \(Suggestions.quoted(type.value))")
    return nil
  }

  /// Reads `{ field: NAME }`.
  func oneField(_ node: YamlNode, what: String, example: String) -> Located<String>? {
    guard let reader = MappingReader(node, what: what, diagnostics: diagnostics) else { return nil }
    let field = reader.requiredText("field", example: example)
    reader.finish()
    return field
  }

  /// Reads a `tombstone` of the topic that `what` names; `key`: the topic's, if it has one.
  func tombstone(_ node: YamlNode, _ key: YamlNode?, _ what: String) -> Located<String>? {
    let field = oneField(node, what: "\(what): tombstone", example: "field: deleted")
    if key == nil {
      diagnostics.error(
        node.position, "\(what): a tombstone says that a key is gone, and messages have none; add a `key`")
    }
    return field
  }

  /// Reads a `create`.
  func creation(_ node: YamlNode, what: String) -> Topic.Creation? {
    guard let reader = MappingReader(node, what: what, diagnostics: diagnostics) else { return nil }
    var creation = Topic.Creation()
    creation.partitionCount = reader.integer("partitions", in: 1...100_000)?.value
    creation.replication = reader.integer("replication", in: 1...1000)?.value
    if let configs = reader.optional("configs"),
      let own = MappingReader(configs, what: "\(what): configs", diagnostics: diagnostics)
    {
      for entry in own.rest { creation.configs[entry.key.value] = own.text(entry.key.value)?.value }
    }
    reader.finish()
    return creation
  }

  /// Reads a `partition` of the topic that `what` names.
  func partition(_ node: YamlNode, _ what: String) -> TopicDeclaration.Partition? {
    guard case .scalar(let text, _) = node.content else {
      return oneField(node, what: "\(what): partition", example: "field: shard").map { .field($0) }
    }
    if text == "key" { return .key }
    if text == "round_robin" { return .roundRobin }
    let hint = Suggestions.hint(text, among: ["key", "round_robin", "{ field: <name> }"])
    diagnostics.error(node.position, "\(what): unknown \"partition\" \(Suggestions.quoted(text))\(hint)")
    return nil
  }
}
