import CMillrace

/// The rows of `batch` at `indices`, in that order. Strings and bytes are not copied: the result keeps `batch` alive.
/// `indices` must be in range; `schema` is the batch's.
package func take(_ batch: RecordBatch, schema: Schema, indices: UnsafeBufferPointer<UInt32>) -> RecordBatch {
  var columns = OwnedArray()
  columns.add(nil)
  for (index, field) in schema.fields.enumerated() {
    columns.add(child: takeColumn(batch.column(index).pointee, field.type, indices, keeping: batch))
  }
  let times = batch.eventTimes.map { source in
    let target = columns.allocate(Int64.self, count: indices.count)
    for (row, index) in indices.enumerated() { target[row] = source[Int(index)] }
    return UnsafePointer(target)
  }
  let kinds = batch.rowKinds.map { source in
    let target = columns.allocate(UInt8.self, count: indices.count)
    for (row, index) in indices.enumerated() { target[row] = source[Int(index)] }
    return UnsafePointer(target)
  }
  let taken = RecordBatch(
    columns: columns.finish(length: indices.count, nullCount: 0), eventTimes: times, rowKinds: kinds, keeping: nil)
  taken.measure(schema, partOf: batch)
  return taken
}

private func takeColumn(
  _ source: ArrowArray, _ type: DataType, _ indices: UnsafeBufferPointer<UInt32>, keeping parent: RecordBatch
) -> ArrowArray {
  let view = ColumnView(source)
  var target = OwnedArray()
  let nulls = takeValidity(view, indices, into: &target)
  switch type {
  case .bool: takeBits(view, indices, into: &target)
  case .utf8, .binary:
    takeFixed(view, SIMD2<UInt64>.self, indices, into: &target)
    for index in 2..<max(2, Int(source.n_buffers)) { target.add(source.buffers[index]) }
    target.keep(parent)
  case .list(let item): takeLists(source, item.type, indices, into: &target, keeping: parent)
  case .map(let key, let value): takeLists(source, .structure([key, value]), indices, into: &target, keeping: parent)
  case .structure(let fields):
    let shifted = shift(indices, by: view.offset)
    shifted.withUnsafeBufferPointer { rows in
      for (index, field) in fields.enumerated() {
        target.add(child: takeColumn(source.children[index]!.pointee, field.type, rows, keeping: parent))
      }
    }
  default: takeWidth(view, type.byteWidth ?? 0, indices, into: &target)
  }
  return target.finish(length: indices.count, nullCount: nulls)
}

private func shift(_ indices: UnsafeBufferPointer<UInt32>, by offset: Int) -> [UInt32] {
  indices.map { $0 &+ UInt32(truncatingIfNeeded: offset) }
}

/// The validity bitmap of the taken rows; gives the number of nulls.
private func takeValidity(
  _ view: ColumnView, _ indices: UnsafeBufferPointer<UInt32>, into target: inout OwnedArray
) -> Int {
  guard view.validity != nil else {
    target.add(nil)
    return 0
  }
  let size = (indices.count + 7) / 8
  let bits = target.allocate(UInt8.self, count: size)
  bits.update(repeating: 0, count: size)
  var nulls = 0
  for (row, index) in indices.enumerated() {
    if view.isValid(Int(index)) { bits[row >> 3] |= 1 << UInt8(row & 7) } else { nulls += 1 }
  }
  target.add(bits)
  return nulls
}

private func takeBits(_ view: ColumnView, _ indices: UnsafeBufferPointer<UInt32>, into target: inout OwnedArray) {
  let size = (indices.count + 7) / 8
  let bits = target.allocate(UInt8.self, count: size)
  bits.update(repeating: 0, count: size)
  if let source = view.values?.assumingMemoryBound(to: UInt8.self) {
    for (row, index) in indices.enumerated() {
      let bit = view.offset + Int(index)
      bits[row >> 3] |= (source[bit >> 3] >> UInt8(bit & 7) & 1) << UInt8(row & 7)
    }
  }
  target.add(bits)
}

private func takeFixed<Value: BitwiseCopyable>(
  _ view: ColumnView, _ type: Value.Type, _ indices: UnsafeBufferPointer<UInt32>, into target: inout OwnedArray
) {
  let values = target.allocate(type, count: indices.count)
  let width = MemoryLayout<Value>.size
  if let source = view.values, let base = indices.baseAddress {
    // Producers align values as they like.
    let from = source + view.offset * width
    for row in 0..<indices.count {
      values[row] = from.loadUnaligned(fromByteOffset: Int(base[row]) &* width, as: type)
    }
  }
  target.add(values)
}

private func takeWidth(
  _ view: ColumnView, _ width: Int, _ indices: UnsafeBufferPointer<UInt32>, into target: inout OwnedArray
) {
  switch width {
  case 1: takeFixed(view, UInt8.self, indices, into: &target)
  case 2: takeFixed(view, UInt16.self, indices, into: &target)
  case 4: takeFixed(view, UInt32.self, indices, into: &target)
  case 8: takeFixed(view, UInt64.self, indices, into: &target)
  case 16: takeFixed(view, SIMD2<UInt64>.self, indices, into: &target)
  default:
    let values = target.allocate(UInt8.self, count: indices.count * width)
    if let source = view.values?.assumingMemoryBound(to: UInt8.self) {
      for (row, index) in indices.enumerated() {
        (values + row * width).update(from: source + (view.offset + Int(index)) * width, count: width)
      }
    }
    target.add(values)
  }
}

private func takeLists(
  _ source: ArrowArray, _ item: DataType, _ indices: UnsafeBufferPointer<UInt32>, into target: inout OwnedArray,
  keeping parent: RecordBatch
) {
  let view = ColumnView(source)
  let offsets = target.allocate(Int32.self, count: indices.count + 1)
  var items: [UInt32] = []
  offsets[0] = 0
  if let from = view.values.map({ $0 + view.offset * 4 }) {
    for (row, index) in indices.enumerated() {
      let first = from.loadUnaligned(fromByteOffset: Int(index) * 4, as: Int32.self)
      let last = from.loadUnaligned(fromByteOffset: Int(index) * 4 + 4, as: Int32.self)
      if last > first { for place in first..<last { items.append(UInt32(bitPattern: place)) } }
      offsets[row + 1] = Int32(truncatingIfNeeded: items.count)
    }
  }
  target.add(offsets)
  let child = source.children[0]!.pointee
  items.withUnsafeBufferPointer { target.add(child: takeColumn(child, item, $0, keeping: parent)) }
}
