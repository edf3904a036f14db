import CMillrace

extension RecordBatch {
  /// One column of 64-bit values, each `values[row] / divisor`; Int64.min is a null.
  package static func column(_ values: UnsafePointer<Int64>, count: Int, dividedBy divisor: Int64) -> RecordBatch {
    made(count) { column in
      let validity = Validity(count, in: column)
      let target = column.allocate(Int64.self, count: count)
      var nulls = 0
      for row in 0..<count {
        let isNull = values[row] == .min
        if isNull { validity.setNull(row) }
        nulls += isNull ? 1 : 0
        target[row] = isNull ? 0 : values[row] / divisor
      }
      column.add(validity.bits)
      column.add(target)
      return nulls
    }
  }

  /// One column of booleans.
  package static func column(count: Int, isTrue: (Int) -> Bool) -> RecordBatch {
    made(count) { column in
      let bits = Validity(count, in: column)
      for row in 0..<count where !isTrue(row) { bits.setNull(row) }
      column.add(nil)
      column.add(bits.bits)
      return 0
    }
  }

  /// One column of strings or bytes, copied: those of `spans` in `data`; a span of negative length is a null.
  package static func column(_ data: [UInt8], _ spans: [mill_span]) -> RecordBatch {
    made(spans.count) { column in
      let validity = Validity(spans.count, in: column)
      let views = column.allocate(UInt8.self, count: spans.count * 16)
      views.update(repeating: 0, count: spans.count * 16)
      let copy = column.allocate(UInt8.self, count: data.count)
      copy.update(from: data, count: data.count)
      var nulls = 0
      for (row, span) in spans.enumerated() {
        if span.length < 0 {
          validity.setNull(row)
          nulls += 1
        } else {
          writeView(views + row * 16, copy, start: Int(span.offset), size: Int(span.length))
        }
      }
      let sizes = column.allocate(Int64.self, count: 1)
      sizes[0] = Int64(data.count)
      column.add(validity.bits)
      column.add(views)
      column.add(copy)
      column.add(sizes)
      return nulls
    }
  }

  /// `fill` adds the buffers, and gives the number of nulls.
  private static func made(_ count: Int, _ fill: (inout OwnedArray) -> Int) -> RecordBatch {
    var column = OwnedArray()
    let nulls = fill(&column)
    var columns = OwnedArray()
    columns.add(nil)
    columns.add(child: column.finish(length: count, nullCount: nulls))
    return RecordBatch(
      columns: columns.finish(length: count, nullCount: 0), eventTimes: nil, rowKinds: nil, keeping: nil)
  }

  /// The same rows, with nulls in all columns of `rows`. What the columns hold is shared.
  package func withNulls(in rows: [Int]) -> RecordBatch {
    var columns = OwnedArray()
    columns.add(nil)
    for index in 0..<columnCount { columns.add(child: nulled(column(index).pointee, rows)) }
    return RecordBatch(
      columns: columns.finish(length: rowCount, nullCount: 0), eventTimes: eventTimes, rowKinds: rowKinds,
      keeping: self)
  }

  private func nulled(_ source: ArrowArray, _ rows: [Int]) -> ArrowArray {
    var target = OwnedArray()
    target.keep(self)
    let view = ColumnView(source)
    let validity = Validity(view.offset + rowCount, in: target)
    for row in 0..<rowCount where !view.isValid(row) { validity.setNull(view.offset + row) }
    for row in rows { validity.setNull(view.offset + row) }
    target.add(validity.bits)
    for index in 1..<max(1, Int(source.n_buffers)) { target.add(source.buffers[index]) }
    for index in 0..<Int(source.n_children) {
      guard var child = source.children[index]?.pointee else { continue }
      child.release = nil  // it stays this batch's
      target.add(child: child)
    }
    return target.finish(length: rowCount, nullCount: -1, offset: view.offset)
  }
}

/// A bitmap that begins as all ones.
private struct Validity {
  let bits: UnsafeMutablePointer<UInt8>

  init(_ count: Int, in array: OwnedArray) {
    let size = (count + 7) / 8
    bits = array.allocate(UInt8.self, count: size)
    bits.update(repeating: 0xff, count: size)
  }

  func setNull(_ row: Int) { bits[row >> 3] &= ~(1 << UInt8(row & 7)) }
}
