import Glibc

/// Writes records: unsigned integers as LEB128, bytes after their length. Its owner must `deallocate` it.
struct SnapshotWriter {
  private var output = RawVector<UInt8>(capacity: 1 << 12)
  /// Bytes written.
  private(set) var count = 0

  /// All that was written; valid until the next change.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: output.base, count: count) }
  /// Bytes of memory.
  var memoryUse: Int { output.capacity }

  func deallocate() { output.deallocate() }

  /// Bytes as they are, without their length.
  mutating func raw(_ bytes: UnsafeRawBufferPointer) {
    output.reserve(count + bytes.count)
    if let start = bytes.baseAddress { memcpy(output.base + count, start, bytes.count) }
    count += bytes.count
  }

  /// A fixed-width integer, as memory has it.
  mutating func word<Word: FixedWidthInteger & BitwiseCopyable>(_ value: Word) {
    withUnsafeBytes(of: value) { raw($0) }
  }

  /// Puts another fixed-width integer in the place of one.
  mutating func patch(at place: Int, _ value: UInt64) {
    UnsafeMutableRawPointer(output.base + place).storeBytes(of: value, as: UInt64.self)
  }

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

  /// A time to live's end: 0 for never.
  mutating func deadline(_ time_us: Int64) { integer(time_us == .max ? 0 : UInt64(max(1, time_us))) }
}

/// Reads records; nil where the bytes end early or are no integer.
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

  mutating func bytes() -> UnsafeRawBufferPointer? { integer().flatMap { take($0) } }

  /// The next `size` bytes.
  mutating func take(_ size: UInt64) -> UnsafeRawBufferPointer? {
    guard size <= UInt64(input.count - position) else { return nil }
    defer { position += Int(size) }
    return UnsafeRawBufferPointer(rebasing: input[position..<position + Int(size)])
  }

  mutating func deadline() -> Int64? {
    integer().flatMap { $0 == 0 ? .max : $0 <= UInt64(Int64.max) ? Int64($0) : nil }
  }
}
