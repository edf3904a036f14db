/// Topics by their names: a regular expression, as Swift's `Regex` reads it, that a whole name has to match. Kafka's own
/// topics, whose names begin with `__`, never do.
package struct TopicPattern: Sendable, Equatable, CustomStringConvertible {
  package let description: String

  /// Nil if `text` is no regular expression.
  package init?(_ text: String) {
    guard (try? Regex(text)) != nil else { return nil }
    description = text
  }

  /// The names that match, in their order.
  package func matching(_ names: [String]) -> [String] {
    guard let regex = try? Regex(description) else { return [] }
    return names.filter { !$0.hasPrefix("__") && (try? regex.wholeMatch(in: $0)) != nil }
  }
}
