/// A version by https://semver.org: major.minor.patch, an optional pre-release, build metadata left out of the order.
package struct SemanticVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let description: String
  private let numbers: [UInt64]
  private let preRelease: [Substring]

  /// nil if `text` is not a semantic version.
  package init?(_ text: String) {
    let plus = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    let dash = plus[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = dash[0].split(separator: ".", omittingEmptySubsequences: false).map {
      Self.isNumber($0) ? UInt64($0) : nil
    }
    guard numbers.count == 3, !numbers.contains(nil) else { return nil }
    self.numbers = numbers.compactMap { $0 }
    preRelease = dash.count > 1 ? dash[1].split(separator: ".", omittingEmptySubsequences: false) : []
    let build = plus.count > 1 ? plus[1].split(separator: ".", omittingEmptySubsequences: false) : []
    guard (preRelease + build).allSatisfy(Self.isIdentifier) else { return nil }
    guard preRelease.allSatisfy({ Self.isNumber($0) || $0.utf8.contains { !Self.isDigit($0) } }) else { return nil }
    description = text
  }

  package static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
    if left.numbers != right.numbers { return left.numbers.lexicographicallyPrecedes(right.numbers) }
    if left.preRelease.isEmpty || right.preRelease.isEmpty {
      return !left.preRelease.isEmpty && right.preRelease.isEmpty
    }
    for (a, b) in zip(left.preRelease, right.preRelease) where a != b { return precedes(a, b) }
    return left.preRelease.count < right.preRelease.count
  }

  /// Numbers come before words, and by their value, however large.
  private static func precedes(_ a: Substring, _ b: Substring) -> Bool {
    switch (isNumber(a), isNumber(b)) {
    case (true, true): a.utf8.count != b.utf8.count ? a.utf8.count < b.utf8.count : a < b
    case (false, false): a.utf8.lexicographicallyPrecedes(b.utf8)
    case (let isNumber, _): isNumber
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  /// Digits without a leading zero.
  private static func isNumber(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(isDigit) && (text.utf8.count == 1 || text.utf8.first != 48)
  }

  private static func isIdentifier(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { isDigit($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 }
  }

  /// The order's equality: build metadata does not count.
  package static func == (left: SemanticVersion, right: SemanticVersion) -> Bool {
    left.numbers == right.numbers && left.preRelease == right.preRelease
  }
  package func hash(into hasher: inout Hasher) {
    hasher.combine(numbers)
    hasher.combine(preRelease)
  }
}
