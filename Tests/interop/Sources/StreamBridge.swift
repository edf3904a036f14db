import CMillrace
import Columnar
import Glibc

/// Imports a batch as `interop_pass` does, and gives an Arrow stream of it, as `millrace state scan` writes: each
/// `rowsPerBatch` rows a batch. `size` bytes, malloc'd, the caller's to free by `interop_free`.
@_cdecl("interop_stream")
public func stream(
  _ schema: UnsafeMutablePointer<ArrowSchema>, _ array: UnsafeMutablePointer<ArrowArray>, _ rowsPerBatch: Int64,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, _ size: UnsafeMutablePointer<Int64>,
  _ message: UnsafeMutablePointer<CChar>
) -> Int32 {
  answering(message) {
    let (batch, schema) = try admitted(schema, array)
    var bytes: [UInt8] = []
    let writer = try ArrowStreamWriter(schema.fields) { bytes += $0 }
    let rows = (0..<batch.rowCount).map { row in
      schema.fields.enumerated().map { ScalarReader.value(batch.column($0).pointee, $1.type, row: row) }
    }
    for start in stride(from: 0, to: rows.count, by: Int(rowsPerBatch)) {
      try writer.write(Array(rows[start..<min(start + Int(rowsPerBatch), rows.count)]))
    }
    try writer.finish()
    let memory = UnsafeMutableRawBufferPointer(start: malloc(bytes.count), count: bytes.count)
    memory.copyBytes(from: bytes)
    out.pointee = memory.bindMemory(to: CChar.self).baseAddress
    size.pointee = Int64(bytes.count)
  }
}

/// Values from arrays, one by one, straight from Arrow's definition.
private enum ScalarReader {
  static func value(_ array: ArrowArray, _ type: DataType, row: Int) -> Scalar {
    let at = Int(array.offset) + row
    if array.null_count != 0, let validity = array.buffers[0], !bit(validity, at) { return .null }
    switch type {
    case .bool: return .bool(bit(array.buffers[1]!, at))
    case .utf8, .binary:
      let (start, size) = Views(array)[row]
      return .bytes(Array(UnsafeBufferPointer(start: start, count: size)))
    case .list(let item): return items(array, item.type, at)
    case .map(let key, let value): return items(array, .structure([key, value]), at)
    case .structure(let fields):
      return .structure(fields.enumerated().map { value(array.children[$0]!.pointee, $1.type, row: at) })
    default:
      let width = type.byteWidth!
      return Scalar(
        fixedWidth: UnsafeRawBufferPointer(start: array.buffers[1]! + at * width, count: width), type: type)!
    }
  }

  private static func bit(_ buffer: UnsafeRawPointer, _ index: Int) -> Bool {
    buffer.load(fromByteOffset: index / 8, as: UInt8.self) >> UInt8(index % 8) & 1 == 1
  }

  private static func items(_ array: ArrowArray, _ type: DataType, _ at: Int) -> Scalar {
    let offsets = array.buffers[1]!.assumingMemoryBound(to: Int32.self)
    return .list((Int(offsets[at])..<Int(offsets[at + 1])).map { value(array.children[0]!.pointee, type, row: $0) })
  }
}
