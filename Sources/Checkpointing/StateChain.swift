/// The runs that the keyed state of one step on one worker consists of, oldest first, and which of them to merge. Pure.
package struct StateChain: Sendable, Equatable {
  /// Runs of about one size that are merged into one.
  private static let mergeCount = 8
  /// More runs are merged whatever their sizes.
  private static let greatestCount = 48
  /// Runs of fewer bytes count as of one size.
  private static let leastSize: Int64 = 1 << 16

  package private(set) var files: [Manifest.StateFile]

  package init(_ files: [Manifest.StateFile] = []) { self.files = files }

  /// The newest run.
  package mutating func append(_ file: Manifest.StateFile) { files.append(file) }

  /// Neighbours to merge into one run; nil if it is not worth it yet. Size-tiered: a tier has runs of a size up to
  /// eight times that of the tier before, and eight of them become one of the next, so that what changed is written
  /// about once a tier. When all that is newer than the oldest run has its size, everything becomes one.
  package var compaction: Range<Int>? {
    guard files.count >= Self.mergeCount else { return nil }
    let sizes = files.map(\.size)
    if sizes.dropFirst().reduce(0, +) >= sizes[0] { return files.indices }
    return fullTier(sizes.map(Self.tier)) ?? (files.count > Self.greatestCount ? 1..<files.count : nil)
  }

  /// 0 for sizes up to `leastSize`, one more for each factor of eight beyond.
  private static func tier(_ size: Int64) -> Int {
    size <= leastSize ? 0 : (Int64.bitWidth - ((size - 1) / leastSize).leadingZeroBitCount + 2) / 3
  }

  /// The greatest tier that is full, with all that is newer.
  private func fullTier(_ tiers: [Int]) -> Range<Int>? {
    var best: Range<Int>?
    var first = tiers.count
    while first > 1 {
      let tier = tiers[first - 1]
      var count = 0
      while first > 1, tiers[first - 1] <= tier {
        first -= 1
        if tiers[first] == tier { count += 1 }
      }
      if count >= Self.mergeCount { best = first..<tiers.count }
    }
    return best
  }

  /// Puts one run, or nothing, in the place of `old`, which are neighbours. False if they are not here any more.
  package mutating func replace(_ old: [Manifest.StateFile], by file: Manifest.StateFile?) -> Bool {
    guard let first = files.firstIndex(where: { $0 == old.first }), first + old.count <= files.count,
      Array(files[first..<first + old.count]) == old
    else { return false }
    files.replaceSubrange(first..<first + old.count, with: file.map { [$0] } ?? [])
    return true
  }
}
