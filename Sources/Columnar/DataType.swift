/// Units of times, coarsest first.
package enum TimeUnit: String, Hashable, Sendable, CaseIterable {
  case second = "s"
  case millisecond = "ms"
  case microsecond = "us"
  case nanosecond = "ns"

  /// Arrow's letter for the unit.
  var letter: Character {
    switch self {
    case .second: "s"
    case .millisecond: "m"
    case .microsecond: "u"
    case .nanosecond: "n"
    }
  }
}

/// The type of a column: those of Arrow that Millrace carries. Text form (`description` and `init(parsing:)`):
/// `int32`, `timestamp[us, UTC]`, `decimal128(38, 9)`, `list<int32?>`, `struct<a: int32, b: utf8?>`,
/// `map<utf8, int64>`, `fixed_size_binary(3)`; a `?` after a type makes it nullable.
package indirect enum DataType: Hashable, Sendable {
  case bool
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case float32, float64
  case utf8, binary
  case fixedSizeBinary(Int)
  case date32, date64
  case time32(TimeUnit), time64(TimeUnit)
  case timestamp(TimeUnit, zone: String?)
  case decimal128(precision: Int, scale: Int)
  case list(Field)
  case structure([Field])
  case map(key: Field, value: Field)

  /// Bytes of one value in its buffer; nil where values have no fixed width (bool, views, nested types).
  package var byteWidth: Int? {
    switch self {
    case .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32, .date32, .time32: 4
    case .int64, .uint64, .float64, .date64, .time64, .timestamp: 8
    case .decimal128: 16
    case .fixedSizeBinary(let width): width
    case .bool, .utf8, .binary, .list, .structure, .map: nil
    }
  }

  /// Whether there is a decimal128 of `precision` digits, `scale` of them after the point (negative: zeros before it).
  static func isDecimal(precision: Int, scale: Int) -> Bool {
    (1...38).contains(precision) && (-38...precision).contains(scale)
  }

  /// Whether values are views into data buffers.
  package var isView: Bool { self == .utf8 || self == .binary }
}

/// A named column.
package struct Field: Hashable, Sendable {
  package var name: String
  package var type: DataType
  package var nullable: Bool

  package init(_ name: String, _ type: DataType, nullable: Bool = false) {
    self.name = name
    self.type = type
    self.nullable = nullable
  }
}

extension DataType: CustomStringConvertible {
  package var description: String {
    switch self {
    case .bool: "bool"
    case .int8: "int8"
    case .int16: "int16"
    case .int32: "int32"
    case .int64: "int64"
    case .uint8: "uint8"
    case .uint16: "uint16"
    case .uint32: "uint32"
    case .uint64: "uint64"
    case .float32: "float32"
    case .float64: "float64"
    case .utf8: "utf8"
    case .binary: "binary"
    case .fixedSizeBinary(let width): "fixed_size_binary(\(width))"
    case .date32: "date32"
    case .date64: "date64"
    case .time32(let unit): "time32[\(unit.rawValue)]"
    case .time64(let unit): "time64[\(unit.rawValue)]"
    case .timestamp(let unit, let zone): "timestamp[\(unit.rawValue)\(zone.map { ", \($0)" } ?? "")]"
    case .decimal128(let precision, let scale): "decimal128(\(precision), \(scale))"
    case .list(let item): "list<\(item.typeText)>"
    case .structure(let fields): "struct<\(fields.map(\.description).joined(separator: ", "))>"
    case .map(let key, let value): "map<\(key.typeText), \(value.typeText)>"
    }
  }
}

extension Field: CustomStringConvertible {
  /// The type with its `?`.
  package var typeText: String { "\(type)\(nullable ? "?" : "")" }
  package var description: String { "\(name): \(typeText)" }
}
