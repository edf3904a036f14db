extension Scalar {
  /// A text that is no value of a type.
  package struct SyntaxError: Error, CustomStringConvertible {
    /// What is wrong, and what would be right.
    package var description: String
  }

  /// Reads a value as people write it: numbers, `true` and `false`, dates and times as `text` shows them or as their
  /// count, texts as they are, bytes too or as `base64:…`, those of a fixed width filled up with zeros. Of a nullable field `null` is null, and `\null` the text.
  /// Throws `SyntaxError`; there is no text form of nested types.
  package init(parsing text: String, field: Field) throws {
    var text = text
    if field.nullable {
      if text == "null" {
        self = .null
        return
      }
      if text == "\\null" { text = "null" }
    }
    guard let value = Self.value(text, field.type) else {
      throw SyntaxError(
        description: "\(Self.quoted(text)) is no value of \(field.name), \(field.typeText): expected "
          + Self.expectation(field.type))
    }
    self = value
  }

  private static func value(_ text: String, _ type: DataType) -> Scalar? {
    switch type {
    case .bool: text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
    case .int8: Int8(text).map { .integer(Int64($0)) }
    case .int16: Int16(text).map { .integer(Int64($0)) }
    case .int32: Int32(text).map { .integer(Int64($0)) }
    case .int64: Int64(text).map { .integer($0) }
    case .uint8: UInt8(text).map { .unsigned(UInt64($0)) }
    case .uint16: UInt16(text).map { .unsigned(UInt64($0)) }
    case .uint32: UInt32(text).map { .unsigned(UInt64($0)) }
    case .uint64: UInt64(text).map { .unsigned($0) }
    case .float32: Float(text).map { .float(Double($0)) }
    case .float64: Double(text).map { .float($0) }
    case .decimal128(let precision, let scale):
      DecimalText.digits(parsing: text, precision: precision, scale: scale).map { .decimal($0) }
    case .utf8: .bytes(Array(text.utf8))
    case .binary: bytes(text).map { .bytes($0) }
    case .fixedSizeBinary(let width): fixed(text, width).map { .bytes($0) }
    case .date32, .time32: (time(text, type) ?? Int64(text)).flatMap { Int32(exactly: $0) }.map { .integer(Int64($0)) }
    case .date64, .time64, .timestamp: (time(text, type) ?? Int64(text)).map { .integer($0) }
    case .list, .structure, .map: nil
    }
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    text.hasPrefix(base64Prefix) ? Base64.bytes(String(text.dropFirst(base64Prefix.count))) : Array(text.utf8)
  }

  private static func fixed(_ text: String, _ width: Int) -> [UInt8]? {
    guard let bytes = bytes(text), bytes.count <= width else { return nil }
    return bytes + [UInt8](repeating: 0, count: width - bytes.count)
  }

  private static func time(_ text: String, _ type: DataType) -> Int64? {
    switch type {
    case .date32: TimeText.days(parsing: text)
    case .date64: TimeText.days(parsing: text).map { $0 * 86_400_000 }
    case .time32(let unit), .time64(let unit): TimeText.timeOfDay(parsing: text, unit)
    case .timestamp(let unit, _): TimeText.instant(parsing: text, unit)
    default: nil
    }
  }

  private static func expectation(_ type: DataType) -> String {
    switch type {
    case .bool: "true or false"
    case .float32, .float64: "a number"
    case .decimal128(let precision, let scale):
      "a number of \(precision) digits, up to \(max(0, scale)) after the point"
    case .date32, .date64: "a date such as 2013-01-05, or a whole number"
    case .time32, .time64: "a time such as 10:15:00, or a whole number"
    case .timestamp: "a time such as 2013-01-05T10:15:00Z, or a whole number"
    case .binary, .utf8: "a text, or base64:…"
    case .fixedSizeBinary(let width): "up to \(width) bytes, as a text or as base64:…"
    case .list, .structure, .map: "another type: this one has no text form"
    default: "a whole number in its range"
    }
  }
}
