extension RunReader {
  /// How many entries of keys in `keyGroups` there are at most: those of all blocks that may hold one.
  package func greatestEntryCount(keyGroups: Range<Int>, keyGroupCount: Int) -> Int {
    guard let hashes = hashes(ofKeyGroups: keyGroups, keyGroupCount: keyGroupCount), entryCount > 0 else { return 0 }
    var count = 0
    var number = firstBlock(of: hashes.lowerBound)
    while number < blockCount, block(number).firstHash <= hashes.upperBound {
      count += Int(block(number).entryCount)
      number += 1
    }
    return count
  }
}
