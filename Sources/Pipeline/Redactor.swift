/// Takes secrets out of texts that people will read.
package struct Redactor: Sendable {
  /// What stands in the place of a secret.
  package static let mask = "[redacted]"
  /// Shorter secrets, in bytes, are part of too many words to be looked for.
  private static let leastSize = 3
  /// Shorter lines of a secret of several lines, in bytes, are not looked for by themselves.
  private static let leastLineSize = 8

  /// UTF-8, longest first.
  private var secrets: [[UInt8]] = []

  /// Looks for `secrets`; those shorter than three bytes are left out.
  package init(_ secrets: [String] = []) { add(secrets) }

  /// Looks for these too. Of a secret of several lines, such as a key, each line is one too.
  package mutating func add(_ more: [String]) {
    var all = Set(secrets)
    for secret in more {
      all.insert(Array(secret.utf8))
      let lines = secret.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
      if lines.count > 1 { all.formUnion(lines.filter { $0.utf8.count >= Self.leastLineSize }.map { Array($0.utf8) }) }
    }
    secrets = all.filter { $0.count >= Self.leastSize }.sorted { $0.count > $1.count }
  }

  /// `text` with `mask` wherever a secret was.
  package func redact(_ text: String) -> String {
    guard !secrets.isEmpty else { return text }
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let first = rest.first {
      if let secret = secrets.first(where: { rest.starts(with: $0) }) {
        result += Array(Self.mask.utf8)
        rest = rest.dropFirst(secret.count)
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
