/// A value of a YAML document, with its place.
struct YamlNode {
  /// What a value is.
  indirect enum Content {
    /// `quoted`: it was written in quotes or as a block, so it is text whatever it looks like.
    case scalar(String, quoted: Bool)
    case sequence([YamlNode])
    /// Keys are unique.
    case mapping([Entry])
  }

  /// A key and its value.
  struct Entry {
    var key: Located<String>
    var value: YamlNode
  }

  var position: Position
  var content: Content
}

/// A value with its place in the file.
struct Located<Value: Sendable>: Sendable {
  var value: Value
  var position: Position

  init(_ value: Value, _ position: Position) {
    self.value = value
    self.position = position
  }
}

extension YamlNode {
  /// Whether the value is left out or `null`.
  var isNull: Bool {
    if case .scalar(let text, quoted: false) = content { return ["", "~", "null"].contains(text) }
    return false
  }

  /// The value in words, for messages.
  var described: String {
    switch content {
    case .mapping: return "a mapping"
    case .sequence: return "a list"
    case .scalar(let text, let quoted):
      if isNull { return "nothing" }
      if quoted { return "the text \(Suggestions.quoted(text))" }
      switch PlainScalar(text) {
      case .integer, .float, .tooLarge: return "the number \(Suggestions.quoted(text).dropFirst().dropLast())"
      case .bool(let value): return "\(value)"
      case .text: return "the text \(Suggestions.quoted(text))"
      }
    }
  }
}

/// What an unquoted scalar stands for, by YAML 1.2's core schema; infinities and NaN are texts.
enum PlainScalar {
  case bool(Bool)
  case integer(Int64)
  case float(Double)
  /// An integer or float beyond 64 bits.
  case tooLarge
  case text

  init(_ text: String) {
    switch text {
    case "true", "True", "TRUE": self = .bool(true)
    case "false", "False", "FALSE": self = .bool(false)
    default: self = Self.number(Array(text.utf8), text) ?? .text
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func number(_ bytes: [UInt8], _ text: String) -> PlainScalar? {
    if text.hasPrefix("0x"), bytes.count > 2 { return radix(text, 16) }
    if text.hasPrefix("0o"), bytes.count > 2 { return radix(text, 8) }
    var rest = bytes[...]
    if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    if rest.isEmpty { return whole.isEmpty ? nil : Int64(text).map(PlainScalar.integer) ?? .tooLarge }
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      fraction = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(fraction)
    }
    guard whole.count + fraction > 0, isExponent(rest), let value = Double(trimmed(text)) else { return nil }
    return value.isFinite ? .float(value) : .tooLarge
  }

  private static func isExponent(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first else { return true }
    guard first == UInt8(ascii: "e") || first == UInt8(ascii: "E") else { return false }
    var digits = bytes.dropFirst()
    if let sign = digits.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { digits.removeFirst() }
    return !digits.isEmpty && digits.allSatisfy(isDigit)
  }

  /// Without the point of "5.", which Swift does not take.
  private static func trimmed(_ text: String) -> String { text.hasSuffix(".") ? String(text.dropLast()) : text }

  private static func radix(_ text: String, _ radix: Int) -> PlainScalar? {
    let digits = text.dropFirst(2)
    guard digits.allSatisfy({ $0.isASCII && $0.isHexDigit && ($0.hexDigitValue ?? 16) < radix }) else { return nil }
    return Int64(digits, radix: radix).map(PlainScalar.integer) ?? .tooLarge
  }
}
