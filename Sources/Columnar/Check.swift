import CMillrace

/// A batch from a plugin that is not what it should be.
package struct BatchError: Error, CustomStringConvertible {
  package var description: String
}

extension RecordBatch {
  /// This batch, if it is one of `schema` with strings and bytes as views. Everything that the host and later plugins
  /// find their way by is checked, row by row: lengths, buffers, validity bitmaps, views, offsets. What the C data
  /// interface does not tell can't be: whether a buffer is as long as its array's length wants, and for the offset
  /// layouts how many bytes there are. Rows in `excused` may hold nulls where the schema has none. Throws `BatchError`.
  package func checked(against schema: Schema, excused: [Int] = []) throws -> RecordBatch {
    try check(ProducerSchema(schema), excused: excused)
    measure(schema)
    return self
  }

  /// This batch as Millrace carries it, if it is one of `producer`: checked as by `checked(against:)`, then offset
  /// layouts brought to views, which point into the producer's own bytes and keep them alive. Throws `BatchError`.
  package func admitted(as producer: ProducerSchema) throws -> RecordBatch {
    try check(producer, excused: [])
    let carried = producer.isCarried ? self : convertedToViews(from: producer)
    carried.measure(producer.schema)
    return carried
  }

  private func check(_ producer: ProducerSchema, excused: [Int]) throws {
    let columns = raw.pointee.columns
    try checkFrame(columns, producer.schema)
    for (index, field) in producer.schema.fields.enumerated() {
      guard let child = columns.children[index] else {
        throw BatchError(description: "column \"\(field.name)\" is NULL")
      }
      let check = ArrayCheck(child.pointee, field, producer.layouts[index])
      try check.run(rows: columns.length)
      if !field.nullable { try check.refuseNulls(rows: rowCount, excused: excused) }
    }
  }

  private func checkFrame(_ columns: ArrowArray, _ schema: Schema) throws {
    guard raw.pointee.release != nil else { throw BatchError(description: "a batch was released before it came") }
    guard Int(raw.pointee.struct_size) >= MemoryLayout<mill_batch>.size else {
      throw BatchError(
        description: "a batch says it has \(raw.pointee.struct_size) bytes: set struct_size to sizeof(mill_batch)")
    }
    guard columns.length >= 0, columns.length <= Int64(Int32.max), columns.offset == 0 else {
      throw BatchError(description: "a batch has \(columns.length) rows from offset \(columns.offset)")
    }
    guard columns.null_count <= 0 || columns.n_buffers == 0 || columns.buffers?[0] == nil else {
      throw BatchError(description: "a batch has \(columns.null_count) null rows: only columns can hold nulls")
    }
    guard columns.n_children == Int64(schema.fields.count), schema.fields.isEmpty || columns.children != nil else {
      throw BatchError(description: "a batch has \(columns.n_children) columns, its schema \(schema.fields.count)")
    }
    try checkKinds()
  }

  private func checkKinds() throws {
    guard let kinds = rowKinds else { return }
    for row in 0..<rowCount where kinds[row] > UInt8(MILL_ROW_DELETE) {
      throw BatchError(description: "row \(row) of a batch has row kind \(kinds[row]), which is none")
    }
  }
}
