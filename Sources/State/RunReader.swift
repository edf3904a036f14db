import Columnar

/// A run's file, open to read. Opening it reads and checks its tail; blocks are checked as they are read, so any bytes
/// get an error at the latest when they are used. Any thread, several at a time.
package final class RunReader: Sendable {
  let file: RunFile
  /// The file's last bytes, index and footer, as `RunSummary.tail` of the one who wrote it.
  package let tail: [UInt8]
  /// Entries, those of removed keys too.
  package let entryCount: Int
  /// How many of them are of removed keys.
  package let removedCount: Int
  let blockCount: Int

  package var path: String { file.path }
  /// Bytes of the file.
  package var size: Int { file.size }

  /// Opens the file. Throws `RunError`.
  package init(path: String) throws {
    file = try RunFile(path: path)
    let footer = try Self.readFooter(file)
    tail = try Self.readTail(file, footer)
    blockCount = Int(footer.blockCount)
    entryCount = Int(footer.entryCount)
    removedCount = Int(footer.removedCount)
    try checkIndex(end: Int(footer.indexOffset))
  }

  private static func readFooter(_ file: RunFile) throws -> RunFooter {
    let least = RunFormat.magic.count + RunFooter.encodedSize
    guard file.size >= least else {
      throw file.damage("has \(file.size) bytes, a run has at least \(least): it was cut off or is something else")
    }
    var magic = [UInt8](repeating: 0, count: RunFormat.magic.count)
    try magic.withUnsafeMutableBytes { try file.read($0.baseAddress!, count: $0.count, at: 0) }
    guard magic == RunFormat.magic else { throw file.damage("does not begin as a run of state at byte 0") }
    let place = file.size - RunFooter.encodedSize
    var bytes = [UInt8](repeating: 0, count: RunFooter.encodedSize)
    try bytes.withUnsafeMutableBytes { try file.read($0.baseAddress!, count: $0.count, at: place) }
    guard let footer = bytes.withUnsafeBytes({ RunFooter(decoding: $0.baseAddress!) }) else {
      throw file.damage("checksum mismatch in the footer at byte \(place): the file was cut off or changed")
    }
    let indexSize = UInt64(place).subtractingReportingOverflow(footer.indexOffset)
    guard !indexSize.overflow, footer.blockCount <= file.size / RunBlock.encodedSize,
      indexSize.partialValue == footer.blockCount * UInt64(RunBlock.encodedSize),
      footer.removedCount <= footer.entryCount, footer.entryCount <= file.size
    else { throw file.damage("the footer at byte \(place) does not fit a file of \(file.size) bytes") }
    return footer
  }

  private static func readTail(_ file: RunFile, _ footer: RunFooter) throws -> [UInt8] {
    let start = Int(footer.indexOffset)
    let tail = try [UInt8](unsafeUninitializedCapacity: file.size - start) { bytes, count in
      try file.read(bytes.baseAddress!, count: file.size - start, at: start)
      count = file.size - start
    }
    let indexSize = tail.count - RunFooter.encodedSize
    guard tail.withUnsafeBufferPointer({ keyHash($0.baseAddress!, indexSize) }) == footer.indexChecksum else {
      throw file.damage("checksum mismatch in the index at byte \(start)")
    }
    return tail
  }

  /// Blocks must lie one behind the other, in order, up to `end`.
  private func checkIndex(end: Int) throws {
    var place = RunFormat.magic.count
    var entries = 0
    var hash: UInt64 = 0
    for number in 0..<blockCount {
      let block = block(number)
      guard block.offset == place, block.size > 0, block.entryCount > 0, block.firstHash >= hash else {
        throw file.damage("the index is wrong about block \(number) at byte \(end + number * RunBlock.encodedSize)")
      }
      place += Int(block.size)
      entries += Int(block.entryCount)
      hash = block.firstHash
    }
    guard place == end, entries == entryCount else {
      throw file.damage(
        "the index at byte \(end) lists \(entries) entries up to byte \(place), the footer \(entryCount) up to \(end)")
    }
  }

  func block(_ number: Int) -> RunBlock {
    tail.withUnsafeBytes { RunBlock(decoding: $0.baseAddress! + number * RunBlock.encodedSize) }
  }

  /// Reads block `number` into `memory` and checks its sum. Throws `RunError`.
  func read(_ block: RunBlock, number: Int, into memory: inout RawVector<UInt8>) throws {
    let size = Int(block.size)
    memory.reserve(size)
    try file.read(memory.base, count: size, at: Int(block.offset))
    guard keyHash(memory.base, size) == block.checksum else {
      throw file.damage("checksum mismatch in block \(number) at byte \(block.offset)")
    }
  }

  // MARK: - Entries

  /// The entries of all keys in `keyGroups`, in a run's order. `keyGroupCount`: 1 to 32768; `keyGroups`: within it.
  package func entries(keyGroups: Range<Int>, keyGroupCount: Int) -> RunCursor {
    RunCursor(self, hashes: hashes(ofKeyGroups: keyGroups, keyGroupCount: keyGroupCount))
  }

  /// All entries, in a run's order.
  package func entries() -> RunCursor { RunCursor(self, hashes: 0...UInt64.max) }

  /// Calls `body` with the entry of `key`, valid during the call, if there is one; nil if not. Reads one block (more
  /// only if many keys have one hash). Throws `RunError`.
  package func find<Result>(_ key: RunKey, _ body: (RunEntry) throws -> Result) throws -> Result? {
    let cursor = RunCursor(self, hashes: key.hash...key.hash)
    while let entry = try cursor.next() {
      if entry.key.elementsEqual(key.bytes) { return try body(entry) }
    }
    return nil
  }

  /// Reads and checks every byte. Throws `RunError` at the first that is wrong.
  package func verify() throws {
    let cursor = entries()
    var removed = 0
    while let entry = try cursor.next() { if entry.record == nil { removed += 1 } }
    guard removed == removedCount else {
      throw file.damage("\(removed) entries are of removed keys, the footer says \(removedCount)")
    }
  }

  /// The block where hash `hash` may come up first.
  func firstBlock(of hash: UInt64) -> Int {
    var low = 0
    var high = blockCount
    while low < high {
      let middle = (low + high) / 2
      if block(middle).firstHash < hash { low = middle + 1 } else { high = middle }
    }
    // The block before may end with it.
    return max(0, low - 1)
  }
}
