import Glibc

/// Writes a snapshot: unsigned integers as LEB128, bytes after their length. `finish` must be called, once.
struct SnapshotWriter {
  private var output = RawVector<UInt8>(capacity: 1 << 16)
  private var count = 0

  @inline(__always)
  mutating func integer(_ value: UInt64) {
    output.reserve(count + 10)
    var rest = value
    while rest >= 0x80 {
      output.base[count] = UInt8(truncatingIfNeeded: rest) | 0x80
      count += 1
      rest >>= 7
    }
    output.base[count] = UInt8(truncatingIfNeeded: rest)
    count += 1
  }

  /// A signed integer, zigzag.
  mutating func signed(_ value: Int64) { integer(UInt64(bitPattern: value << 1 ^ value >> 63)) }

  mutating func bytes(_ bytes: UnsafeRawBufferPointer) {
    integer(UInt64(bytes.count))
    output.reserve(count + bytes.count)
    if let start = bytes.baseAddress { memcpy(output.base + count, start, bytes.count) }
    count += bytes.count
  }

  mutating func text(_ text: String) {
    var text = text
    text.withUTF8 { bytes(UnsafeRawBufferPointer($0)) }
  }

  /// All that was written; frees the writer's memory.
  consuming func finish() -> [UInt8] {
    defer { output.deallocate() }
    return [UInt8](UnsafeBufferPointer(start: output.base, count: count))
  }
}

/// Reads a snapshot; nil where the bytes end early or are no integer.
struct SnapshotReader {
  private let input: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ input: UnsafeRawBufferPointer) { self.input = input }

  var isAtEnd: Bool { position == input.count }

  mutating func integer() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < input.count, shift < 64 {
      let byte = input[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  mutating func signed() -> Int64? {
    guard let value = integer() else { return nil }
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func bytes() -> UnsafeRawBufferPointer? {
    guard let size = integer(), size <= UInt64(input.count - position) else { return nil }
    defer { position += Int(size) }
    return UnsafeRawBufferPointer(rebasing: input[position..<position + Int(size)])
  }

  mutating func text() -> String? { bytes().map { String(decoding: $0, as: UTF8.self) } }
}
