/// The words of a command line: options with their values, and operands.
struct Arguments {
  /// What an option needs.
  enum Kind {
    case flag
    case value
    /// A value, and it may come again.
    case values
  }
  /// A command line that makes no sense; `description` says why.
  struct Wrong: Error, CustomStringConvertible {
    var description: String
  }

  private(set) var operands: [String] = []
  private var values: [String: [String]] = [:]

  /// Reads `words`: `--name value`, `--name=value`, and operands; after `--` all are operands.
  init(_ words: [String], options: [String: Kind]) throws(Wrong) {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        return
      }
      guard word.hasPrefix("--") else {
        operands.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      try take(parts[0], parts.count > 1 ? parts[1] : nil, options, &rest)
    }
  }

  private mutating func take(
    _ name: String, _ given: String?, _ options: [String: Kind], _ rest: inout ArraySlice<String>
  ) throws(Wrong) {
    switch options[name] {
    case nil:
      let known = options.keys.sorted().joined(separator: ", ")
      throw Wrong(description: "unknown option \(name)" + (known.isEmpty ? "" : "; there are: \(known)"))
    case .flag:
      guard given == nil else { throw Wrong(description: "\(name) takes no value") }
      values[name] = []
    case .value, .values:
      guard let value = given ?? rest.popFirst() else { throw Wrong(description: "\(name) needs a value") }
      if options[name] == .values { values[name, default: []].append(value) } else { values[name] = [value] }
    }
  }

  func has(_ name: String) -> Bool { values[name] != nil }
  subscript(name: String) -> String? { values[name]?.last }
  /// All values of an option that may come again.
  func all(_ name: String) -> [String] { values[name] ?? [] }
}
