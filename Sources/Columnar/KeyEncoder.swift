import CMillrace

/// The keys of a batch: canonical bytes and their hashes. Valid until the encoder's next call.
package struct EncodedKeys {
  /// Rows.
  package var count: Int
  /// The key of row i is `bytes[offsets[i]..<offsets[i + 1]]`.
  package var bytes: UnsafePointer<UInt8>
  package var offsets: UnsafePointer<UInt32>
  /// `keyHash` of each key.
  package var hashes: UnsafePointer<UInt64>
  /// Bytes of each key if all have the same; 0 if they vary.
  package var fixedWidth: Int

  package init(
    count: Int, bytes: UnsafePointer<UInt8>, offsets: UnsafePointer<UInt32>, hashes: UnsafePointer<UInt64>,
    fixedWidth: Int
  ) {
    self.count = count
    self.bytes = bytes
    self.offsets = offsets
    self.hashes = hashes
    self.fixedWidth = fixedWidth
  }
}

/// A column that keys can't be made of.
package struct KeyError: Error, CustomStringConvertible {
  package var description: String
}

/// Encodes key columns. Canonical bytes, by column: one byte 0 (null) or 1 if the field is nullable; then, unless
/// null, the value, little-endian at its width; strings and bytes as they are, after their length as uint32 unless
/// they are the key's last column. One instance per worker; buffers are reused.
package final class KeyEncoder {
  private struct Column {
    var index: Int
    var type: DataType
    var nullable: Bool
    var isLast: Bool
  }
  private let columns: [Column]
  private let fixedWidth: Int
  private var bytes = GrowableBuffer<UInt8>()
  private var offsets = GrowableBuffer<UInt32>()
  private var hashes = GrowableBuffer<UInt64>()

  /// Throws `KeyError` if a column's type can't be part of a key.
  package init(schema: Schema, keyColumns: [Int]) throws {
    columns = try keyColumns.enumerated().map { place, index in
      let field = schema.fields[index]
      guard field.type.byteWidth != nil || field.type.isView || field.type == .bool else {
        throw KeyError(description: "field \"\(field.name)\" of type \(field.type) can't be part of a key")
      }
      return Column(
        index: index, type: field.type, nullable: field.nullable, isLast: place == keyColumns.count - 1)
    }
    let fixed = columns.allSatisfy { !$0.nullable && !$0.type.isView }
    fixedWidth = fixed ? columns.reduce(0) { $0 + ($1.type.byteWidth ?? 1) } : 0
  }

  /// Encodes the keys of all rows.
  package func encode(_ batch: RecordBatch) -> EncodedKeys {
    let count = batch.rowCount
    offsets.reserve(count + 1)
    hashes.reserve(count)
    if columns.count == 1, fixedWidth == 8 {
      encodeSingleWord(batch, count)
    } else if columns.count == 1, columns[0].type.isView, !columns[0].nullable {
      encodeSingleView(batch, count)
    } else {
      encodeGeneral(batch, count)
    }
    return EncodedKeys(
      count: count, bytes: UnsafePointer(bytes.base), offsets: UnsafePointer(offsets.base),
      hashes: UnsafePointer(hashes.base), fixedWidth: fixedWidth)
  }

  private func encodeSingleWord(_ batch: RecordBatch, _ count: Int) {
    let view = ColumnView(batch.column(columns[0].index).pointee)
    bytes.reserve(count * 8)
    offsets.base[count] = UInt32(truncatingIfNeeded: count &* 8)
    guard let values = view.values else { return }
    let source = values + view.offset * 8
    let target = UnsafeMutableRawPointer(bytes.base)
    for row in 0..<count {
      let word = source.loadUnaligned(fromByteOffset: row &* 8, as: UInt64.self)
      target.storeBytes(of: word, toByteOffset: row &* 8, as: UInt64.self)
      offsets.base[row] = UInt32(truncatingIfNeeded: row &* 8)
      hashes.base[row] = keyHash(word: word)
    }
  }

  private func encodeSingleView(_ batch: RecordBatch, _ count: Int) {
    let array = batch.column(columns[0].index).pointee
    let views = Views(array)
    var end = 0
    for row in 0..<count {
      let (start, size) = views[row]
      bytes.grow(used: end, more: size)
      (bytes.base + end).update(from: start, count: size)
      offsets.base[row] = UInt32(truncatingIfNeeded: end)
      hashes.base[row] = keyHash(start, size)
      end += size
    }
    offsets.base[count] = UInt32(truncatingIfNeeded: end)
  }

  private func encodeGeneral(_ batch: RecordBatch, _ count: Int) {
    let arrays = columns.map { batch.column($0.index).pointee }
    var end = 0
    for row in 0..<count {
      offsets.base[row] = UInt32(truncatingIfNeeded: end)
      for (column, array) in zip(columns, arrays) { end = append(column, array, row, at: end) }
      let start = Int(offsets.base[row])
      hashes.base[row] = keyHash(bytes.base + start, end - start)
    }
    offsets.base[count] = UInt32(truncatingIfNeeded: end)
  }

  private func append(_ column: Column, _ array: ArrowArray, _ row: Int, at position: Int) -> Int {
    var end = position
    let view = ColumnView(array)
    if column.nullable {
      let valid = view.isValid(row)
      bytes.grow(used: end, more: 1)
      bytes.base[end] = valid ? 1 : 0
      end += 1
      if !valid { return end }
    }
    if column.type.isView {
      let (start, size) = Views(array)[row]
      bytes.grow(used: end, more: size + 4)
      if !column.isLast {
        UnsafeMutableRawPointer(bytes.base + end).storeBytes(of: UInt32(size).littleEndian, as: UInt32.self)
        end += 4
      }
      (bytes.base + end).update(from: start, count: size)
      return end + size
    }
    guard let values = view.values?.assumingMemoryBound(to: UInt8.self) else { return end }
    guard let width = column.type.byteWidth else {
      let bit = view.offset + row
      bytes.grow(used: end, more: 1)
      bytes.base[end] = values[bit >> 3] >> UInt8(bit & 7) & 1
      return end + 1
    }
    bytes.grow(used: end, more: width)
    (bytes.base + end).update(from: values + (view.offset + row) * width, count: width)
    return end + width
  }
}

