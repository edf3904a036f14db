import CMillrace

@testable import Columnar

/// Reads arrays with views into values, slow and plain, straight from Arrow's definition.
enum ArrayReader {
  static func values(_ array: ArrowArray, _ type: DataType) -> [Value] {
    (0..<Int(array.length)).map { value(array, type, row: $0) }
  }

  static func columns(_ batch: RecordBatch, _ schema: Schema) -> [[Value]] {
    schema.fields.enumerated().map { index, field in
      (0..<batch.rowCount).map { value(batch.column(index).pointee, field.type, row: $0) }
    }
  }

  private static func bit(_ buffer: UnsafeRawPointer, _ index: Int) -> Bool {
    buffer.load(fromByteOffset: index / 8, as: UInt8.self) >> UInt8(index % 8) & 1 == 1
  }

  private static func bytes(_ from: UnsafeRawPointer, _ size: Int) -> Value {
    .bytes(Array(UnsafeRawBufferPointer(start: from, count: size)))
  }

  private static func value(_ array: ArrowArray, _ type: DataType, row: Int) -> Value {
    let at = Int(array.offset) + row
    if array.null_count != 0, let validity = array.buffers[0], !bit(validity, at) { return .null }
    switch type {
    case .bool: return .bool(bit(array.buffers[1]!, at))
    case .utf8, .binary: return string(array, at)
    case .list(let item): return .items(items(array, item.type, at))
    case .map(let key, let value): return .items(items(array, .structure([key, value]), at))
    case .structure(let fields):
      return .fields(fields.enumerated().map { value(array.children[$0]!.pointee, $1.type, row: at) })
    default:
      let width = type.byteWidth!
      return bytes(array.buffers[1]! + at * width, width)
    }
  }

  private static func string(_ array: ArrowArray, _ at: Int) -> Value {
    let view = array.buffers[1]! + at * 16
    let size = Int(view.load(as: Int32.self))
    if size <= 12 { return bytes(view + 4, size) }
    let buffer = Int(view.load(fromByteOffset: 8, as: Int32.self))
    let start = Int(view.load(fromByteOffset: 12, as: Int32.self))
    let found = bytes(array.buffers[2 + buffer]! + start, size)
    precondition(found != .bytes([]) && bytes(view + 4, 4) == bytes(array.buffers[2 + buffer]! + start, 4))
    return found
  }

  private static func items(_ array: ArrowArray, _ type: DataType, _ at: Int) -> [Value] {
    let offsets = array.buffers[1]!.assumingMemoryBound(to: Int32.self)
    return (Int(offsets[at])..<Int(offsets[at + 1])).map { value(array.children[0]!.pointee, type, row: $0) }
  }
}
