import CMillrace

extension RecordBatch {
  /// The same rows with strings and bytes as views into this batch's data, which they keep alive. `producer`: this
  /// batch's, and the batch has been checked against it.
  func convertedToViews(from producer: ProducerSchema) -> RecordBatch {
    var columns = OwnedArray()
    columns.add(nil)
    for (index, field) in producer.schema.fields.enumerated() {
      columns.add(child: viewed(column(index).pointee, field.type, producer.layouts[index], keeping: self))
    }
    return RecordBatch(
      columns: columns.finish(length: rowCount, nullCount: 0), eventTimes: eventTimes, rowKinds: rowKinds, keeping: self
    )
  }
}

/// `array` in the layout that Millrace carries.
private func viewed(
  _ array: ArrowArray, _ type: DataType, _ layout: ColumnLayout, keeping parent: RecordBatch
) -> ArrowArray {
  var target = OwnedArray()
  target.keep(parent)
  if type.isView && layout.strings != .views {
    let skipped = array.length == 0 ? 0 : Int(array.offset) & 7
    target.add(array.buffers[0].map { $0 + (Int(array.offset) >> 3) })
    switch layout.strings {
    case .offsets64: addViews(array, Int64.self, skipped: skipped, to: &target)
    default: addViews(array, Int32.self, skipped: skipped, to: &target)
    }
    return target.finish(length: Int(array.length), nullCount: Int(array.null_count), offset: skipped)
  }
  for index in 0..<Int(array.n_buffers) { target.add(array.buffers[index]) }
  for (index, field) in type.childFields.enumerated() {
    target.add(child: viewed(array.children[index]!.pointee, field.type, layout.children[index], keeping: parent))
  }
  return target.finish(length: Int(array.length), nullCount: Int(array.null_count), offset: Int(array.offset))
}

/// Adds the buffers of views, data and sizes. The first `skipped` views stand for rows that the validity bitmap,
/// which starts at a whole byte, has before the array's first.
private func addViews<Offset: FixedWidthInteger & BitwiseCopyable>(
  _ array: ArrowArray, _ type: Offset.Type, skipped: Int, to target: inout OwnedArray
) {
  let count = Int(array.length)
  let views = target.allocate(UInt8.self, count: (skipped + count) * 16)
  views.update(repeating: 0, count: (skipped + count) * 16)
  let sizes = target.allocate(Int64.self, count: 1)
  target.add(views)
  sizes[0] = 0
  if count > 0, let base = array.buffers[1] {
    let offsets = base + Int(array.offset) * MemoryLayout<Offset>.size
    func offset(_ row: Int) -> Int {
      Int(offsets.loadUnaligned(fromByteOffset: row * MemoryLayout<Offset>.size, as: type))
    }
    let first = offset(0)
    if let data = array.buffers[2].map({ $0 + first }) {
      sizes[0] = Int64(offset(count) - first)
      let column = ColumnView(array)
      for row in 0..<count where column.isValid(row) {
        let start = offset(row) - first
        writeView(views + (skipped + row) * 16, data, start: start, size: offset(row + 1) - first - start)
      }
      target.add(data)
    }
  }
  target.add(sizes)
}

/// Writes the view of `size` bytes that begin at `start` in data buffer 0.
@inline(__always)
func writeView(_ target: UnsafeMutablePointer<UInt8>, _ data: UnsafeRawPointer, start: Int, size: Int) {
  let view = UnsafeMutableRawPointer(target)
  view.storeBytes(of: Int32(truncatingIfNeeded: size), as: Int32.self)
  guard size > 12 else {
    (view + 4).copyMemory(from: data + start, byteCount: size)
    return
  }
  (view + 4).copyMemory(from: data + start, byteCount: 4)
  view.storeBytes(of: Int32(truncatingIfNeeded: start), toByteOffset: 12, as: Int32.self)
}
