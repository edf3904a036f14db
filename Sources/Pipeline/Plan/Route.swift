/// Which topic each row of a sink goes to.
package struct Route: Sendable, Equatable {
  /// Index of the utf8 column that names the topic; a row with a null there goes to the step's own.
  package var column: Int
  /// Names of topics that rows may go to, in which `*` stands for any characters.
  package var topics: [String]

  package init(column: Int, topics: [String]) {
    self.column = column
    self.topics = topics
  }

  /// Whether a row may name this topic: it is one that Kafka takes, and one of `topics`.
  package func allows(_ name: String) -> Bool {
    Names.isTopic(name) && topics.contains { Self.matches(name, pattern: $0) }
  }

  /// Whether `text` could be one of `topics`.
  static func isPattern(_ text: String) -> Bool {
    let rest = text.filter { $0 != "*" }
    return Names.isTopic(text)
      || (text.contains("*") && text.utf8.count <= 249 && (rest.isEmpty || Names.isTopic("a" + rest)))
  }

  static func matches(_ name: String, pattern: String) -> Bool {
    matches(Array(name.utf8), pattern: Array(pattern.utf8))
  }

  /// Steps through both at once; where they part, the last `*` takes one character more.
  private static func matches(_ name: [UInt8], pattern: [UInt8]) -> Bool {
    var (place, patternPlace) = (0, 0)
    var star: (place: Int, patternPlace: Int)?
    while place < name.count {
      if patternPlace < pattern.count, pattern[patternPlace] == UInt8(ascii: "*") {
        star = (place, patternPlace + 1)
        patternPlace += 1
      } else if patternPlace < pattern.count, pattern[patternPlace] == name[place] {
        place += 1
        patternPlace += 1
      } else if let last = star {
        star = (last.place + 1, last.patternPlace)
        (place, patternPlace) = (last.place + 1, last.patternPlace)
      } else {
        return false
      }
    }
    return pattern[patternPlace...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
