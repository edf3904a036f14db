/// Reads a step with `from_topic`.
struct TopicReadReader {
  /// The step's further keys.
  static let keys = ["start", "stop", "on_offset_out_of_range", "discovery_interval"]

  let reader: MappingReader

  /// Nil, with diagnostics, if it is too wrong to go on with.
  func kind() -> StepDeclaration.Kind? {
    guard var read = topics() else {
      for key in Self.keys { _ = reader.optional(key) }
      return nil
    }
    let bounds = ReadBoundsReader(reader: reader, topics: read.topics.map(\.value), pattern: read.pattern)
    read.start = bounds.start() ?? read.start
    read.stop = bounds.stop() ?? read.stop
    read.onOffsetOutOfRange =
      reader.choice("on_offset_out_of_range", TopicSource.OnOffsetOutOfRange.self) ?? read.onOffsetOutOfRange
    read.discoveryInterval = discoveryInterval(read.stop)
    return .topicSource(read)
  }

  private func discoveryInterval(_ stop: TopicSource.Stop) -> Duration? {
    let given = reader.duration("discovery_interval")
    guard stop == .never else {
      if let given {
        let why = "a step that stops reads the partitions that there are at its start"
        reader.diagnostics.warning(given.position, "\(reader.what): \"discovery_interval\" has no effect: \(why)")
      }
      return nil
    }
    let interval = given?.value ?? TopicReadDeclaration.discoveryInterval
    return interval == .zero ? nil : interval
  }

  /// Names, or a pattern of names.
  private func topics() -> TopicReadDeclaration? {
    let stop = reader.place(of: "stop")
    guard let node = reader.optional("from_topic"), case .mapping = node.content else {
      return reader.texts("from_topic", orOne: true).map { TopicReadDeclaration(topics: $0, stopPosition: stop) }
    }
    let what = "\(reader.what): from_topic"
    guard let inner = MappingReader(node, what: what, diagnostics: reader.diagnostics) else { return nil }
    let text = inner.requiredText("pattern", example: "pattern: 'orders\\..+'")
    let like = inner.requiredText("like", example: "like: <a topic under `topics`>")
    inner.finish()
    guard let text, let like else { return nil }
    guard let pattern = TopicPattern(text.value) else {
      reader.diagnostics.error(
        text.position,
        "\(what): \"pattern\" expects a regular expression such as 'orders\\..+', found \(Suggestions.quoted(text.value))"
      )
      return nil
    }
    return TopicReadDeclaration(topics: [like], pattern: pattern, stopPosition: stop)
  }
}
