import CMillrace

/// A batch from a plugin that is not what it should be.
package struct BatchError: Error, CustomStringConvertible {
  package var description: String
}

extension RecordBatch {
  /// This batch, if its shape fits `schema`: children, lengths and buffers are there. Values inside views and offsets
  /// are not looked at (`validateFully` does). Throws `BatchError`.
  package func checked(against schema: Schema) throws -> RecordBatch {
    let columns = raw.pointee.columns
    guard columns.length >= 0, columns.length <= Int64(Int32.max), columns.offset == 0 else {
      throw BatchError(description: "a batch has \(columns.length) rows from offset \(columns.offset)")
    }
    guard columns.n_children == Int64(schema.fields.count), schema.fields.isEmpty || columns.children != nil else {
      throw BatchError(description: "a batch has \(columns.n_children) columns, its schema \(schema.fields.count)")
    }
    for (index, field) in schema.fields.enumerated() {
      guard let child = columns.children[index] else { throw BatchError(description: "column \"\(field.name)\" is NULL") }
      try Self.check(child.pointee, field, rows: columns.length)
    }
    return self
  }

  private static func check(_ array: ArrowArray, _ field: Field, rows: Int64) throws {
    func fail(_ what: String) -> BatchError { BatchError(description: "column \"\(field.name)\" (\(field.type)) \(what)") }
    guard array.length >= rows, array.offset >= 0 else { throw fail("has \(array.length) rows, not \(rows)") }
    let buffers = bufferCount(field.type)
    guard array.n_buffers >= buffers, array.buffers != nil else {
      throw fail("has \(array.n_buffers) buffers, not \(buffers)")
    }
    if !field.nullable && array.null_count > 0 {
      throw fail("holds \(array.null_count) nulls, but is not nullable (\"?\")")
    }
    if rows > 0 && buffers > 1 && array.buffers[1] == nil { throw fail("lacks its values") }
    let children = field.type.childFields
    guard array.n_children == Int64(children.count), children.isEmpty || array.children != nil else {
      throw fail("has \(array.n_children) children, not \(children.count)")
    }
    for (index, child) in children.enumerated() {
      guard let pointer = array.children[index] else { throw fail("has a child that is NULL") }
      try check(pointer.pointee, child, rows: 0)
    }
  }

  private static func bufferCount(_ type: DataType) -> Int64 {
    if case .structure = type { return 1 }
    return 2
  }
}
