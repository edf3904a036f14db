import CMillrace

/// How a producer lays the strings and bytes of a column out: `DataType` says what they are, not how they lie.
package enum StringLayout: Hashable, Sendable {
  /// Arrow's views ("vu", "vz"): what Millrace carries.
  case views
  /// 32-bit offsets into one data buffer ("u", "z").
  case offsets32
  /// 64-bit offsets into one data buffer ("U", "Z").
  case offsets64

  init(format: String) {
    switch format {
    case "u", "z": self = .offsets32
    case "U", "Z": self = .offsets64
    default: self = .views
    }
  }
}

/// The layout of a column and of what is nested in it.
package struct ColumnLayout: Hashable, Sendable {
  /// Of the column's own values; without meaning unless they are strings or bytes.
  package var strings: StringLayout
  /// Of the children, as many as the type has.
  package var children: [ColumnLayout]

  package init(strings: StringLayout = .views, children: [ColumnLayout] = []) {
    self.strings = strings
    self.children = children
  }

  /// What Millrace carries `type` in: views throughout.
  package init(carrying type: DataType) {
    self.init(children: type.childFields.map { ColumnLayout(carrying: $0.type) })
  }

  /// The layout that a schema in Arrow's C form declares; one that `Field(importing:)` took.
  init(importing schema: UnsafePointer<ArrowSchema>) {
    let children = (0..<Int(schema.pointee.n_children)).compactMap { schema.pointee.children[$0] }
    self.init(
      strings: StringLayout(format: schema.pointee.format.map { String(cString: $0) } ?? ""),
      children: children.map { ColumnLayout(importing: $0) })
  }

  /// Whether a column of this layout is carried as it is.
  var isCarried: Bool { strings == .views && children.allSatisfy(\.isCarried) }
}

/// A schema as the producer of batches declared it: the types, and how strings lie in what it will hand over. Batches
/// come in by `RecordBatch.admitted(as:)`.
package struct ProducerSchema: Hashable, Sendable {
  package let schema: Schema
  /// Of each field.
  package let layouts: [ColumnLayout]
  /// Whether the producer makes views throughout, so that nothing needs to be converted.
  package let isCarried: Bool

  /// Of a producer that makes views throughout.
  package init(_ schema: Schema) {
    self.init(schema, layouts: schema.fields.map { ColumnLayout(carrying: $0.type) })
  }

  /// `layouts`: one of each field.
  init(_ schema: Schema, layouts: [ColumnLayout]) {
    self.schema = schema
    self.layouts = layouts
    isCarried = layouts.allSatisfy(\.isCarried)
  }

  /// Copies a struct type ("+s") from Arrow's C form; does not release it. Throws `SchemaError`.
  package init(importing schema: UnsafePointer<ArrowSchema>) throws {
    self.init(try Schema(importing: schema), layouts: ColumnLayout(importing: schema).children)
  }
}
