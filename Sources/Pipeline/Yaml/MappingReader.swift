/// Reads the keys of one mapping; what is wrong becomes a diagnostic and a nil.
final class MappingReader {
  let position: Position
  /// What the mapping is, for messages: `checkpoint`, `step "a"`.
  let what: String
  let diagnostics: Diagnostics
  private let entries: [YamlNode.Entry]
  private var known: [String] = []

  /// Nil, with a diagnostic, if `node` is no mapping.
  init?(_ node: YamlNode, what: String, diagnostics: Diagnostics) {
    guard case .mapping(let entries) = node.content else {
      diagnostics.error(node.position, "\(what): expected a mapping, found \(node.described)")
      return nil
    }
    position = node.position
    self.what = what
    self.entries = entries
    self.diagnostics = diagnostics
  }

  /// The value of `key`, if it is there.
  func optional(_ key: String) -> YamlNode? {
    known.append(key)
    return entries.first { $0.key.value == key }?.value
  }

  /// The value of `key`; a diagnostic if it is missing. `example` shows what to write.
  func required(_ key: String, example: String) -> YamlNode? {
    let value = optional(key)
    if value == nil { diagnostics.error(position, "\(what): missing key \"\(key)\"; write, say, `\(example)`") }
    return value
  }

  /// Whether `key` is there.
  func has(_ key: String) -> Bool { entries.contains { $0.key.value == key } }

  /// The place of `key`, or of the mapping if it is not there.
  func place(of key: String) -> Position { entries.first { $0.key.value == key }?.key.position ?? position }

  /// The entries whose keys were not asked for.
  var rest: [YamlNode.Entry] { entries.filter { !known.contains($0.key.value) } }

  /// Reports the keys that were not asked for.
  func finish() {
    for entry in rest {
      let hint = Suggestions.hint(entry.key.value, among: known)
      diagnostics.error(entry.key.position, "\(what): unknown key \(Suggestions.quoted(entry.key.value))\(hint)")
    }
  }
}

extension MappingReader {
  /// A text that is not empty.
  func text(_ key: String, _ node: YamlNode?) -> Located<String>? {
    guard let node else { return nil }
    guard case .scalar(let text, _) = node.content, !node.isNull, !text.isEmpty else {
      let found = node.described
      diagnostics.error(node.position, "\(what): \"\(key)\" expects a text, found \(found)")
      return nil
    }
    return Located(text, node.position)
  }

  func text(_ key: String) -> Located<String>? { text(key, optional(key)) }

  func requiredText(_ key: String, example: String) -> Located<String>? { text(key, required(key, example: example)) }

  /// An integer within `range`.
  func integer(_ key: String, in range: ClosedRange<Int>) -> Located<Int>? {
    guard let node = optional(key) else { return nil }
    if case .scalar(let text, quoted: false) = node.content, case .integer(let value) = PlainScalar(text),
      let value = Int(exactly: value), range.contains(value)
    {
      return Located(value, node.position)
    }
    let expected = "expects an integer from \(range.lowerBound) to \(range.upperBound)"
    diagnostics.error(node.position, "\(what): \"\(key)\" \(expected), found \(node.described)")
    return nil
  }

  /// One of the words of an enum.
  func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(_ key: String, _: Choice.Type) -> Choice? {
    guard let found = text(key) else { return nil }
    if let choice = Choice(rawValue: found.value) { return choice }
    let hint = Suggestions.hint(found.value, among: Choice.allCases.map(\.rawValue))
    diagnostics.error(found.position, "\(what): unknown \"\(key)\" \(Suggestions.quoted(found.value))\(hint)")
    return nil
  }

  /// `true` or `false`.
  func flag(_ key: String) -> Bool? {
    guard let found = text(key) else { return nil }
    if let flag = Bool(found.value) { return flag }
    diagnostics.error(
      found.position, "\(what): \"\(key)\" expects true or false, found \(Suggestions.quoted(found.value))")
    return nil
  }

  /// A duration of at least `least`.
  func duration(_ key: String, atLeast least: Duration = .zero) -> Located<Duration>? {
    guard let found = text(key) else { return nil }
    guard let value = DurationText.parse(found.value) else {
      let expected = "expects a duration such as 200ms, 1s, 5m, 1h or 2d"
      diagnostics.error(found.position, "\(what): \"\(key)\" \(expected), found \(Suggestions.quoted(found.value))")
      return nil
    }
    guard value >= least else {
      let bound = DurationText.text(least)
      diagnostics.error(found.position, "\(what): \"\(key)\" must be at least \(bound), found \(found.value)")
      return nil
    }
    return Located(value, found.position)
  }

  /// A size in bytes of at least `least`.
  func size(_ key: String, atLeast least: Int) -> Located<Int>? {
    guard let found = text(key) else { return nil }
    guard let value = SizeText.parse(found.value) else {
      let expected = "expects a size such as 512MiB or 4GiB (units KiB, MiB, GiB, TiB: powers of 1024; none: bytes)"
      let hint = SizeText.likely(found.value).map { "; write \($0)" } ?? ""
      diagnostics.error(
        found.position, "\(what): \"\(key)\" \(expected), found \(Suggestions.quoted(found.value))\(hint)")
      return nil
    }
    guard value >= least else {
      let bound = SizeText.text(least)
      diagnostics.error(found.position, "\(what): \"\(key)\" must be at least \(bound), found \(found.value)")
      return nil
    }
    return Located(value, found.position)
  }

  /// A list of texts; nil, with a diagnostic, if it is anything else. A single text stands for a list of one if
  /// `orOne`.
  func texts(_ key: String, orOne: Bool = false) -> [Located<String>]? {
    guard let node = optional(key) else { return nil }
    if orOne, case .scalar = node.content { return text(key, node).map { [$0] } }
    guard case .sequence(let items) = node.content else {
      let expected = orOne ? "a text or a list of texts" : "a list of texts"
      diagnostics.error(node.position, "\(what): \"\(key)\" expects \(expected), found \(node.described)")
      return nil
    }
    guard !items.isEmpty else {
      diagnostics.error(node.position, "\(what): \"\(key)\" expects at least one entry, found an empty list")
      return nil
    }
    let texts = items.map { text(key, $0) }
    return texts.contains { $0 == nil } ? nil : texts.compactMap { $0 }
  }
}
