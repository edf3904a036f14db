import CMillrace
import Columnar

/// Values as text, read from arrays as Arrow's definition says: `-` for null, `t` and `f`, the bytes of other values
/// in hexadecimal after an `x`, `[a,b]` for lists, `(a,b)` for structs and for the entries of maps.
enum ValueText {
  static func text(_ array: ArrowArray, _ type: DataType, row: Int) -> String {
    let at = Int(array.offset) + row
    if array.null_count != 0, let validity = array.buffers[0], !bit(validity, at) { return "-" }
    switch type {
    case .bool: return bit(array.buffers[1]!, at) ? "t" : "f"
    case .utf8, .binary:
      let (start, size) = Views(array)[row]
      return hexadecimal(UnsafeBufferPointer(start: start, count: size))
    case .list(let item): return items(array, item.type, at)
    case .map(let key, let value): return items(array, .structure([key, value]), at)
    case .structure(let fields):
      let parts = fields.enumerated().map { text(array.children[$0]!.pointee, $1.type, row: at) }
      return "(\(parts.joined(separator: ",")))"
    default:
      let width = type.byteWidth!
      let start = (array.buffers[1]! + at * width).assumingMemoryBound(to: UInt8.self)
      return hexadecimal(UnsafeBufferPointer(start: start, count: width))
    }
  }

  private static func bit(_ buffer: UnsafeRawPointer, _ index: Int) -> Bool {
    buffer.load(fromByteOffset: index / 8, as: UInt8.self) >> UInt8(index % 8) & 1 == 1
  }

  private static func hexadecimal(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    return "x" + String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  private static func items(_ array: ArrowArray, _ type: DataType, _ at: Int) -> String {
    let offsets = array.buffers[1]!.assumingMemoryBound(to: Int32.self)
    let items = (Int(offsets[at])..<Int(offsets[at + 1])).map { text(array.children[0]!.pointee, type, row: $0) }
    return "[\(items.joined(separator: ","))]"
  }
}
