/// A text with references to what lies outside of the file: `${env:NAME}`, `${file:PATH}`. `$${` stands for `${`.
enum ValueTemplate {
  /// A piece of the text.
  enum Part: Equatable {
    case text(String)
    /// Name of an environment variable.
    case environment(String)
    /// Path of a file, as written.
    case file(String)
  }
  /// Why a text can't be read; quotes nothing but names, since the text may hold a secret.
  struct Wrong: Error, Equatable {
    var message: String
  }

  private static let kinds = "write ${env:NAME} or ${file:PATH}, or \"$${\" where \"${\" is meant as it stands"

  /// The pieces of `text`, none of the texts among them empty.
  static func parse(_ text: String) throws(Wrong) -> [Part] {
    var parts: [Part] = []
    var plain = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      plain += rest[..<dollar]
      rest = rest[dollar...]
      if rest.hasPrefix("$${") {
        plain += "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${") {
        guard let end = rest.firstIndex(of: "}") else { throw Wrong(message: "a \"${\" has no \"}\"; \(kinds)") }
        if !plain.isEmpty { parts.append(.text(plain)) }
        plain = ""
        parts.append(try reference(rest[..<end].dropFirst(2)))
        rest = rest[end...].dropFirst()
      } else {
        plain += "$"
        rest = rest.dropFirst()
      }
    }
    plain += rest
    if !plain.isEmpty { parts.append(.text(plain)) }
    return parts
  }

  /// `text`: what is between the braces.
  private static func reference(_ text: Substring) throws(Wrong) -> Part {
    let words = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard words.count == 2, words[0] == "env" || words[0] == "file" else {
      throw Wrong(message: "a \"${\" begins no reference that there is; \(kinds)")
    }
    let name = String(words[1])
    if words[0] == "file" {
      guard !name.isEmpty else { throw Wrong(message: "${file:} names no file; \(kinds)") }
      return .file(name)
    }
    guard isVariable(name) else {
      throw Wrong(
        message:
          "\(Suggestions.quoted(name)) is no name of an environment variable: letters, digits and \"_\", no digit first"
      )
    }
    return .environment(name)
  }

  private static func isVariable(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
    }
  }
}
