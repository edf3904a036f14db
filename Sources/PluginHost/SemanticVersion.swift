/// A version by https://semver.org: major.minor.patch, an optional pre-release, build metadata left out of the order.
package struct SemanticVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let description: String
  private let numbers: [UInt64]
  private let preRelease: [Substring]

  /// nil if `text` is not a semantic version.
  package init?(_ text: String) {
    let withoutBuild = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)[0]
    let parts = withoutBuild.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false).map { part -> UInt64? in
      part.count > 1 && part.first == "0" || part.contains { !$0.isASCII || !$0.isNumber } ? nil : UInt64(part)
    }
    guard numbers.count == 3, !numbers.contains(nil) else { return nil }
    self.numbers = numbers.compactMap { $0 }
    preRelease = parts.count > 1 ? parts[1].split(separator: ".", omittingEmptySubsequences: false) : []
    guard !preRelease.contains(where: \.isEmpty) else { return nil }
    description = text
  }

  package static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
    if left.numbers != right.numbers { return left.numbers.lexicographicallyPrecedes(right.numbers) }
    if left.preRelease.isEmpty || right.preRelease.isEmpty { return !left.preRelease.isEmpty && right.preRelease.isEmpty }
    for (a, b) in zip(left.preRelease, right.preRelease) where a != b { return precedes(a, b) }
    return left.preRelease.count < right.preRelease.count
  }

  private static func precedes(_ a: Substring, _ b: Substring) -> Bool {
    switch (UInt64(a), UInt64(b)) {
    case (let x?, let y?): x < y
    case (nil, nil): a < b
    case (let x, _): x != nil
    }
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
