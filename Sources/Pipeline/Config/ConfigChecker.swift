/// Checks a config against a JSON Schema and fills in defaults. Of JSON Schema it knows `type`, `properties`,
/// `required`, `additionalProperties`, `items`, `enum`, `minimum`, `maximum` and `default`; other keywords are left
/// to the plugin.
struct ConfigChecker {
  let diagnostics: Diagnostics
  /// What the config belongs to, for messages: `operator "x"`.
  let owner: String

  /// The config of `entries` as a JSON object; `position` is where a missing member is reported. Problems become
  /// diagnostics, and nil is returned.
  func object(_ entries: [YamlNode.Entry], at position: Position, schema text: String?) -> String? {
    guard let text else {
      for entry in entries {
        diagnostics.error(
          entry.key.position, "unknown key \(Suggestions.quoted(entry.key.value)): \(owner) takes no config")
      }
      return entries.isEmpty ? "{}" : nil
    }
    guard let schema = JsonValue(parsing: text), case .object = schema else {
      diagnostics.error(
        position, "the config schema of \(owner) is not a JSON object; the plugin has to be mended")
      return nil
    }
    return members(entries, at: position, path: "", schema)?.encoded
  }

  private func members(
    _ entries: [YamlNode.Entry], at position: Position, path: String, _ schema: JsonValue
  ) -> JsonValue? {
    let properties = Self.members(of: schema["properties"])
    var object: [String: JsonValue] = [:]
    var isRight = true
    for entry in entries {
      let name = path + entry.key.value
      guard let member = schemaOfMember(entry.key, path: path, properties, schema) else {
        isRight = false
        continue
      }
      if let value = value(entry.value, path: name, member) { object[entry.key.value] = value } else { isRight = false }
    }
    for name in requiredNames(schema) where !entries.contains(where: { $0.key.value == name }) {
      diagnostics.error(position, "missing key \(Suggestions.quoted(path + name)), which \(owner) requires")
      isRight = false
    }
    for (name, member) in properties where object[name] == nil {
      if let value = member["default"] { object[name] = value }
    }
    return isRight ? .object(object) : nil
  }

  private static func members(of schema: JsonValue?) -> [String: JsonValue] {
    if case .object(let members) = schema { members } else { [:] }
  }

  private func requiredNames(_ schema: JsonValue) -> [String] {
    guard case .array(let names) = schema["required"] else { return [] }
    return names.compactMap(\.string)
  }

  private func schemaOfMember(
    _ key: Located<String>, path: String, _ properties: [String: JsonValue], _ schema: JsonValue
  ) -> JsonValue? {
    if let member = properties[key.value] { return member }
    switch schema["additionalProperties"] {
    case .bool(false):
      let hint = Suggestions.hint(key.value, among: Array(properties.keys))
      diagnostics.error(key.position, "unknown key \(Suggestions.quoted(path + key.value)) of \(owner)\(hint)")
      return nil
    case .object(let member): return .object(member)
    default: return .object([:])
    }
  }

  private func value(_ node: YamlNode, path: String, _ schema: JsonValue) -> JsonValue? {
    let value: JsonValue?
    switch node.content {
    case .mapping(let entries):
      guard allows("object", node, path, schema) else { return nil }
      return members(entries, at: node.position, path: path + ".", schema)
    case .sequence(let items):
      guard allows("array", node, path, schema) else { return nil }
      let values = items.enumerated().map { index, item in
        self.value(item, path: "\(path)[\(index)]", schema["items"] ?? .object([:]))
      }
      value = values.contains { $0 == nil } ? nil : .array(values.compactMap { $0 })
    case .scalar(let text, let quoted): value = scalar(node, text, quoted: quoted, path, schema)
    }
    guard let value, isInRange(value, node, path, schema), isListed(value, node, path, schema) else { return nil }
    return value
  }

  private func scalar(_ node: YamlNode, _ text: String, quoted: Bool, _ path: String, _ schema: JsonValue) -> JsonValue?
  {
    if node.isNull { return allows("null", node, path, schema) ? .null : nil }
    let plain = quoted ? .text : PlainScalar(text)
    switch plain {
    case .bool(let value): return allows("boolean", node, path, schema) ? .bool(value) : nil
    case .integer(let value): return allows("integer", node, path, schema) ? .integer(value) : nil
    case .float(let value): return allows("number", node, path, schema) ? .float(value) : nil
    case .text: return allows("string", node, path, schema) ? .text(text) : nil
    case .tooLarge:
      diagnostics.error(
        node.position, "\(Suggestions.quoted(path)) of \(owner): \(node.described) does not fit into 64 bits")
      return nil
    }
  }

  private func allows(_ type: String, _ node: YamlNode, _ path: String, _ schema: JsonValue) -> Bool {
    let allowed: [String]
    switch schema["type"] {
    case .text(let one): allowed = [one]
    case .array(let several): allowed = several.compactMap(\.string)
    default: return true
    }
    if allowed.contains(type) || (type == "integer" && allowed.contains("number")) { return true }
    let words = ["object": "a mapping", "array": "a list", "null": "nothing", "integer": "an integer"]
    let expected = allowed.map { words[$0] ?? "a \($0)" }.joined(separator: " or ")
    let quote = allowed.contains("string") && ["integer", "number", "boolean"].contains(type) ? "; quote it" : ""
    diagnostics.error(
      node.position, "\(Suggestions.quoted(path)) of \(owner): expected \(expected), found \(node.described)\(quote)")
    return false
  }

  private func isInRange(_ value: JsonValue, _ node: YamlNode, _ path: String, _ schema: JsonValue) -> Bool {
    guard let number = value.number else { return true }
    let bound: String
    if let minimum = schema["minimum"], let least = minimum.number, number < least {
      bound = "at least \(minimum.encoded)"
    } else if let maximum = schema["maximum"], let most = maximum.number, number > most {
      bound = "at most \(maximum.encoded)"
    } else {
      return true
    }
    diagnostics.error(
      node.position, "\(Suggestions.quoted(path)) of \(owner): expected \(bound), found \(value.encoded)")
    return false
  }

  private func isListed(_ value: JsonValue, _ node: YamlNode, _ path: String, _ schema: JsonValue) -> Bool {
    guard case .array(let listed) = schema["enum"], !listed.contains(value) else { return true }
    let known = listed.map { $0.string ?? $0.encoded }
    let hint = Suggestions.hint(value.string ?? value.encoded, among: known)
    diagnostics.error(node.position, "\(Suggestions.quoted(path)) of \(owner): unknown value \(value.encoded)\(hint)")
    return false
  }
}
