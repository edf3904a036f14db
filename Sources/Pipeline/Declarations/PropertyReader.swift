/// Reads values of a connection's properties, and fills in what they refer to.
struct PropertyReader {
  let diagnostics: Diagnostics
  /// Where relative paths start; absolute.
  let directory: String
  let sources: ReferenceSources

  /// The value of property `name` that is written as `text` at `position`; nil, with a diagnostic, if it refers to
  /// what is not there. `what`: the connection, for messages.
  func value(_ text: String, of name: String, at position: Position, _ what: String) -> PropertyValue? {
    do throws(ValueTemplate.Wrong) {
      var filled = ""
      var fromOutside: [String] = []
      for part in try ValueTemplate.parse(text) {
        let piece = try fill(part)
        filled += piece
        if case .text = part { continue }
        fromOutside.append(piece)
      }
      return PropertyValue(filled, of: name, fromOutside: fromOutside)
    } catch {
      diagnostics.error(position, "\(what): \(Suggestions.quoted(name)): \(error.message)")
      return nil
    }
  }

  private func fill(_ part: ValueTemplate.Part) throws(ValueTemplate.Wrong) -> String {
    switch part {
    case .text(let text): return text
    case .environment(let name):
      let what = "the environment variable \(Suggestions.quoted(name))"
      guard let value = sources.environment(name) else {
        throw .init(message: "\(what) is not set, or not UTF-8; set it for the process that runs millrace")
      }
      return try checked(value, what)
    case .file(let path): return try content(of: Paths.resolve(path, in: directory))
    }
  }

  /// The text in a file, without the line end behind it.
  private func content(of path: String) throws(ValueTemplate.Wrong) -> String {
    let what = "the file \(Suggestions.quoted(path))"
    let bytes: [UInt8]
    do { bytes = try sources.file(path) } catch {
      throw .init(message: "\(what) can't be read: \(error); relative paths start at the pipeline file's directory")
    }
    guard !bytes.contains(0), var text = String(validating: bytes, as: UTF8.self) else {
      throw .init(message: "\(what) is no text in UTF-8; name a file that holds the value alone")
    }
    if text.last == "\n" || text.last == "\r\n" { text.removeLast() }
    return try checked(text, what)
  }

  private func checked(_ value: String, _ what: String) throws(ValueTemplate.Wrong) -> String {
    guard !value.isEmpty else {
      throw .init(message: "\(what) is empty; give it a value, or leave the property out")
    }
    return value
  }
}
