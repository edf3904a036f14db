import Foundation

/// A JSON value.
enum JsonValue: Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case float(Double)
  case text(String)
  case array([JsonValue])
  case object([String: JsonValue])

  /// Reads JSON text; nil if it isn't.
  init?(parsing text: String) {
    guard let value = try? JSONDecoder().decode(JsonValue.self, from: Data(text.utf8)) else { return nil }
    self = value
  }

  /// A member of an object.
  subscript(key: String) -> JsonValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  var string: String? { if case .text(let text) = self { text } else { nil } }

  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  /// JSON text on one line, members by name.
  var encoded: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .text(let text): Self.quoted(text)
    case .array(let items): "[\(items.map(\.encoded).joined(separator: ","))]"
    case .object(let members):
      "{\(members.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\($0.value.encoded)" }.joined(separator: ","))}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\r": quoted += "\\r"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension JsonValue: Decodable {
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    if let members = try? decoder.container(keyedBy: Key.self) {
      var object: [String: JsonValue] = [:]
      for key in members.allKeys { object[key.stringValue] = try members.decode(JsonValue.self, forKey: key) }
      self = .object(object)
    } else if var items = try? decoder.unkeyedContainer() {
      var array: [JsonValue] = []
      while !items.isAtEnd { array.append(try items.decode(JsonValue.self)) }
      self = .array(array)
    } else {
      self = try Self.scalar(try decoder.singleValueContainer())
    }
  }

  private static func scalar(_ value: any SingleValueDecodingContainer) throws -> JsonValue {
    if value.decodeNil() { return .null }
    if let bool = try? value.decode(Bool.self) { return .bool(bool) }
    if let integer = try? value.decode(Int64.self) { return .integer(integer) }
    if let float = try? value.decode(Double.self) { return .float(float) }
    return .text(try value.decode(String.self))
  }
}
