import Columnar

extension PlanBuilder {
  /// What of a topic's messages becomes columns of `source`, beside those that it has: what the topic names a field for
  /// that is none of them. Nil, with diagnostics, if that can't be.
  func messageColumns(_ topic: TopicDeclaration, of source: TopicSource) -> [MessageColumn]? {
    let known = source.schema
    var columns: [MessageColumn] = []
    var isRight = true
    func add(_ name: Located<String>, _ part: MessageColumn.Part, _ type: DataType, nullable: Bool = true) {
      guard known.index(of: name.value) == nil else { return }
      if columns.contains(where: { $0.field.name == name.value }) {
        isRight = false
        diagnostics.error(
          name.position,
          "topic \"\(topic.name.value)\": \(Suggestions.quoted(name.value)) would be two columns when it is read; name "
            + "different fields")
      }
      columns.append(MessageColumn(part, Field(name.value, type, nullable: nullable)))
    }
    if let name = topic.tombstoneField { add(name, .tombstone, .bool, nullable: false) }
    if let name = topic.timestampField { add(name, .timestamp, .timestamp(.millisecond, zone: "UTC")) }
    for header in topic.headers { add(header.field, .header(header.name.value), header.type) }
    if let name = topic.otherHeadersField {
      let framing = source.topics.first?.allFramingHeaders ?? []
      add(name, .otherHeaders(than: topic.headers.map(\.name.value) + framing.sorted()), .binary)
    }
    if let name = topic.tombstoneField, columns.contains(where: { $0.part == .tombstone }) {
      isRight = hasRoomForTombstones(source.valueSchema, topic, at: name.position) && isRight
    }
    return isRight ? columns : nil
  }

  private func hasRoomForTombstones(_ value: Schema, _ topic: TopicDeclaration, at position: Position) -> Bool {
    guard let field = value.fields.first(where: { !$0.nullable }) else { return true }
    diagnostics.error(
      position,
      "topic \"\(topic.name.value)\": tombstone: messages without a value have no \(Suggestions.quoted(field.name)): make "
        + "every field under `value.fields` nullable by a \"?\" behind its type")
    return false
  }
}
