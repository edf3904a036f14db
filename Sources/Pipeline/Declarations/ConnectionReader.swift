/// Reads `connections`.
struct ConnectionReader {
  /// Properties that the engine sets itself, with the reason.
  private static let owned: [String: String] = [
    "transactional.id": "the engine makes transactional ids from the job's name",
    "group.id": "the engine uses the job's name",
    "enable.auto.commit": "the engine commits offsets with checkpoints",
    "enable.auto.offset.store": "the engine commits offsets with checkpoints",
    "enable.idempotence": "the engine sets it",
    "auto.offset.reset": "use `start` of the step",
  ]
  let diagnostics: Diagnostics
  let values: PropertyReader

  func connections(_ node: YamlNode?) -> [String: Connection] {
    guard let node else { return [:] }
    guard case .mapping(let entries) = node.content else {
      diagnostics.error(node.position, "connections: expected a mapping of names, found \(node.described)")
      return [:]
    }
    var connections: [String: Connection] = [:]
    for entry in entries { connections[entry.key.value] = connection(entry) }
    return connections
  }

  private func connection(_ entry: YamlNode.Entry) -> Connection {
    let what = "connection \(Suggestions.quoted(entry.key.value))"
    var connection = Connection(name: entry.key.value, properties: [])
    guard case .mapping(let properties) = entry.value.content else {
      diagnostics.error(entry.value.position, "\(what): expected a mapping, found \(entry.value.described)")
      return connection
    }
    for property in properties {
      if let reason = Self.owned[property.key.value] {
        diagnostics.error(property.key.position, "\(what): \"\(property.key.value)\" can't be set: \(reason)")
      } else if case .scalar(let text, _) = property.value.content, !property.value.isNull {
        guard let value = values.value(text, of: property.key.value, at: property.value.position, what) else {
          continue
        }
        connection.properties.append(.init(name: property.key.value, value: value, position: property.key.position))
      } else {
        let name = Suggestions.quoted(property.key.value)
        diagnostics.error(
          property.value.position, "\(what): \(name) expects a text, found \(property.value.described)")
      }
    }
    let needed = ["bootstrap.servers", "metadata.broker.list", Connection.url]
    if !properties.contains(where: { needed.contains($0.key.value) }) {
      let example = "bootstrap.servers: \"127.0.0.1:9092\""
      diagnostics.error(
        entry.key.position, "\(what): missing key \"bootstrap.servers\"; write, say, `\(example)`")
    }
    return connection
  }
}
