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
