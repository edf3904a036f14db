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

  /// The headers that are read, in the order of their columns.
  package var headers: [String] {
    messageColumns.compactMap { if case .header(let name) = $0.part { name } else { nil } }
  }
}

extension MessageColumn.Part: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tombstone: "whether there is no value"
    case .timestamp: "timestamp"
    case .header(let name): "header \(name)"
    }
  }
}
