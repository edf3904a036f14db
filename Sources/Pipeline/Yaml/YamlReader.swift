import CYaml

/// Reads one YAML document into a tree. The bytes are not trusted: size and depth have limits; aliases, tags, several
/// documents, doubled keys and NUL characters are refused.
struct YamlReader {
  /// The largest file, in bytes.
  static let sizeLimit = 1 << 20
  /// How deep values may be nested.
  static let depthLimit = 64

  /// Why reading ended before the end.
  private struct Stop: Error {}

  private let diagnostics: Diagnostics
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let bytes: UnsafeBufferPointer<UInt8>

  /// The document's root; nil, with diagnostics, if it can't be read or is empty.
  static func read(_ bytes: [UInt8], diagnostics: Diagnostics) -> YamlNode? {
    guard bytes.count <= sizeLimit else {
      let size = "\(bytes.count) bytes"
      diagnostics.error(Position(line: 1, column: 1), "the file has \(size); at most \(sizeLimit) are read")
      return nil
    }
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    defer { parser.deallocate() }
    guard yaml_parser_initialize(parser) == 1 else {
      diagnostics.error(Position(line: 1, column: 1), "no memory to read the file")
      return nil
    }
    defer { yaml_parser_delete(parser) }
    return bytes.withUnsafeBufferPointer { buffer in
      yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
      // Else libyaml would take UTF-16 by a byte order mark, and positions would be off.
      yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
      return try? YamlReader(diagnostics: diagnostics, parser: parser, bytes: buffer).document()
    }
  }

  private func fail(_ position: Position, _ message: String) -> Stop {
    diagnostics.error(position, message)
    return Stop()
  }

  private func document() throws -> YamlNode {
    _ = try next()  // The stream's start.
    let start = try next()
    guard start.type == YAML_DOCUMENT_START_EVENT else {
      throw fail(start.position, "the file is empty; expected a pipeline: job, topics, steps")
    }
    let root = try node(try next(), depth: 0)
    _ = try next()  // The document's end.
    let end = try next()
    guard end.type == YAML_STREAM_END_EVENT else {
      throw fail(end.position, "a second document begins here; a file holds one pipeline")
    }
    return root
  }

  private func node(_ event: Event, depth: Int) throws -> YamlNode {
    guard depth < Self.depthLimit else {
      throw fail(event.position, "nested more than \(Self.depthLimit) deep")
    }
    if event.isTagged {
      throw fail(event.position, "tags (\"!…\") are not taken; quote what should be text")
    }
    switch event.type {
    case YAML_SCALAR_EVENT:
      return YamlNode(position: event.position, content: .scalar(event.text, quoted: event.isQuoted))
    case YAML_SEQUENCE_START_EVENT: return try sequence(event.position, depth: depth)
    case YAML_MAPPING_START_EVENT: return try mapping(event.position, depth: depth)
    case YAML_ALIAS_EVENT: throw fail(event.position, "aliases (\"*…\") are not taken; write the value out")
    default: throw fail(event.position, "expected a value")
    }
  }

  private func sequence(_ position: Position, depth: Int) throws -> YamlNode {
    var items: [YamlNode] = []
    while true {
      let event = try next()
      if event.type == YAML_SEQUENCE_END_EVENT { return YamlNode(position: position, content: .sequence(items)) }
      items.append(try node(event, depth: depth + 1))
    }
  }

  private func mapping(_ position: Position, depth: Int) throws -> YamlNode {
    var entries: [YamlNode.Entry] = []
    var places: [String: Position] = [:]
    while true {
      let event = try next()
      if event.type == YAML_MAPPING_END_EVENT { return YamlNode(position: position, content: .mapping(entries)) }
      guard case .scalar(let key, _) = try node(event, depth: depth + 1).content else {
        throw fail(event.position, "a key must be a plain word or text")
      }
      let value = try node(try next(), depth: depth + 1)
      if let first = places[key] {
        diagnostics.error(
          event.position, "key \(Suggestions.quoted(key)) is there twice; the first is in line \(first.line)")
        continue
      }
      places[key] = event.position
      entries.append(YamlNode.Entry(key: Located(key, event.position), value: value))
    }
  }
}

extension YamlReader {
  /// What the reader needs of libyaml's event.
  private struct Event {
    var type: yaml_event_type_t
    var position: Position
    var text = ""
    var isQuoted = false
    var isTagged = false
  }

  private func next() throws -> Event {
    var raw = yaml_event_t()
    guard yaml_parser_parse(parser, &raw) == 1 else { throw syntaxError() }
    defer { yaml_event_delete(&raw) }
    var event = Event(type: raw.type, position: Position(raw.start_mark))
    switch raw.type {
    case YAML_SCALAR_EVENT:
      let scalar = raw.data.scalar
      event.text = try text(scalar.value, scalar.length, event.position)
      event.isQuoted = scalar.style != YAML_PLAIN_SCALAR_STYLE
      event.isTagged = scalar.tag != nil
    case YAML_SEQUENCE_START_EVENT: event.isTagged = raw.data.sequence_start.tag != nil
    case YAML_MAPPING_START_EVENT: event.isTagged = raw.data.mapping_start.tag != nil
    default: break
    }
    return event
  }

  private func text(_ start: UnsafePointer<UInt8>?, _ length: Int, _ position: Position) throws -> String {
    let bytes = UnsafeBufferPointer(start: start, count: start == nil ? 0 : length)
    guard !bytes.contains(0) else { throw fail(position, "a text must not hold the character NUL") }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func syntaxError() -> Stop {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not enough memory"
    guard parser.pointee.error != YAML_READER_ERROR else {
      return fail(place(ofByte: parser.pointee.problem_offset), "not readable as UTF-8: \(problem)")
    }
    let context = parser.pointee.context.map { "\(String(cString: $0)), " } ?? ""
    return fail(Position(parser.pointee.problem_mark), "not YAML: \(context)\(problem)")
  }

  private func place(ofByte offset: Int) -> Position {
    let before = bytes.prefix(max(0, offset))
    let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
    return Position(line: line, column: before.count - (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1))
  }
}

extension Position {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
  }
}
