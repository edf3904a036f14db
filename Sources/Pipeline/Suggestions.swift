/// Texts for messages: quoted names, nearest names, lists.
enum Suggestions {
  private static let listLimit = 24
  private static let comparedLimit = 64

  /// `text` in quotes, with control characters escaped, cut to 80 characters.
  static func quoted(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(80) {
      if scalar.value < 0x20 || scalar.value == 0x7F {
        shown += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return "\"\(shown)\(text.unicodeScalars.count > 80 ? "…" : "")\""
  }

  /// `; did you mean "x"? Known: a, b, c` for a name that is none of `known`.
  static func hint(_ name: String, among known: [String], noun: String = "Known") -> String {
    guard !known.isEmpty else { return "; there are none" }
    let sorted = known.sorted()
    let more = sorted.count > listLimit ? ", … (\(sorted.count) in all)" : ""
    let list = "\(noun): \(sorted.prefix(listLimit).joined(separator: ", "))\(more)"
    guard let nearest = nearest(to: name, among: sorted) else { return "; \(lowercasingFirst(list))" }
    return "; did you mean \(quoted(nearest))? \(list)"
  }

  private static func lowercasingFirst(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }

  /// The known name with the least edit distance, if it is near enough to be meant.
  static func nearest(to name: String, among known: [String]) -> String? {
    let letters = Array(name.lowercased())
    guard !letters.isEmpty, letters.count <= comparedLimit else { return nil }
    let limit = max(1, letters.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in known where candidate.count <= comparedLimit {
      let distance = distance(letters, Array(candidate.lowercased()))
      if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
  }

  /// How many letters have to be put in, taken out, replaced or swapped with their neighbour.
  static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
      var current = [row + 1]
      for column in right.indices {
        let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
        var least = min(replaced, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          least = min(least, beforeLast[column - 1] + 1)
        }
        current.append(least)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}
