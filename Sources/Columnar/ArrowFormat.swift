/// Arrow's format strings: https://arrow.apache.org/docs/format/CDataInterface.html#data-type-description-format-strings
extension DataType {
  /// The fields of the children that this type has in Arrow.
  var childFields: [Field] {
    switch self {
    case .list(let item): [item]
    case .structure(let fields): fields
    case .map(let key, let value): [Field("entries", .structure([key, value]))]
    default: []
    }
  }

  /// The format string; strings and bytes as views.
  var format: String {
    switch self {
    case .bool: "b"
    case .int8: "c"
    case .uint8: "C"
    case .int16: "s"
    case .uint16: "S"
    case .int32: "i"
    case .uint32: "I"
    case .int64: "l"
    case .uint64: "L"
    case .float32: "f"
    case .float64: "g"
    case .utf8: "vu"
    case .binary: "vz"
    case .fixedSizeBinary(let width): "w:\(width)"
    case .date32: "tdD"
    case .date64: "tdm"
    case .time32(let unit), .time64(let unit): "tt\(unit.letter)"
    case .timestamp(let unit, let zone): "ts\(unit.letter):\(zone ?? "")"
    case .decimal128(let precision, let scale): "d:\(precision),\(scale)"
    case .list: "+l"
    case .structure: "+s"
    case .map: "+m"
    }
  }

  /// The type that a format string stands for; nil if Millrace does not carry it. Offset layouts count as the same
  /// type: `ProducerSchema` keeps them, and `RecordBatch.admitted(as:)` brings batches to views.
  init?(format: String, children: [Field]) {
    if let simple = Self.byFormat[format] {
      self = simple
      return
    }
    switch format.prefix(2) {
    case "w:":
      guard let width = Int(format.dropFirst(2)), width >= 0, width <= 1 << 30 else { return nil }
      self = .fixedSizeBinary(width)
    case "d:":
      let numbers = format.dropFirst(2).split(separator: ",").map { Int($0) }
      guard numbers.count == 2 || (numbers.count == 3 && numbers[2] == 128), let precision = numbers[0],
        let scale = numbers[1], Self.isDecimal(precision: precision, scale: scale)
      else { return nil }
      self = .decimal128(precision: precision, scale: scale)
    case "ts":
      let rest = format.dropFirst(2)
      guard let unit = TimeUnit.allCases.first(where: { $0.letter == rest.first }), rest.dropFirst().first == ":" else {
        return nil
      }
      let zone = String(rest.dropFirst(2))
      self = .timestamp(unit, zone: zone.isEmpty ? nil : zone)
    case "+l":
      guard children.count == 1 else { return nil }
      self = .list(children[0])
    case "+s": self = .structure(children)
    case "+m":
      guard children.count == 1, case .structure(let entry) = children[0].type, entry.count == 2 else { return nil }
      self = .map(key: entry[0], value: entry[1])
    default: return nil
    }
  }

  private static let byFormat: [String: DataType] = [
    "b": .bool, "c": .int8, "C": .uint8, "s": .int16, "S": .uint16, "i": .int32, "I": .uint32, "l": .int64,
    "L": .uint64, "f": .float32, "g": .float64, "u": .utf8, "U": .utf8, "vu": .utf8, "z": .binary, "Z": .binary,
    "vz": .binary, "tdD": .date32, "tdm": .date64, "tts": .time32(.second), "ttm": .time32(.millisecond),
    "ttu": .time64(.microsecond), "ttn": .time64(.nanosecond),
  ]
}
