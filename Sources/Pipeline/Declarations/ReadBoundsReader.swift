import Columnar

/// Reads `start` and `stop` of a step that reads topics.
struct ReadBoundsReader {
  private static let starts: [String: TopicSource.Start] = [
    "earliest": .earliest, "latest": .latest, "committed": .committed(orElse: .fail),
    "committed_or_earliest": .committed(orElse: .earliest), "committed_or_latest": .committed(orElse: .latest),
  ]
  private static let stops: [String: TopicSource.Stop] = ["never": .never, "end": .end]
  /// What a mapping may have in place of a word, with what is written there.
  private static let startForms = ["offsets": "{ 0: 17, … }", "timestamp": "2013-01-05T10:15:00Z"]
  private static let stopForms = startForms.merging(["committed": "<group>"]) { first, _ in first }

  /// Of the step.
  let reader: MappingReader
  /// The topics that the step reads, at least one; with a pattern, the one that others are like.
  let topics: [String]
  let pattern: TopicPattern?

  private var diagnostics: Diagnostics { reader.diagnostics }

  /// Nil, with a diagnostic, if it is wrong; nil too if it is not there.
  func start() -> TopicSource.Start? {
    guard let node = reader.optional("start") else { return nil }
    guard case .mapping = node.content else { return word("start", node, Self.starts, Self.startForms) }
    guard let (form, inner) = form("start", node, Self.startForms) else { return nil }
    return form == "timestamp" ? timestamp(inner).map { .timestamp(ms: $0) } : offsets(inner).map { .offsets($0) }
  }

  /// Nil, with a diagnostic, if it is wrong; nil too if it is not there.
  func stop() -> TopicSource.Stop? {
    guard let node = reader.optional("stop") else { return nil }
    guard case .mapping = node.content else { return word("stop", node, Self.stops, Self.stopForms) }
    guard let (form, inner) = form("stop", node, Self.stopForms) else { return nil }
    switch form {
    case "timestamp": return timestamp(inner).map { .timestamp(ms: $0) }
    case "committed": return inner.text("committed").map { .committed(group: $0.value) }
    default: return offsets(inner).map { .offsets($0) }
    }
  }

  private func word<Bound>(
    _ key: String, _ node: YamlNode, _ known: [String: Bound], _ forms: [String: String]
  ) -> Bound? {
    guard let found = reader.text(key, node) else { return nil }
    if let bound = known[found.value] { return bound }
    let all = Array(known.keys) + forms.map { "{ \($0.key): \($0.value) }" }
    let hint = Suggestions.hint(found.value, among: all)
    diagnostics.error(found.position, "\(reader.what): unknown \"\(key)\" \(Suggestions.quoted(found.value))\(hint)")
    return nil
  }

  /// The one key of a mapping that stands for a word.
  private func form(_ key: String, _ node: YamlNode, _ forms: [String: String]) -> (String, MappingReader)? {
    let what = "\(reader.what): \(key)"
    guard let inner = MappingReader(node, what: what, diagnostics: diagnostics) else { return nil }
    let names = forms.keys.sorted()
    let present = names.filter { inner.optional($0) != nil }
    inner.finish()
    if present.count == 1, inner.rest.isEmpty { return (present[0], inner) }
    if present.count != 1, inner.rest.isEmpty {
      let found = present.isEmpty ? "none of them" : present.map { "\"\($0)\"" }.joined(separator: " and ")
      let expected = names.map { "\"\($0)\"" }.joined(separator: ", ")
      diagnostics.error(inner.position, "\(what): expected one of \(expected), found \(found)")
    }
    return nil
  }

  private func timestamp(_ inner: MappingReader) -> Int64? {
    guard let text = inner.text("timestamp") else { return nil }
    if case .integer(let ms)? = try? Scalar(parsing: text.value, field: TopicSource.timeField), ms >= 0 { return ms }
    diagnostics.error(
      text.position,
      "\(inner.what): \"timestamp\" expects a time in UTC such as 2013-01-05T10:15:00Z, or milliseconds since 1970, found "
        + Suggestions.quoted(text.value))
    return nil
  }

  // MARK: - Offsets

  private func offsets(_ inner: MappingReader) -> TopicSource.Offsets? {
    guard let node = inner.optional("offsets") else { return nil }
    guard let entries = entries(node, "\(inner.what): \"offsets\"") else { return nil }
    let isByTopic = entries.contains { if case .mapping = $0.value.content { true } else { false } }
    if isByTopic { return byTopic(entries, inner, node.position) }
    guard topics.count == 1, pattern == nil else {
      diagnostics.error(
        node.position,
        "\(inner.what): the step may read several topics; write, say, `offsets: { \(topics[0]): { 0: 17 } }`")
      return nil
    }
    return partitions(entries, inner.what).map { [topics[0]: $0] }
  }

  private func byTopic(
    _ entries: [YamlNode.Entry], _ inner: MappingReader, _ position: Position
  ) -> TopicSource.Offsets? {
    var result: TopicSource.Offsets = [:]
    for entry in entries {
      let name = entry.key.value
      guard isRead(name) else {
        let hint =
          pattern.map { "; its name does not match \($0)" } ?? Suggestions.hint(name, among: topics, noun: "Topics")
        diagnostics.error(
          entry.key.position, "\(inner.what): the step does not read topic \(Suggestions.quoted(name))\(hint)")
        return nil
      }
      let what = "\(inner.what): topic \(Suggestions.quoted(name))"
      guard let own = self.entries(entry.value, what), let offsets = partitions(own, what) else { return nil }
      result[name] = offsets
    }
    for topic in topics where pattern == nil && result[topic] == nil {
      diagnostics.error(position, "\(inner.what): the offsets of topic \(Suggestions.quoted(topic)) are missing")
      return nil
    }
    return result
  }

  private func isRead(_ topic: String) -> Bool {
    if let pattern { return !pattern.matching([topic]).isEmpty }
    return topics.contains(topic)
  }

  private func entries(_ node: YamlNode, _ what: String) -> [YamlNode.Entry]? {
    if case .mapping(let entries) = node.content, !entries.isEmpty { return entries }
    let found = if case .mapping = node.content { "none" } else { node.described }
    diagnostics.error(node.position, "\(what): expected offsets, as `partition: offset`, found \(found)")
    return nil
  }

  private func partitions(_ entries: [YamlNode.Entry], _ what: String) -> [Int32: Int64]? {
    var result: [Int32: Int64] = [:]
    for entry in entries {
      guard let partition = Int32(entry.key.value), partition >= 0, String(partition) == entry.key.value else {
        diagnostics.error(
          entry.key.position,
          "\(what): \(Suggestions.quoted(entry.key.value)) is no partition; they are numbered from 0")
        return nil
      }
      guard case .scalar(let text, quoted: false) = entry.value.content, let offset = Int64(text), offset >= 0 else {
        diagnostics.error(
          entry.value.position,
          "\(what): partition \(partition) expects an offset from 0, found \(entry.value.described)")
        return nil
      }
      result[partition] = offset
    }
    return result
  }
}
