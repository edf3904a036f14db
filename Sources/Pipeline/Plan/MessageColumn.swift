import Columnar

/// A column of a step that reads topics, made of what messages have beside key and value.
package struct MessageColumn: Sendable, Equatable {
  /// What of a message it is made of.
  package enum Part: Sendable, Equatable {
    /// True where a message has no value.
    case tombstone
    /// The message's timestamp; null where it has none.
    case timestamp
    /// The last header of a name; null where there is none, or one without a value.
    case header(String)
    /// All headers but those of these names, in their order, as bytes; null where there are none.
    case otherHeaders(than: [String])
  }
  package var part: Part
  package var field: Field

  package init(_ part: Part, _ field: Field) {
    self.part = part
    self.field = field
  }
}

extension TopicSource {
  /// The rows' columns: the value's, the key's, then what else of the messages is read.
  package var schema: Schema {
    Schema(valueSchema.fields + (keySchema?.fields ?? []) + messageColumns.map(\.field))
  }
}

extension Topic {
  /// The headers that are read for the schemas of messages, with or without their keys.
  package func framingHeaders(withKeys: Bool) -> [String] {
    (withKeys ? key?.registry?.framing.headerNames(.key) ?? [] : [])
      + (value.registry?.framing.headerNames(.value) ?? [])
  }
}

extension Topic {
  /// The headers that could say something of messages' schemas: they are not the rows', and must not come from elsewhere.
  package var allFramingHeaders: Set<String> {
    Set(
      (key?.registry == nil ? [] : Framing.allHeaderNames(.key))
        + (value.registry == nil ? [] : Framing.allHeaderNames(.value)))
  }
}

extension TopicSource {
  /// The headers that say schemas of the messages, each once. They are read beside those of `messageColumns`.
  package var framingHeaders: [String] {
    var names: [String] = []
    for name in topics.flatMap({ $0.framingHeaders(withKeys: keySchema != nil) }) where !names.contains(name) {
      names.append(name)
    }
    return names
  }
}

extension MessageColumn.Part: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tombstone: "whether there is no value"
    case .timestamp: "timestamp"
    case .header(let name): "header \(name)"
    case .otherHeaders: "other headers"
    }
  }
}
