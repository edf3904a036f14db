/// Values as text. Numbers and times read as people write them; what is in bytes reads as text if it is one.
extension Scalar {
  /// For a table: `-` for null, texts as they are but for control characters, other bytes as `base64:…`, what is
  /// nested as JSON.
  package func text(_ type: DataType) -> String {
    switch self {
    case .null: return "-"
    case .bytes(let bytes):
      return Self.plainText(bytes, type).map(Self.escapingControls) ?? Self.base64Prefix + Base64.text(bytes)
    case .list, .structure: return json(type)
    default: return unquoted(type)
    }
  }

  static let base64Prefix = "base64:"

  /// As JSON: times, decimals and floats that are no number as strings, bytes that are no text as
  /// `{"base64": "…"}`, maps as arrays of `{"key": …, "value": …}`.
  package func json(_ type: DataType) -> String {
    var output = ""
    writeJSON(type, to: &output)
    return output
  }

  /// Adds the value as JSON.
  package func writeJSON(_ type: DataType, to output: inout String) {
    switch self {
    case .null: output += "null"
    case .bool, .unsigned: output += unquoted(type)
    case .integer: output += type.isTime ? Self.quoted(unquoted(type)) : unquoted(type)
    case .float(let value): output += value.isFinite ? unquoted(type) : Self.quoted(unquoted(type))
    case .decimal: output += Self.quoted(unquoted(type))
    case .bytes(let bytes):
      output += Self.plainText(bytes, type).map(Self.quoted) ?? "{\"base64\":\"\(Base64.text(bytes))\"}"
    case .list(let items): Self.write(items.map { ("", $0) }, type.itemTypes, "[", "]", to: &output)
    case .structure(let fields):
      guard case .structure(let own) = type else { return output += "null" }
      Self.write(zip(own, fields).map { ("\(Self.quoted($0.name)):", $1) }, own.map(\.type), "{", "}", to: &output)
    }
  }

  private static func write(
    _ items: [(name: String, value: Scalar)], _ types: [DataType], _ open: String, _ close: String,
    to output: inout String
  ) {
    output += open
    for (index, item) in items.enumerated() {
      if index > 0 { output += "," }
      output += item.name
      item.value.writeJSON(types[min(index, types.count - 1)], to: &output)
    }
    output += close
  }

  /// A number, date or time.
  private func unquoted(_ type: DataType) -> String {
    switch self {
    case .bool(let value): return value ? "true" : "false"
    case .unsigned(let value): return String(value)
    case .integer(let value): return Self.timeText(value, type) ?? String(value)
    case .float(let value): return type == .float32 ? Float(value).description : value.description
    case .decimal(let digits):
      guard case .decimal128(_, let scale) = type else { return "\(digits)" }
      return DecimalText.text(digits, scale: scale)
    case .null, .bytes, .list, .structure: return ""
    }
  }

  private static func timeText(_ value: Int64, _ type: DataType) -> String? {
    switch type {
    case .date32: TimeText.date(days: value)
    case .date64: value % 86_400_000 == 0 ? TimeText.date(days: value / 86_400_000) : nil
    case .time32(let unit), .time64(let unit): TimeText.timeOfDay(value, unit)
    case .timestamp(let unit, let zone): TimeText.instant(value, unit).map { $0 + (zone == nil ? "" : "Z") }
    default: nil
    }
  }

  /// The text that bytes are; nil if they are none. Of bytes of type utf8 that is what they should be; others are
  /// taken for a text only without control characters, which numbers have. Of a fixed width, zeros at the end fill up.
  private static func plainText(_ bytes: [UInt8], _ type: DataType) -> String? {
    var bytes = bytes[...]
    if case .fixedSizeBinary = type { while bytes.last == 0 { bytes.removeLast() } }
    guard type == .utf8 || bytes.allSatisfy({ $0 >= 32 && $0 != 127 }) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func escapingControls(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: \.isControl) else { return text }
    var output = ""
    for scalar in text.unicodeScalars {
      if scalar.isControl { output += escape(scalar) } else { output.unicodeScalars.append(scalar) }
    }
    return output
  }

  /// `text` as a JSON string.
  package static func quoted(_ text: String) -> String {
    var output = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case _ where scalar.isControl: output += escape(scalar)
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output + "\""
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": return "\\n"
    case "\t": return "\\t"
    case "\r": return "\\r"
    default:
      let digits = String(scalar.value, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }
}

extension Unicode.Scalar {
  /// Whether a terminal could take it for a command.
  fileprivate var isControl: Bool { value < 32 || (127...159).contains(value) }
}

extension DataType {
  fileprivate var isTime: Bool {
    switch self {
    case .date32, .date64, .time32, .time64, .timestamp: true
    default: false
    }
  }

  /// The type of a list's items, or a map's entries.
  fileprivate var itemTypes: [DataType] {
    switch self {
    case .list(let item): [item.type]
    case .map(let key, let value): [.structure([Field("key", key.type), Field("value", value.type)])]
    default: [.binary]
    }
  }
}

/// Decimals as text.
enum DecimalText {
  static func text(_ digits: Int128, scale: Int) -> String {
    let sign = digits < 0 ? "-" : ""
    var text = String(digits.magnitude)
    if scale <= 0 { return digits == 0 ? "0" : sign + text + String(repeating: "0", count: -scale) }
    if text.count <= scale { text = String(repeating: "0", count: scale + 1 - text.count) + text }
    return "\(sign)\(text.dropLast(scale)).\(text.suffix(scale))"
  }

  /// The digits of a number with up to `scale` digits after the point and `precision` in all.
  static func digits(parsing text: String, precision: Int, scale: Int) -> Int128? {
    let body = Substring(text.hasPrefix("-") ? text.dropFirst() : text[...])
    let parts = body.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
    let after = parts.count > 1 ? parts[1] : ""
    guard !parts[0].isEmpty, parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
      after.count <= max(0, scale)
    else { return nil }
    var digits = parts[0] + after + String(repeating: "0", count: max(0, scale) - after.count)
    if scale < 0 {
      guard digits.suffix(-scale).allSatisfy({ $0 == "0" }) else { return nil }
      digits = String(digits.dropLast(-scale))
    }
    digits = String(digits.drop(while: { $0 == "0" }))
    guard digits.count <= precision, let value = Int128(digits.isEmpty ? "0" : digits) else { return nil }
    return text.hasPrefix("-") ? -value : value
  }
}

/// Base64 (RFC 4648, with padding).
enum Base64 {
  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func text(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        output.append(place <= group.count ? letters[Int(word >> UInt32(18 - 6 * place) & 63)] : 61)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// The bytes of a text; nil if it is no base64.
  static func bytes(_ text: String) -> [UInt8]? {
    guard text.utf8.count % 4 == 0 else { return nil }
    let padding = text.utf8.reversed().prefix { $0 == 61 }.count
    guard padding <= 2 else { return nil }
    var output: [UInt8] = []
    var (word, bits) = (UInt32(0), 0)
    for letter in text.utf8.dropLast(padding) {
      guard let value = letters.firstIndex(of: letter) else { return nil }
      word = word << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        output.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
      }
    }
    return output
  }
}
