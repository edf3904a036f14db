import CMillrace

extension RecordBatch {
  /// A batch of columns that other batches hold: nothing is copied, the result keeps them alive. All must have `rowCount`
  /// rows. Event times and row kinds are those of `times`, if given.
  package static func assembled(
    _ columns: [(batch: RecordBatch, index: Int)], rowCount: Int, times: RecordBatch? = nil
  ) -> RecordBatch {
    let parts = AssembledParts(columns, times)
    let columns = ArrowArray(
      length: Int64(rowCount), null_count: 0, offset: 0, n_buffers: 1, n_children: Int64(columns.count),
      buffers: parts.buffers, children: parts.children, dictionary: nil, release: releaseAssembled,
      private_data: nil)
    return RecordBatch(
      columns: columns, eventTimes: times?.eventTimes, rowKinds: times?.rowKinds, keeping: parts)
  }

  /// Row `row` alone, as a batch of `schema`, this batch's.
  package func single(row: Int, schema: Schema) -> RecordBatch {
    var index = UInt32(truncatingIfNeeded: row)
    return withUnsafePointer(to: &index) {
      take(self, schema: schema, indices: UnsafeBufferPointer(start: $0, count: 1))
    }
  }
}

/// What an assembled batch points to. The children belong to the batches they come from.
private final class AssembledParts {
  let children: UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>
  let buffers: UnsafeMutablePointer<UnsafeRawPointer?>
  private let kept: [RecordBatch]

  init(_ columns: [(batch: RecordBatch, index: Int)], _ times: RecordBatch?) {
    children = .allocate(capacity: max(1, columns.count))
    buffers = .allocate(capacity: 1)
    buffers.initialize(to: nil)
    for (place, column) in columns.enumerated() {
      (children + place).initialize(to: UnsafeMutablePointer(mutating: column.batch.column(column.index)))
    }
    kept = columns.map(\.batch) + (times.map { [$0] } ?? [])
  }

  deinit {
    children.deallocate()
    buffers.deallocate()
  }
}

private func releaseAssembled(_ array: UnsafeMutablePointer<ArrowArray>?) { array?.pointee.release = nil }

extension RecordBatch {
  /// A copy of one value of a utf8 or binary column (of views); nil for a null.
  package func bytes(column index: Int, row: Int) -> [UInt8]? {
    let array = column(index).pointee
    let view = ColumnView(array)
    guard view.isValid(row), view.values != nil else { return nil }
    let (start, size) = Views(array)[row]
    return Array(UnsafeBufferPointer(start: start, count: size))
  }
}