/// The strings or bytes of a view column.
package struct Views {
  private let views: UnsafeRawPointer?
  private let buffers: UnsafeMutablePointer<UnsafeRawPointer?>

  /// `array`: of format "vu" or "vz", checked as by `RecordBatch.checked(against:)`; it must outlive this.
  package init(_ array: ArrowArray) {
    // A batch without rows need not have the buffer; then there is nothing to read.
    views = array.buffers[1].map { $0 + Int(array.offset) * 16 }
    buffers = array.buffers
  }

  /// Where row `row`'s bytes are, and how many. The row must not be null.
  @inline(__always)
  package subscript(row: Int) -> (start: UnsafePointer<UInt8>, size: Int) {
    let view = views.unsafelyUnwrapped + row * 16
    let size = Int(view.loadUnaligned(as: Int32.self))
    if size <= 12 { return ((view + 4).assumingMemoryBound(to: UInt8.self), size) }
    let buffer = Int(view.loadUnaligned(fromByteOffset: 8, as: Int32.self))
    let offset = Int(view.loadUnaligned(fromByteOffset: 12, as: Int32.self))
    return ((buffers[2 + buffer].unsafelyUnwrapped + offset).assumingMemoryBound(to: UInt8.self), size)
  }
}

/// Memory that grows and is never given back before its owner goes.
final class GrowableBuffer<Element: BitwiseCopyable> {
  private(set) var base: UnsafeMutablePointer<Element>
  private var capacity: Int

  init(capacity: Int = 64) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  /// Room for `count` elements; what was there may be lost.
  func reserve(_ count: Int) {
    guard count > capacity else { return }
    base.deallocate()
    capacity = max(count, capacity * 2)
    base = .allocate(capacity: capacity)
  }

  /// Room for `more` elements after the first `used`, which stay.
  func grow(used: Int, more: Int) {
    guard used + more > capacity else { return }
    let old = base
    capacity = max(used + more, capacity * 2)
    base = .allocate(capacity: capacity)
    base.update(from: old, count: used)
    old.deallocate()
  }
}
