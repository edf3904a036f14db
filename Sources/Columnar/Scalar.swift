/// One value, for people and tools; what it means is said by the `DataType` that goes with it. Not for the data path.
package indirect enum Scalar: Hashable, Sendable {
  case null
  case bool(Bool)
  /// Of signed integers, dates and times: the count of the type's unit.
  case integer(Int64)
  case unsigned(UInt64)
  /// Of float32 and float64.
  case float(Double)
  /// Of decimals: all digits, without the point.
  case decimal(Int128)
  /// Of utf8, binary and fixed_size_binary.
  case bytes([UInt8])
  /// Of a list its items; of a map its entries, each a structure of key and value.
  case list([Scalar])
  /// Of a struct its fields.
  case structure([Scalar])
}

extension Scalar {
  /// The value of a fixed-width type in its bytes, little-endian; of bool one byte. Nil if the bytes are no value of
  /// `type`, or it has no fixed width.
  package init?(fixedWidth bytes: UnsafeRawBufferPointer, type: DataType) {
    guard bytes.count == (type == .bool ? 1 : type.byteWidth) else { return nil }
    if case .fixedSizeBinary = type {
      self = .bytes(Array(bytes))
      return
    }
    guard let start = bytes.baseAddress else { return nil }
    func load<Integer: FixedWidthInteger & BitwiseCopyable>(_: Integer.Type) -> Integer {
      Integer(littleEndian: start.loadUnaligned(as: Integer.self))
    }
    switch type {
    case .bool:
      guard load(UInt8.self) <= 1 else { return nil }
      self = .bool(load(UInt8.self) == 1)
    case .int8: self = .integer(Int64(load(Int8.self)))
    case .int16: self = .integer(Int64(load(Int16.self)))
    case .int32, .date32, .time32: self = .integer(Int64(load(Int32.self)))
    case .int64, .date64, .time64, .timestamp: self = .integer(load(Int64.self))
    case .uint8: self = .unsigned(UInt64(load(UInt8.self)))
    case .uint16: self = .unsigned(UInt64(load(UInt16.self)))
    case .uint32: self = .unsigned(UInt64(load(UInt32.self)))
    case .uint64: self = .unsigned(load(UInt64.self))
    case .float32: self = .float(Double(Float(bitPattern: load(UInt32.self))))
    case .float64: self = .float(Double(bitPattern: load(UInt64.self)))
    case .decimal128: self = .decimal(load(Int128.self))
    case .fixedSizeBinary, .utf8, .binary, .list, .structure, .map: return nil
    }
  }

  /// The value's bytes at the width of a fixed-width type, little-endian; of bool one byte. Zeros if it is no value of
  /// `type`.
  package func fixedWidthBytes(_ type: DataType) -> [UInt8] {
    let width = type == .bool ? 1 : type.byteWidth ?? 0
    func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0.prefix(width)) }
    }
    switch (self, type) {
    case (.bool(let value), _): return [value ? 1 : 0]
    case (.integer(let value), _): return bytes(value)
    case (.unsigned(let value), _): return bytes(value)
    case (.float(let value), .float32): return bytes(Float(value).bitPattern)
    case (.float(let value), _): return bytes(value.bitPattern)
    case (.decimal(let value), _): return bytes(value)
    case (.bytes(let value), _) where value.count == width: return value
    default: return [UInt8](repeating: 0, count: width)
    }
  }
}
