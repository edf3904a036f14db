/// The values of an integer column, row by row. To be used as long as the batch lives.
package struct IntegerColumn {
  private let view: ColumnView
  private let type: DataType

  /// Column `index` of a batch that has been checked; `type`: the column's, an integer type.
  package init(_ batch: RecordBatch, _ index: Int, type: DataType) {
    view = ColumnView(batch.column(index).pointee)
    self.type = type
  }

  /// The value; nil for a null. A uint64 beyond the limits of Int64 counts as the limit.
  package subscript(row: Int) -> Int64? {
    guard view.isValid(row), let values = view.values else { return nil }
    func load<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) -> Int64 {
      let place = (view.offset + row) * MemoryLayout<Value>.size
      return Int64(clamping: values.loadUnaligned(fromByteOffset: place, as: Value.self))
    }
    switch type {
    case .int8: return load(Int8.self)
    case .int16: return load(Int16.self)
    case .int32: return load(Int32.self)
    case .int64: return load(Int64.self)
    case .uint8: return load(UInt8.self)
    case .uint16: return load(UInt16.self)
    case .uint32: return load(UInt32.self)
    case .uint64: return load(UInt64.self)
    default: return nil
    }
  }
}

/// The values of a utf8 or binary column, row by row. To be used as long as the batch lives.
package struct ViewColumn {
  private let validity: ColumnView
  private let views: Views

  /// Column `index` of a batch that has been checked.
  package init(_ batch: RecordBatch, _ index: Int) {
    let array = batch.column(index).pointee
    validity = ColumnView(array)
    views = Views(array)
  }

  /// The bytes; nil for a null.
  package subscript(row: Int) -> UnsafeBufferPointer<UInt8>? {
    guard validity.isValid(row), validity.values != nil else { return nil }
    let (start, size) = views[row]
    return UnsafeBufferPointer(start: start, count: size)
  }
}

/// The values of a bool column, row by row. To be used as long as the batch lives.
package struct BoolColumn {
  private let view: ColumnView

  /// Column `index` of a batch that has been checked.
  package init(_ batch: RecordBatch, _ index: Int) { view = ColumnView(batch.column(index).pointee) }

  /// The value; nil for a null.
  package subscript(row: Int) -> Bool? {
    guard view.isValid(row), let bits = view.values?.assumingMemoryBound(to: UInt8.self) else { return nil }
    let bit = view.offset + row
    return bits[bit >> 3] & (1 << UInt8(bit & 7)) != 0
  }
}

extension DataType {
  /// Whether values are whole numbers, signed or not.
  package var isInteger: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }
}
