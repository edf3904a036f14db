/// A text that is not a type.
package struct TypeSyntaxError: Error, CustomStringConvertible {
  /// What is wrong, and what would be right.
  package var description: String
}

extension DataType {
  /// The names that a type can start with.
  package static let names = [
    "binary", "bool", "date32", "date64", "decimal128", "fixed_size_binary", "float32", "float64", "int16", "int32",
    "int64", "int8", "list", "map", "struct", "time32", "time64", "timestamp", "uint16", "uint32", "uint64", "uint8",
    "utf8",
  ]

  /// Reads a type's text form. Throws `TypeSyntaxError`.
  package init(parsing text: String) throws {
    let field = try Field(name: "", parsing: text)
    guard !field.nullable else { throw TypeSyntaxError(description: "\"\(text)\": a \"?\" is not part of a type here") }
    self = field.type
  }
}

extension Field {
  /// Reads a type's text form, with a `?` if it is nullable. Throws `TypeSyntaxError`.
  package init(name: String, parsing text: String) throws {
    var parser = TypeParser(text: text)
    self = try parser.field(name: name, depth: 0)
    try parser.end()
  }
}

private struct TypeParser {
  private static let depthLimit = 32
  private let text: String
  private var rest: Substring

  init(text: String) {
    self.text = text
    rest = text[...]
  }

  private func fail(_ what: String) -> TypeSyntaxError { TypeSyntaxError(description: "\"\(text)\": \(what)") }

  private mutating func skipSpace() { rest = rest.drop { $0 == " " } }

  private mutating func take(_ character: Character) -> Bool {
    skipSpace()
    guard rest.first == character else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func expect(_ character: Character) throws {
    guard take(character) else {
      throw fail("expected \"\(character)\" \(rest.isEmpty ? "at the end" : "before \"\(rest)\"")")
    }
  }

  private mutating func word() -> String {
    skipSpace()
    let word = rest.prefix { $0.isLetter || $0.isNumber || "_/+-".contains($0) }
    rest = rest.dropFirst(word.count)
    return String(word)
  }

  private mutating func number() throws -> Int {
    let word = word()
    guard let value = Int(word), value >= 0, value <= 1 << 30 else { throw fail("\"\(word)\" is not a size") }
    return value
  }

  mutating func end() throws {
    skipSpace()
    guard rest.isEmpty else { throw fail("nothing may follow, but \"\(rest)\" does") }
  }

  mutating func field(name: String, depth: Int) throws -> Field {
    guard depth < Self.depthLimit else { throw fail("nested more than \(Self.depthLimit) deep") }
    let type = try type(depth: depth)
    return Field(name, type, nullable: take("?"))
  }

  private mutating func type(depth: Int) throws -> DataType {
    let name = word()
    if let simple = Self.simple[name] { return simple }
    switch name {
    case "time32": return .time32(try bracketedUnit(of: name, [.second, .millisecond]).unit)
    case "time64": return .time64(try bracketedUnit(of: name, [.microsecond, .nanosecond]).unit)
    case "timestamp":
      let (unit, zone) = try bracketedUnit(of: name, TimeUnit.allCases)
      return .timestamp(unit, zone: zone)
    case "fixed_size_binary":
      try expect("(")
      let width = try number()
      try expect(")")
      return .fixedSizeBinary(width)
    case "decimal128": return try decimal()
    case "list", "map", "struct": return try nested(name, depth: depth)
    default: throw fail("unknown type \"\(name)\"; known: \(DataType.names.joined(separator: ", "))")
    }
  }

  private static let simple: [String: DataType] = [
    "bool": .bool, "int8": .int8, "int16": .int16, "int32": .int32, "int64": .int64, "uint8": .uint8,
    "uint16": .uint16, "uint32": .uint32, "uint64": .uint64, "float32": .float32, "float64": .float64, "utf8": .utf8,
    "binary": .binary, "date32": .date32, "date64": .date64,
  ]

  private mutating func bracketedUnit(of type: String, _ units: [TimeUnit]) throws -> (unit: TimeUnit, zone: String?) {
    try expect("[")
    let name = word()
    guard let unit = units.first(where: { $0.rawValue == name }) else {
      throw fail("\"\(name)\" is no unit of \(type); known: \(units.map(\.rawValue).joined(separator: ", "))")
    }
    guard type == "timestamp", take(",") else {
      try expect("]")
      return (unit, nil)
    }
    skipSpace()
    // Zones are names ("Europe/Paris") or distances ("+02:00").
    let zone = rest.prefix { $0 != "]" }
    rest = rest.dropFirst(zone.count)
    try expect("]")
    guard !zone.isEmpty else { throw fail("the zone is missing after \",\"; for none leave \",\" out") }
    return (unit, String(zone))
  }

  private mutating func decimal() throws -> DataType {
    try expect("(")
    let precision = try number()
    try expect(",")
    let word = word()
    try expect(")")
    guard let scale = Int(word), DataType.isDecimal(precision: precision, scale: scale) else {
      throw fail("a decimal128 has 1 to 38 digits, and not more of them after the point")
    }
    return .decimal128(precision: precision, scale: scale)
  }

  private mutating func nested(_ name: String, depth: Int) throws -> DataType {
    try expect("<")
    switch name {
    case "list":
      let item = try field(name: "item", depth: depth + 1)
      try expect(">")
      return .list(item)
    case "map":
      let key = try field(name: "key", depth: depth + 1)
      try expect(",")
      let value = try field(name: "value", depth: depth + 1)
      try expect(">")
      return .map(key: key, value: value)
    default:
      var fields: [Field] = []
      repeat {
        let name = word()
        guard !name.isEmpty else { throw fail("a field's name is missing") }
        try expect(":")
        fields.append(try field(name: name, depth: depth + 1))
      } while take(",")
      try expect(">")
      return .structure(fields)
    }
  }
}
